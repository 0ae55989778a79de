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

    /// The row's own columns, wherever they stand.
    fileprivate enum Cells {
        case record(Record, [(index: Int, name: String)])
        case members([JSONMember])
        /// As they are written, with the names of their columns.
        case shown([[UInt8]], [String])

        var count: Int {
            switch self {
            case .record(_, let columns): columns.count
            case .members(let members): members.count
            case .shown(let cells, let names): min(cells.count, names.count)
            }
        }

        func name(_ number: Int) -> String {
            switch self {
            case .record(_, let columns): columns[number].name
            case .members(let members): members[number].key
            case .shown(_, let names): names[number]
            }
        }

        func text(_ number: Int) -> String {
            switch self {
            case .record(let record, let columns):
                columns[number].index < record.count ? record[columns[number].index].text : ""
            case .members(let members): members[number].value.plainText
            case .shown(let cells, _): String(decoding: cells[number], as: UTF8.self)
            }
        }
    }

    /// The row's own columns that are not empty, secrets masked, in their order.
    package var own: [(name: String, value: String)] {
        (0..<cells.count).map { (cells.name($0), cells.text($0)) }.filter { !$1.isEmpty }
    }

    /// The value of the first own column with one of these names; empty when there is none.
    ///
    /// - Parameter isWanted: tells of a name whether it is one.
    package func own(where isWanted: (String) -> Bool) -> String {
        (0..<cells.count).first { isWanted(cells.name($0)) }.map(cells.text) ?? ""
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
    /// Those of the input.
    private var own: [(index: Int, name: String)] = []
    private var indices: [ResultColumn: Int] = [:]

    init(_ header: Record) {
        let prefix = "\(ResultColumn.object)."
        for index in 0..<header.count {
            let name = header[index].text
            if !name.hasPrefix(prefix) {
                own.append((index, name))
            } else if let column = ResultColumn(rawValue: String(name.dropFirst(prefix.count))) {
                indices[column] = index
            }
        }
    }

    var isComplete: Bool { indices[.row] != nil && indices[.status] != nil }

    func row(_ record: Record) -> ResultRow? {
        let cells: (ResultColumn) -> String = { field in
            indices[field].flatMap { $0 < record.count ? record[$0].text : nil } ?? ""
        }
        guard let (position, outcome) = Outcome.read(cells) else { return nil }
        return ResultRow(position: position, outcome: outcome, cells: .record(record, own))
    }
}

extension ResultRow {
    fileprivate init?(_ members: [JSONMember]) {
        guard let result = members.first(where: { $0.key == ResultColumn.object })?.value,
            let (position, outcome) = Outcome.read({ result[$0.rawValue]?.plainText ?? "" })
        else { return nil }
        self.init(
            position: position, outcome: outcome, cells: .members(members.filter { $0.key != ResultColumn.object }))
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
