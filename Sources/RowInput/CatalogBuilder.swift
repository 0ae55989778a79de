import Glibc
import JSONText
import JobModel

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
    private(set) var header: [[UInt8]] = []
    private(set) var warningCount = 0
    private(set) var hasFileProblem = false
    private let pattern: HostPattern?
    private var reader: RowReader
    private var cells = RowCells()
    private var meanings = MemberMeanings()
    private var buffer = CellBuffer()
    private var rowCount = 0
    private var hasReportedEncoding = false

    init(_ settings: InputSettings, folder: String) {
        reader = RowReader(settings, folder: folder)
        pattern = settings.only.map { HostPattern($0) }
    }

    /// Takes a record of a CSV, the header first.
    mutating func take(_ record: borrowing CellBuffer, _ place: RecordPlace, _ report: Report) {
        if let map {
            if map.isUsable, cells.take(record, map) { takeRow(place, report) }
        } else {
            takeHeader(record, place, report)
        }
        reportEncoding(place.badEncodingLine, report)
    }

    /// Takes a line of JSON lines.
    mutating func take(_ line: Bytes, _ place: RecordPlace, _ report: Report) {
        if firstPlace == nil { firstPlace = place }
        do throws(Complaint) {
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
    mutating func finish(_ fault: TextFault?, badEncodingLine: Int?, _ report: Report) {
        let isEncodingFirst = (badEncodingLine ?? .max) <= (fault?.line ?? .max)
        if isEncodingFirst { reportEncoding(badEncodingLine, report) }
        if let fault { tell(fault, report) }
        if !isEncodingFirst { reportEncoding(badEncodingLine, report) }
    }

    private mutating func takeHeader(_ record: borrowing CellBuffer, _ place: RecordPlace, _ report: Report) {
        let map = ColumnMap(header: record, line: place.line)
        cells = RowCells(map)
        firstPlace = place
        for column in 0..<record.count { header.append(Array(record[column])) }
        for problem in map.problems {
            hasFileProblem = true
            report(problem)
        }
        self.map = map
    }

    private mutating func takeRow(_ place: RecordPlace, _ report: Report) {
        rowCount += 1
        let draft = reader.read(cells, at: RowPosition(row: rowCount, line: place.line))
        if let pattern {
            guard let url = draft.url, pattern.matches(url.name) else { return }
        }
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
        for problem in reader.problems {
            if problem.severity == .warning { warningCount += 1 }
            report(problem)
        }
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

extension Complaint {
    /// The same host and id stand in an earlier row.
    static func repeated(of earlier: RowPosition) -> Complaint {
        Complaint(.rowRepeated, "the row on line \(earlier.line) edits the same certificate on the same host")
    }
}
