import FleetModel
import Foundation
import Platform
import TestSupport
import Testing

/// A row of a run directory that is written by hand.
struct RecordedRow {
    var row: Int
    var host: String
    var id = "1"
    var outcome: Outcome
    var site = ""

    /// A row that came to its end so many milliseconds after the start of the run.
    static func make(
        _ row: Int, host: String? = nil, _ status: RowStatus = .ok, errcode: Int? = nil, errmsg: String = "",
        _ errorClass: ErrorClass? = nil, _ error: String = "", after milliseconds: Int64? = nil, site: String = ""
    ) -> RecordedRow {
        let end = milliseconds.map { WallTime(milliseconds: RunFiles.start.milliseconds + $0) }
        let isUntried = status == .notAttempted || status == .invalid
        let time = isUntried ? nil : end ?? WallTime(milliseconds: RunFiles.start.milliseconds + Int64(row) * 10)
        let outcome = Outcome(
            status: status, errcode: errcode ?? (status == .ok ? 0 : nil), errmsg: errmsg, errorClass: errorClass,
            error: error,
            attempts: status == .ok ? 1 : 0, startedAt: time.map { WallTime(milliseconds: $0.milliseconds - 7) },
            finishedAt: time)
        return RecordedRow(row: row, host: host ?? "pbx\(row).example.com", outcome: outcome, site: site)
    }
}

/// Writes what a run leaves in its directory.
struct RunFiles {
    static let start = WallTime(milliseconds: 1_795_467_600_000)

    var rows: [RecordedRow]
    /// Data rows of the input that are part of the run.
    var count: Int
    var input = "fleet.csv"
    var arguments = ["run", "fleet.csv"]
    var start = RunFiles.start
    var exitCode = 2

    init(_ rows: [RecordedRow], of count: Int? = nil) {
        self.rows = rows
        self.count = count ?? rows.count
    }

    private var runID: String { "\(start.compact)-1" }

    private var header: String {
        let digest = SHA256.digest(of: Array(input.utf8))
        let arguments = self.arguments.map { "\"\($0)\"" }.joined(separator: ",")
        return
            #""run_id":"\#(runID)","version":"0.1.0","input":{"path":"\#(input)","sha256":"\#(digest)","rows":\#(count)},"arguments":[\#(arguments)]"#
    }

    /// Writes the ledger, with a line for each row that was sent, and one for those of them that are done.
    @discardableResult
    func writeLedger(_ name: String, in work: WorkDirectory, open: [RecordedRow] = []) throws -> String {
        try? FileManager.default.createDirectory(atPath: work.file(name), withIntermediateDirectories: true)
        let salt = String(repeating: "0", count: 32)
        var text = #"{"event":"run",\#(header),"salt":"\#(salt)","pid":1,"at":"\#(start)"}"# + "\n"
        for row in rows + open {
            let key = String(repeating: "0", count: 32 - "\(row.row)".count) + "\(row.row)"
            text +=
                #"{"event":"sent","row":\#(row.row),"key":"\#(key)","host":"\#(row.host)","port":443,"id":\#(row.id),"at":"\#(start)"}"#
                + "\n"
            if open.contains(where: { $0.row == row.row }) { continue }
            let (status, error) = (row.outcome.status.rawValue, row.outcome.error)
            let end = row.outcome.finishedAt.map { #","finished_at":"\#($0)""# } ?? ""
            text +=
                #"{"event":"done","row":\#(row.row),"key":"\#(key)","status":"\#(status)","error":"\#(error)","attempts":1\#(end)}"#
                + "\n"
        }
        try work.write("\(name)/ledger.jsonl", text)
        return work.file(name)
    }

    /// Writes ledger, summary and result.
    @discardableResult
    func write(_ name: String, in work: WorkDirectory) throws -> String {
        let path = try RunFiles([], of: count).with(self).writeLedger(name, in: work)
        try work.write("\(name)/summary.json", summary)
        try work.write("\(name)/result.csv", result)
        return path
    }

    /// The same run with other rows.
    private func with(_ other: RunFiles) -> RunFiles {
        var files = other
        files.rows = rows
        return files
    }

    private var summary: String {
        let counts = RowStatus.allCases.map { status in
            "\"\(status.rawValue)\":\(rows.count { $0.outcome.status == status })"
        }
        let hosts = Set(rows.map(\.host)).count
        return """
            {\(header),"started_at":"\(start)","finished_at":"\(start + .seconds(60))","counts":{\(counts.joined(separator: ","))},
            "hosts":{"total":\(hosts),"stopped":0,"unreachable":0},"requests":\(rows.count),"retries":0,
            "latency_ms":{"p50":5.000,"p95":9.000,"p99":9.500,"max":20.000},"latency_buckets":{"5":\(rows.count)},
            "exit_code":\(exitCode),"stopped_by":null}
            """
    }

    private var result: String {
        let columns = [
            "row", "line", "status", "errcode", "errmsg", "http_status", "error_class", "error", "attempts",
            "started_at",
            "finished_at", "duration_ms", "verified",
        ]
        var text = "base_url,id,client_secret,site," + columns.map { "result.\($0)" }.joined(separator: ",") + "\n"
        for row in rows {
            let outcome = row.outcome
            let cells = [
                "https://\(row.host)/", row.id, "***", row.site, "\(row.row)", "\(row.row + 1)",
                outcome.status.rawValue,
                outcome.errcode.map(String.init) ?? "", RunFiles.marked(outcome.errmsg), "",
                outcome.errorClass?.rawValue ?? "",
                RunFiles.marked(outcome.error),
                "\(outcome.attempts)", outcome.startedAt?.description ?? "", outcome.finishedAt?.description ?? "", "",
                "",
            ]
            text += cells.map(RunFiles.quoted).joined(separator: ",") + "\n"
        }
        return text
    }

    /// A PBX's text, with the mark that keeps a spreadsheet from taking it for a formula.
    private static func marked(_ text: String) -> String { text.hasPrefix("=") ? "'\(text)" : text }

    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { "\",\n\r".utf8.contains($0) }) else { return text }
        return "\"\(text.replacingOccurrences(of: "\"", with: "\"\"", options: .literal))\""
    }
}

/// A page in a headless Chromium.
struct Browser {
    /// The values of JavaScript expressions on the page, in their order. The console must be silent, and nothing asked for.
    ///
    /// - Parameter width: of the window, in CSS pixels.
    static func ask(_ page: String, width: Int = 1280, _ questions: [String]) throws -> [Any] {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("browser.py")
            .path
        let browser = try ChildProcess.run(
            "/usr/bin/python3", [script, page, "--width", "\(width)"],
            input: JSONSerialization.data(withJSONObject: questions))
        try #require(browser.status == 0, "is chromium installed? \(String(decoding: browser.errors, as: UTF8.self))")
        let answer = try #require(try JSONSerialization.jsonObject(with: browser.output) as? [String: Any])
        #expect(answer["errors"] as? [String] == [])
        #expect(answer["requests"] as? [String] == [])
        return try #require(answer["answers"] as? [Any])
    }
}
