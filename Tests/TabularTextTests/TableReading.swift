import Platform
import TestSupport
import Testing

@testable import TabularText

/// A table read to its end under a header that has the columns `host` and `id`, with all that was said about it.
struct TableReading {
    /// One record that is not blank: its cells, or the line of JSON lines alone.
    struct Row: Hashable {
        let line: Int
        let cells: [String]
    }

    /// The header of a CSV among them.
    private(set) var rows: [Row] = []
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var likelyHeaderLine: Int?
    let shape: TableShape
    private let directory: WorkDirectory

    /// Reads bytes as a file of a name, and the records of a kept one again.
    init(
        bytes: [UInt8], name: String = "fleet.csv", _ choices: TableChoices = TableChoices(), kept: Bool = true,
        sliceSize: Int = TableReader.sliceSize
    ) throws {
        directory = try WorkDirectory()
        let input = try InputFile.open(try directory.write(name, bytes: bytes), kept: kept)
        let table = try TableReader(input, choices, sliceSize: sliceSize)
        var rows: [Row] = []
        var spans: [RecordSpan] = []
        var diagnostics: [Diagnostic] = []
        switch table.shape.format {
        case .jsonl:
            try table.readLines(report: { diagnostics.append($0) }) { line, span in
                rows.append(Row(line: span.line, cells: [line.text]))
                spans.append(span)
            }
        case .csv:
            switch try table.dialect(score: Self.score) {
            case .failure(let diagnostic): diagnostics.append(diagnostic)
            case .success(let dialect):
                likelyHeaderLine = dialect.likelyHeaderLine
                try table.readRecords(dialect, report: { diagnostics.append($0) }) { record, span in
                    guard !record.isBlank else { return }
                    rows.append(Row(line: span.line, cells: Self.cells(record)))
                    spans.append(span)
                }
            }
        }
        shape = table.shape
        self.rows = rows
        self.diagnostics = diagnostics
        if kept { try expectAgain(spans, table) }
    }

    init(
        _ text: String, name: String = "fleet.csv", _ choices: TableChoices = TableChoices(), kept: Bool = true,
        sliceSize: Int = TableReader.sliceSize
    ) throws {
        try self.init(bytes: Array(text.utf8), name: name, choices, kept: kept, sliceSize: sliceSize)
    }

    /// The diagnostics as a command prints them.
    var texts: [String] { diagnostics.map { $0.text(file: "fleet") } }

    var codes: [Diagnostic.Code] { diagnostics.map(\.code) }

    /// The rows below the header: number, line, host and id, as ``CSVTexts`` has them.
    var summaries: [String] {
        guard let header = rows.first?.cells.map({ Self.plain($0) }), let host = header.firstIndex(of: "base_url"),
            let id = header.firstIndex(of: "id")
        else { return [] }
        return rows.dropFirst().enumerated().map { number, row in
            "\(number + 1)@\(row.line) \(Self.plain(row.cells[host])):8088 \(Self.plain(row.cells[id]))"
        }
    }

    static func score(_ record: Record) -> HeaderScore {
        let names = Set(cells(record).map(plain))
        let known: Set = ["host", "base_url", "id", "auto_renewal", "access_token"]
        return HeaderScore(
            isComplete: !names.isDisjoint(with: ["host", "base_url"]) && names.contains("id"),
            points: names.intersection(known).count)
    }

    private static func cells(_ record: Record) -> [String] { (0..<record.count).map { record[$0].text } }

    private static func plain(_ cell: String) -> String {
        var cell = cell
        return cell.withUTF8 { Whitespace.trimmed($0).text }
    }

    /// Every record can be read again by its span, and is the same.
    private func expectAgain(_ spans: [RecordSpan], _ table: TableReader) throws {
        var spool = SpoolReader(table.spool, delimiter: shape.delimiter)
        for (row, span) in zip(rows, spans) {
            if shape.format == .csv {
                #expect(try spool.record(at: span).map { Self.cells($0) } == row.cells)
            } else {
                let line = try #require(try spool.line(at: span))
                #expect(String(decoding: line, as: UTF8.self).hasPrefix(row.cells[0]))
            }
        }
    }
}
