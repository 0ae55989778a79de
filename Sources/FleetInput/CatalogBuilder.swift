import Platform
import FleetModel
import TabularText

/// Puts the rows of an input into an index, one pass from front to back, and tells what is wrong with them on the way.
struct CatalogBuilder: ~Copyable {
    /// What to call with each diagnostic.
    typealias Report = (Diagnostic) -> Void

    private(set) var index = RowIndex()
    /// What the columns mean; nil for JSON lines and before the header.
    private(set) var map: ColumnMap?
    /// The cells of the header as they were read.
    private var header: [[UInt8]] = []
    private let selection: Selection?
    private var parser: RowParser
    private var cells = RowCells()
    private var meanings = MemberMeanings()
    private var buffer = CellBuffer()
    private var rowCount = 0
    private var isHeaderUsable = false

    init(_ settings: InputSettings, folder: String) {
        parser = RowParser(settings, SecretReader(folder: folder, environment: settings.environment))
        selection = settings.only.map { Selection($0) }
    }

    /// What opened the secrets of the rows.
    var secrets: SecretReader { parser.secrets }

    /// The cells of the header that the result repeats.
    var passedHeader: [[UInt8]] {
        header.enumerated().filter { column, _ in map?.isDropped(column) == false }.map(\.element)
    }

    /// Reads a table from front to back.
    mutating func read(_ table: TableReader, _ report: Report) throws(ToolError) {
        switch table.shape.format {
        case .jsonl: try table.readLines(report: report) { line, span in take(line, span, report) }
        case .csv:
            switch try table.dialect(score: { HeaderScore(of: $0, needed: ColumnMap.needed) }) {
            case .failure(let diagnostic): report(diagnostic)
            case .success(let dialect):
                try table.readRecords(dialect, report: report) { record, span in
                    take(record, span, likelyHeaderLine: dialect.likelyHeaderLine, report)
                }
            }
        }
    }

    /// Takes a record of a CSV, the header first.
    private mutating func take(_ record: Record, _ span: RecordSpan, likelyHeaderLine: Int?, _ report: Report) {
        if map == nil {
            if !record.isBlank { takeHeader(record, line: span.line, likelyLine: likelyHeaderLine, report) }
        } else if isHeaderUsable, cells.take(record) {
            takeRow(span, report)
        }
    }

    /// Takes a line of JSON lines.
    private mutating func take(_ line: Bytes, _ span: RecordSpan, _ report: Report) {
        do throws(Diagnostic) {
            cells.take(try JSONRow.members(in: Array(line)), &meanings, &buffer)
            takeRow(span, report)
        } catch {
            rowCount += 1
            // Without a host it cannot match.
            guard selection == nil else { return }
            parser.start(at: RowPosition(row: rowCount, line: span.line))
            parser.add(error, nil)
            tell(report)
            index.append(span, number: rowCount, nil, isValid: false)
        }
    }

    private mutating func takeHeader(_ record: Record, line: Int, likelyLine: Int?, _ report: Report) {
        let map = ColumnMap(header: record, line: line, likelyLine: likelyLine)
        cells = RowCells(map)
        for column in 0..<record.count { header.append(Array(record[column])) }
        for diagnostic in map.diagnostics { report(diagnostic) }
        self.map = map
        isHeaderUsable = map.isUsable
    }

    private mutating func takeRow(_ span: RecordSpan, _ report: Report) {
        rowCount += 1
        // Before anything else is read, because the secrets that a row refers to are opened when it is.
        if let selection, !parser.isHost(of: cells, in: selection) { return }
        let row = parser.read(cells, at: RowPosition(row: rowCount, line: span.line))
        var isRepeated = false
        var certificate: RowIndex.Certificate?
        if let url = row.url, let id = row.id {
            let found = index.certificate(host: url.name, port: url.port, id: id)
            certificate = found.certificate
            if let earlier = found.earlierRow {
                isRepeated = true
                parser.add(.repeated(of: index.position(earlier)), nil)
            }
        }
        index.append(span, number: rowCount, certificate, isValid: row.isValid && !isRepeated)
        if !parser.diagnostics.isEmpty { tell(report) }
    }

    private mutating func tell(_ report: Report) {
        for diagnostic in parser.diagnostics { report(diagnostic) }
    }
}

extension Diagnostic {
    /// The same host and id stand in an earlier row.
    static func repeated(of earlier: RowPosition) -> Diagnostic {
        Diagnostic(.rowRepeated, "the row on line \(earlier.line) edits the same certificate on the same host")
    }
}
