package import FleetModel
import JSONText
package import Platform
import TabularText

/// One row of a result file, borrowed while it is read or written.
package struct ResultRow {
    /// Where the row stands in its input.
    package let position: RowPosition
    /// What became of it.
    package let outcome: Outcome
    fileprivate let cells: Cells

    fileprivate enum Cells {
        case record(Record, [ResultColumns.Column])
        case members([JSONMember])
        /// As they are written, with the names of their columns.
        case shown([[UInt8]], [String])
    }

    /// The row's own columns that are not empty, secrets masked, in their order.
    package var own: [(name: String, value: String)] {
        switch cells {
        case .record(let record, let columns):
            columns.filter { $0.field == nil && $0.index < record.count && !record[$0.index].isEmpty }.map {
                ($0.name, record[$0.index].text)
            }
        case .members(let members):
            members.filter { $0.key != ResultColumn.object }.compactMap { member in
                let text = member.value.plainText
                return text.isEmpty ? nil : (member.key, text)
            }
        case .shown(let cells, let names):
            zip(names, cells).filter { !$1.isEmpty }.map { ($0, String(decoding: $1, as: UTF8.self)) }
        }
    }

    /// The value of the first own column with one of these names; empty when there is none.
    ///
    /// - Parameter isWanted: tells of a name whether it is one.
    package func own(where isWanted: (String) -> Bool) -> String {
        switch cells {
        case .record(let record, let columns):
            let column = columns.first { $0.field == nil && $0.index < record.count && isWanted($0.name) }
            return column.map { record[$0.index].text } ?? ""
        case .members(let members): return members.first { isWanted($0.key) }?.value.plainText ?? ""
        case .shown(let cells, let names):
            return zip(names, cells).first { isWanted($0.0) }.map { String(decoding: $1, as: UTF8.self) } ?? ""
        }
    }
}

extension ResultRow {
    /// A row as it is written.
    ///
    /// - Parameters:
    ///   - row: its own columns.
    ///   - outcome: what became of it.
    ///   - names: the names of the columns, in a CSV.
    init(_ row: PassThroughRow, _ outcome: Outcome, names: [String]) {
        position = RowPosition(row: row.row, line: row.line)
        self.outcome = outcome
        switch row.content {
        case .cells(let shown): cells = .shown(shown, names)
        case .members(let text):
            let json = try? JSONValue(parsing: [UInt8(ascii: "{")] + text + [UInt8(ascii: "}")])
            cells = if case .object(let members)? = json { .members(members) } else { .members([]) }
        }
    }
}

extension RecordedRun {
    /// Calls `body` with each row of the run's result file, in input order; a run that is not ``State/finished`` has none.
    ///
    /// - Throws: ``ToolError`` when the file cannot be read or is no result.
    package func forEachResultRow(_ body: (ResultRow) -> Void) throws(ToolError) {
        guard let name = ending?.result else { return }
        let path = folder.path(of: name)
        let table = try TableReader(InputFile.open(path, kept: false))
        var problem: Diagnostic?
        switch table.shape.format {
        case .csv: problem = try table.readResult(body)
        case .jsonl:
            try table.readLines(report: { problem = problem ?? $0 }) { line, _ in
                guard let json = try? JSONValue(parsing: Array(line)), case .object(let members) = json,
                    let row = ResultRow(members)
                else { return problem = problem ?? .noResult }
                body(row)
            }
        }
        guard let problem else { return }
        throw ToolError(.broken, "'\(Quotation.escaped(path))' cannot be read: \(problem.sentence)")
    }
}

extension TableReader {
    /// Returns what is wrong with the file; nil when nothing is.
    fileprivate func readResult(_ body: (ResultRow) -> Void) throws(ToolError) -> Diagnostic? {
        let found = try dialect { record in
            let isComplete = ResultColumns(record).isComplete
            return HeaderScore(isComplete: isComplete, points: isComplete ? 1 : 0)
        }
        let dialect: Dialect
        switch found {
        case .success(let value): dialect = value
        case .failure(let diagnostic): return diagnostic
        }
        var columns: ResultColumns?
        var problem: Diagnostic?
        try readRecords(dialect, report: { problem = problem ?? $0 }) { record, _ in
            guard let columns else { return columns = ResultColumns(record) }
            guard let row = columns.row(record) else { return problem = problem ?? .noResult }
            body(row)
        }
        return problem
    }
}

extension Diagnostic {
    fileprivate static var noResult: Diagnostic {
        Diagnostic(Code(rawValue: "no-result"), severity: .file, "there are rows in it without a result")
    }
}

/// Which column of a CSV says what of the outcome.
private struct ResultColumns {
    struct Column {
        let index: Int
        let name: String
        /// The name behind `result.`; nil for a column of the input.
        let field: String?
    }

    private let all: [Column]
    private var indices: [ResultColumn: Int] = [:]

    init(_ header: Record) {
        all = (0..<header.count).map { index in
            let name = header[index].text
            let prefix = "\(ResultColumn.object)."
            return Column(
                index: index, name: name, field: name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil)
        }
        for column in all { if let field = column.field.flatMap(ResultColumn.init) { indices[field] = column.index } }
    }

    var isComplete: Bool { indices[.row] != nil && indices[.status] != nil }

    func row(_ record: Record) -> ResultRow? {
        let cells: (ResultColumn) -> String = { field in
            indices[field].flatMap { $0 < record.count ? record[$0].text : nil } ?? ""
        }
        guard let (position, outcome) = Outcome.read(cells) else { return nil }
        return ResultRow(position: position, outcome: outcome, cells: .record(record, all))
    }
}

extension ResultRow {
    fileprivate init?(_ members: [JSONMember]) {
        guard let result = members.first(where: { $0.key == ResultColumn.object })?.value,
            let (position, outcome) = Outcome.read({ result[$0.rawValue]?.plainText ?? "" })
        else { return nil }
        self.init(position: position, outcome: outcome, cells: .members(members))
    }
}

extension Outcome {
    /// - Parameter field: the text of a column of the result.
    fileprivate static func read(_ field: (ResultColumn) -> String) -> (RowPosition, Outcome)? {
        guard let row = Int(field(.row)), let status = RowStatus(rawValue: field(.status)) else { return nil }
        let start = field(.startedAt)
        let end = field(.finishedAt)
        let outcome = Outcome(
            status: status, errcode: Int(field(.errcode)), errmsg: FormulaMark.removed(from: field(.errmsg)),
            httpStatus: Int(field(.httpStatus)), errorClass: ErrorClass(rawValue: field(.errorClass)),
            error: FormulaMark.removed(from: field(.error)), attempts: Int(field(.attempts)) ?? 0,
            startedAt: start.isEmpty ? nil : WallTime(rfc3339: start),
            finishedAt: end.isEmpty ? nil : WallTime(rfc3339: end))
        return (RowPosition(row: row, line: Int(field(.line)) ?? 0), outcome)
    }
}

extension JSONValue {
    /// A text as it is, nothing for `null`, anything else as JSON.
    fileprivate var plainText: String {
        switch self {
        case .null: return ""
        case .string(let text), .number(let text): return text
        default: break
        }
        var writer = JSONWriter()
        writer.value(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
