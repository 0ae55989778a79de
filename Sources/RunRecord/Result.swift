import FleetModel
import Platform
package import TabularText

/// Writes the result file: every input row that is part of the run exactly once, in input order, each with what became of it.
package struct ResultWriter {
    private let outcomes: OutcomeStore
    private let unattempted: String
    private let isVerified: Bool

    /// - Parameters:
    ///   - outcomes: what became of the rows that were run.
    ///   - unattempted: why the valid rows without an outcome have none, one sentence for a person.
    ///   - isVerified: whether the certificates were read back, so that the result tells what they are like.
    package init(outcomes: OutcomeStore, unattempted: String, isVerified: Bool = false) {
        self.outcomes = outcomes
        self.unattempted = unattempted
        self.isVerified = isVerified
    }

    /// Writes `result.csv` or `result.jsonl`, whichever the input is, into a directory, replacing an earlier one when
    /// the new one is complete and on disk. Reads the input once; memory does not grow with it.
    ///
    /// - Parameters:
    ///   - source: the input's rows.
    ///   - directory: where the result goes.
    ///   - body: called with each row as it is written.
    /// - Returns: how many rows have which status and errcode, also when the file could not be written; and why it could
    ///   not: ``ToolError``, or what the source threw.
    package func write(
        _ source: any PassThroughSource, to directory: RunDirectory, _ body: (ResultRow) -> Void = { _ in }
    ) -> (rows: OutcomeTally, failure: (any Error)?) {
        do {
            return (try writeFile(source, to: directory, body), nil)
        } catch {
            return (counted(source), error)
        }
    }

    /// The name of the result file of an input of a format.
    package static func fileName(_ format: TableShape.Format) -> String { "result.\(format.rawValue)" }

    /// Bytes that are gathered before they are written.
    private static let chunk = 1 << 18

    private func writeFile(
        _ source: any PassThroughSource, to directory: RunDirectory, _ body: (ResultRow) -> Void
    ) throws -> OutcomeTally {
        let file = try AtomicFile(ResultWriter.fileName(source.shape.format), in: directory.folder)
        let columns = isVerified ? ResultColumn.allCases : ResultColumn.always
        var writer = RowWriter(source.shape, columns: columns.map(\.rawValue), under: ResultColumn.object)
        let names = source.shape.header.map { String(decoding: $0, as: UTF8.self) }
        var rows = OutcomeTally()
        try source.forEachRow { row in
            if outcomes.isLeftOut(row: row.row) { return }
            let outcome = outcome(of: row)
            rows.count(outcome)
            body(ResultRow(row, outcome, names: names))
            writer.append(row.content) { writer in
                writer.add(outcome, of: row)
                if isVerified { writer.add(outcome.reading?.certificates.first) }
            }
            if writer.count >= ResultWriter.chunk { try file.append(writer.take()) }
        }
        try file.append(writer.take())
        try file.commit()
        // What an earlier run left of an input in the other format is not the result any more.
        for format in TableShape.Format.allCases where format != source.shape.format {
            directory.folder.remove(ResultWriter.fileName(format))
        }
        return rows
    }

    /// Counts without writing; when the input cannot be read again, what is on disk.
    private func counted(_ source: any PassThroughSource) -> OutcomeTally {
        var rows = OutcomeTally()
        let isRead =
            (try? source.forEachRow { row in
                if !outcomes.isLeftOut(row: row.row) { rows.count(outcome(of: row)) }
            }) != nil
        return isRead ? rows : outcomes.tally
    }

    private func outcome(of row: PassThroughRow) -> Outcome {
        if let outcome = outcomes[row.row] { return outcome }
        if let reason = row.reason { return Outcome(status: .invalid, errorClass: .input, error: reason) }
        return Outcome(status: .notAttempted, errorClass: .runStopped, error: unattempted)
    }
}

/// What the result says about a row, in this order.
enum ResultColumn: String, CaseIterable {
    case row, line, status, errcode, errmsg
    case httpStatus = "http_status"
    case errorClass = "error_class"
    case error, attempts
    case startedAt = "started_at"
    case finishedAt = "finished_at"
    case duration = "duration_ms"
    case verified
    // Only when certificates are read back.
    case applyStatus = "apply_status"
    case expiration

    static let always = allCases.filter { $0 != .applyStatus && $0 != .expiration }
    /// What JSON lines have them under, and what stands before their names in a CSV.
    static let object = "result"
}

extension RowWriter {
    /// Adds a value for each of ``ResultColumn/always``.
    fileprivate mutating func add(_ outcome: Outcome, of row: PassThroughRow) {
        add(row.row)
        add(row.line)
        add(outcome.status.rawValue)
        add(outcome.errcode)
        add(outcome.errmsg)
        add(outcome.httpStatus)
        add(outcome.errorClass?.rawValue ?? "")
        add(outcome.error)
        add(outcome.attempts)
        add(outcome.startedAt)
        add(outcome.finishedAt)
        add(outcome.durationMilliseconds.map { Int($0) })
        add(outcome.reading?.isVerified.map { $0 ? "yes" : "no" } ?? "")
    }

    /// Adds what the result says as well when certificates are read back.
    fileprivate mutating func add(_ state: CertificateState?) {
        add(state?.applyStatus?.rawValue ?? "")
        add(state?.expiration ?? "")
    }
}
