import FleetModel
import JSONText
import Platform
import RunRecord

extension RunReport {
    /// The report as one JSON object on a line: counts as a summary has them, the runs, causes, and every row that was asked for.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("rows", Int64(tally.rows))
        json.member("counts", tally.countsJSON)
        json.member("errcodes", tally.errcodesJSON)
        json.member("hosts", hosts.json)
        json.member("requests", requests.map { JSONValue($0) } ?? .null)
        json.member("retries", Int64(retries))
        json.member("started_at", span.lowerBound.description)
        json.member("finished_at", span.upperBound.description)
        json.member("gap", gap.map { .string($0) } ?? .null)
        list("runs", runs, in: &json) { $0.append($1) }
        list("causes", causes, in: &json) { $0.append($1) }
        list("results", allRows, in: &json) { $0.append($1, of: runs) }
        json.endObject()
        json.endLine()
        return json.bytes
    }

    private func list<Element>(
        _ key: String, _ elements: [Element], in json: inout JSONWriter, _ append: (inout JSONWriter, Element) -> Void
    ) {
        json.key(key)
        json.beginArray()
        for element in elements {
            json.beginObject()
            append(&json, element)
            json.endObject()
        }
        json.endArray()
    }
}

extension JSONWriter {
    fileprivate mutating func append(_ run: RecordedRun) {
        member("directory", run.folder.currentPath)
        member("run_id", run.header.runID)
        member("version", run.header.version)
        member("input", run.header.input.path)
        member("sha256", run.header.input.sha256.description)
        member("arguments", .array(run.header.arguments.map { .string($0) }))
        member("state", run.state.word)
        member("started_at", run.headers[0].startedAt.description)
        member("finished_at", run.ending.map { .string($0.finishedAt.description) } ?? .null)
        member("exit_code", run.ending.map { JSONValue($0.exitCode) } ?? .null)
        member("stopped_by", run.ending?.stoppedBy.map { .string($0) } ?? .null)
    }

    fileprivate mutating func append(_ cause: Cause) {
        member("status", cause.status.rawValue)
        member("errcode", cause.errcode.map { JSONValue($0) } ?? .null)
        member("error_class", cause.errorClass.map { .string($0.rawValue) } ?? .null)
        member("error", cause.sentence)
        member("rows", Int64(cause.rows))
        member("hosts", Int64(cause.hosts))
        member("first_lines", .array(cause.firstLines.map { JSONValue($0) }))
    }

    fileprivate mutating func append(_ row: ReportRow, of runs: [RecordedRun]) {
        member("row", Int64(row.order.row))
        member("line", row.line.map { JSONValue($0) } ?? .null)
        member("host", row.host)
        member("id", row.certificate)
        member("status", row.outcome.status.rawValue)
        member("errcode", row.outcome.errcode.map { JSONValue($0) } ?? .null)
        member("error", row.outcome.error)
        member("run_id", runs[row.run].header.runID)
    }
}

extension RecordedRun.State {
    fileprivate var word: String {
        switch self {
        case .finished: "finished"
        case .underWay: "under_way"
        case .brokenOff: "broken_off"
        }
    }
}
