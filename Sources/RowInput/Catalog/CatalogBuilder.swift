import Platform
import FleetModel

/// Puts the rows of an input into an index, one pass from front to back, and tells every problem on the way.
struct CatalogBuilder: ~Copyable {
    /// What to call with each problem.
    typealias Report = (Problem) -> Void

    private(set) var index = RowIndex()
    /// What the columns mean; nil for JSON lines and before the header.
    private(set) var map: ColumnMap?
    /// Where the first record stands: the header of a CSV.
    private(set) var firstPlace: RecordPlace?
    /// The cells of the header as they were read.
    private var header: [[UInt8]] = []
    private(set) var hasFileProblem = false
    private let pattern: HostPattern?
    private var reader: RowReader
    private var cells = RowCells()
    private var meanings = MemberMeanings()
    private var buffer = CellBuffer()
    private var rowCount = 0
    private var hasReportedEncoding = false
    private var isHeaderUsable = false
    /// The line on which the header probably is, when it is not the first record.
    private var likelyHeaderLine: Int?

    init(_ settings: InputSettings, folder: String) {
        reader = RowReader(settings, SecretReader(folder: folder, environment: settings.environment))
        pattern = settings.only.map { HostPattern($0) }
    }

    /// What opened the secrets of the rows.
    var secrets: SecretReader { reader.secrets }

    /// Reads a CSV from front to back.
    ///
    /// - Parameter shape: told the delimiter, the `sep=` line and the header.
    mutating func readCSV(
        _ text: TextReader, _ choice: InputSettings.DelimiterChoice, _ shape: inout InputShape, _ report: Report
    ) throws(ToolError) {
        let dialect: Dialect
        switch try Dialect.find(in: text, choice: choice, needed: [.baseURL, .id]) {
        case .success(let found): dialect = found
        case .failure(let fault): return tell(fault, report)
        }
        likelyHeaderLine = dialect.likelyHeaderLine
        let pipeline = RecordPipeline(text, delimiter: dialect.delimiter, dialect.start(of: text))
        let end = try pipeline.run { record, place in take(record, place, report) }
        finish(end.fault, badEncodingLine: end.badEncodingLine, report)
        shape.delimiter = dialect.delimiter
        shape.hasSeparatorLine = dialect.separatorLineLength > 0
        for (column, cell) in header.enumerated() where map?.isDropped(column) == false { shape.header.append(cell) }
    }

    /// Reads JSON lines from front to back.
    mutating func readJSONLines(_ text: TextReader, _ report: Report) throws(ToolError) {
        var reader = JSONLinesReader(offset: text.textOffset)
        let fault = try reader.read(text) { line, place in take(line, place, report) }
        finish(fault, badEncodingLine: reader.place.badEncodingLine, report)
    }

    /// Takes a record of a CSV, the header first.
    private mutating func take(_ record: Record, _ place: RecordPlace, _ report: Report) {
        if map == nil {
            if !record.isBlank { takeHeader(record, place, report) }
        } else if isHeaderUsable, cells.take(record) {
            takeRow(place, report)
        }
        reportEncoding(place.badEncodingLine, report)
    }

    /// Takes a line of JSON lines.
    private mutating func take(_ line: Bytes, _ place: RecordPlace, _ report: Report) {
        if firstPlace == nil { firstPlace = place }
        do throws(Flaw) {
            cells.take(try JSONRow.members(in: line), &meanings, &buffer)
            takeRow(place, report)
        } catch {
            rowCount += 1
            // Without a host it cannot match.
            guard pattern == nil else { return }
            reader.start(at: RowPosition(row: rowCount, line: place.line))
            reader.add(error, nil)
            tellProblems(report)
            index.append(place, number: rowCount, nil, isValid: false)
        }
        reportEncoding(place.badEncodingLine, report)
    }

    /// Takes what is wrong with the text as a whole, once it is read as far as it can be.
    private mutating func finish(_ fault: TextFault?, badEncodingLine: Int?, _ report: Report) {
        let isEncodingFirst = (badEncodingLine ?? .max) <= (fault?.line ?? .max)
        if isEncodingFirst { reportEncoding(badEncodingLine, report) }
        if let fault { tell(fault, report) }
        if !isEncodingFirst { reportEncoding(badEncodingLine, report) }
    }

    private mutating func takeHeader(_ record: Record, _ place: RecordPlace, _ report: Report) {
        let map = ColumnMap(header: record, line: place.line, likelyLine: likelyHeaderLine)
        cells = RowCells(map)
        firstPlace = place
        for column in 0..<record.count { header.append(Array(record[column])) }
        for problem in map.problems {
            hasFileProblem = true
            report(problem)
        }
        self.map = map
        isHeaderUsable = map.isUsable
    }

    private mutating func takeRow(_ place: RecordPlace, _ report: Report) {
        rowCount += 1
        // Before anything else is read, because the secrets that a row refers to are opened when it is.
        if let pattern, !reader.host(of: cells, matches: pattern) { return }
        let draft = reader.read(cells, at: RowPosition(row: rowCount, line: place.line))
        var isRepeated = false
        var certificate: RowIndex.Certificate?
        if let url = draft.url, let id = draft.id {
            let found = index.certificate(host: url.name, port: url.port, id: id)
            certificate = found.certificate
            if let earlier = found.earlierRow {
                isRepeated = true
                reader.add(.repeated(of: index.position(earlier)), nil)
            }
        }
        index.append(place, number: rowCount, certificate, isValid: draft.isFlawless && !isRepeated)
        if !reader.problems.isEmpty { tellProblems(report) }
    }

    private mutating func tellProblems(_ report: Report) {
        for problem in reader.problems { report(problem) }
    }

    private mutating func reportEncoding(_ line: Int?, _ report: Report) {
        guard let line, !hasReportedEncoding else { return }
        hasReportedEncoding = true
        tell(.notUTF8(line: line), report)
    }

    private mutating func tell(_ fault: TextFault, _ report: Report) {
        hasFileProblem = true
        report(
            Problem(
                code: fault.code, severity: .file, line: fault.line, row: nil, column: nil, message: fault.message))
    }
}

extension Flaw {
    /// The same host and id stand in an earlier row.
    static func repeated(of earlier: RowPosition) -> Flaw {
        Flaw(.rowRepeated, "the row on line \(earlier.line) edits the same certificate on the same host")
    }
}
