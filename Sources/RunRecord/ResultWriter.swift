import Platform
import FleetModel
package import TabularText

/// Writes the result file: every input row exactly once, in input order, each with what became of it.
package struct ResultWriter {
    private let outcomes: OutcomeStore
    private let unattempted: String

    /// - Parameters:
    ///   - outcomes: what became of the rows that were run.
    ///   - unattempted: why the valid rows without an outcome have none, one sentence for a person.
    package init(outcomes: OutcomeStore, unattempted: String) {
        self.outcomes = outcomes
        self.unattempted = unattempted
    }

    /// Writes `result.csv` or `result.jsonl`, whichever the input is, into a directory, replacing an earlier one when
    /// the new one is complete and on disk. Reads the input once; memory does not grow with it.
    ///
    /// - Returns: how many rows were written with which status and errcode.
    /// - Throws: ``ToolError`` when the file cannot be written, and what the source throws.
    package func write(_ source: any PassThroughSource, to directory: RunDirectory) throws -> OutcomeTally {
        let shape = source.shape
        var file = try ResultFile(shape: shape, in: directory)
        var tally = OutcomeTally()
        try source.forEachRow { row in
            let outcome = outcome(of: row)
            tally.count(outcome)
            try file.append(row, outcome)
        }
        try file.commit()
        return tally
    }

    /// The name of the result file of an input of a format.
    package static func fileName(_ format: TableShape.Format) -> String { "result.\(format.rawValue)" }

    private func outcome(of row: PassThroughRow) -> Outcome {
        if let outcome = outcomes[row.row] { return outcome }
        if let reason = row.reason { return Outcome(status: .invalid, errorClass: .input, error: reason) }
        return Outcome(status: .notAttempted, errorClass: .runStopped, error: unattempted)
    }
}

/// The result file while it is written, in either format.
private struct ResultFile: ~Copyable {
    private let file: AtomicFile
    private let encoding: ResultEncoding
    private var csv: CSVResultText
    private var json: JSONResultText
    private let isCSV: Bool

    /// Bytes that are gathered before they are written.
    private static let chunk = 1 << 18

    init(shape: TableShape, in directory: RunDirectory) throws(ToolError) {
        let encoding = ResultEncoding(shape: shape)
        let file = try AtomicFile(ResultWriter.fileName(shape.format), in: directory.folder)
        try file.append(encoding.prologue)
        self.file = file
        self.encoding = encoding
        csv = CSVResultText(shape: shape)
        json = JSONResultText(shape: shape)
        isCSV = shape.format == .csv
        if isCSV { csv.appendHeader() }
    }

    mutating func append(_ row: PassThroughRow, _ outcome: Outcome) throws(ToolError) {
        if isCSV {
            csv.append(cells(row), RowPosition(row: row.row, line: row.line), outcome)
        } else {
            json.append(members(row), RowPosition(row: row.row, line: row.line), outcome)
        }
        if csv.bytes.count + json.bytes.count >= ResultFile.chunk { try flush() }
    }

    consuming func commit() throws(ToolError) {
        try flush()
        try file.commit()
    }

    private mutating func flush() throws(ToolError) {
        try file.append(encoding.encode(isCSV ? csv.bytes : json.bytes))
        csv.removeAll()
        json.removeAll()
    }

    private func cells(_ row: PassThroughRow) -> [[UInt8]] {
        guard case .cells(let cells) = row.content else { return [] }
        return cells
    }

    private func members(_ row: PassThroughRow) -> [UInt8] {
        guard case .members(let members) = row.content else { return [] }
        return members
    }
}
