import TestSupport
import Testing

@testable import TabularText

@Suite("A table and how it is written")
struct TableReaderTests {
    @Test("The shape of the file is remembered", arguments: ["\n", "\r\n", "\r"])
    func shape(lineEnding: String) throws {
        let text = "\u{FEFF}host,id\(lineEnding)a,1\(lineEnding)"
        for sliceSize in [1, 7, 1000] {
            let shape = try TableReading(text, sliceSize: sliceSize).shape
            #expect(shape.lineEnding == Array(lineEnding.utf8))
            #expect(shape.hasByteOrderMark && shape.format == .csv && shape.delimiter == UInt8(ascii: ","))
        }
    }

    @Test("The format goes by the name's ending, else by the first character")
    func format() throws {
        let line = #"{"host":"a","id":1}"#
        for name in ["x", "x.ndjson", "x.JSONL", "x.txt"] {
            #expect(try TableReading("\n \(line)", name: name).shape.format == .jsonl)
        }
        for name in ["x.csv", "x.TSV", "x.tab"] { #expect(try TableReading("", name: name).shape.format == .csv) }
        #expect(try TableReading("host,id", name: "x").shape.format == .csv)
        let forced = try TableReading(line, name: "x.csv", TableChoices(format: .jsonl))
        #expect(forced.rows.map(\.cells) == [[line]])
    }

    @Test("Of JSON lines those that are blank are none", arguments: ["\n", "\r\n", "\r"])
    func lines(lineEnding: String) throws {
        let lines = ["\u{FEFF}", #"{"a":"\n"}"#, "", " \t ", #" {"é": [1]} "#, "{", "5"]
        let text = lines.joined(separator: lineEnding)
        for sliceSize in 1...text.utf8.count {
            let reading = try TableReading(text, name: "fleet.jsonl", sliceSize: sliceSize)
            #expect(reading.texts == [])
            #expect(reading.rows.map(\.line) == [2, 5, 6, 7])
            #expect(reading.rows.map(\.cells) == [[lines[1]], [lines[4]], [lines[5]], [lines[6]]])
            #expect(reading.shape.lineEnding == Array(lineEnding.utf8) && reading.shape.hasByteOrderMark)
        }
    }

    /// What files are that are no table: their names, how they start, and what is said of them.
    static let others: [(String, [UInt8], String)] = [
        ("fleet.xlsx", [0x50, 0x4B, 3, 4, 0x14, 0, 6, 0], "a workbook or an archive, not text: save the sheet as CSV"),
        ("fleet.csv", Array("%PDF-1.7\n".utf8), "a PDF, not text: save the sheet that it shows as CSV"),
        ("fleet.csv", [0x1F, 0x8B, 8, 8, 0, 0], "gzip: gunzip it first"),
        ("fleet.jsonl", [0x28, 0xB5, 0x2F, 0xFD, 1], "packed by zstd: unzstd it first"),
        ("fleet", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A], "an image, not text: save the sheet as CSV"),
        ("fleet.csv", Array(" \n<!DOCTYPE HTML><table>".utf8), "an HTML page, not a table: save the sheet as CSV"),
        ("fleet", Array("<Table border=1>".utf8), "an HTML page, not a table: save the sheet as CSV"),
        ("fleet.fods", Array("\u{FEFF}<?xml version=\"1.0\"?>".utf8), "XML, not a table: save the sheet as CSV"),
        (
            "fleet.json", Array("[\n {\"host\":\"a\"}\n]\n".utf8),
            "a JSON array: write one object a line, as jq -c '.[]' does"
        ),
        ("fleet.csv", Array("[{\"host\":1}]".utf8), "a JSON array: write one object a line, as jq -c '.[]' does"),
        (
            "fleet.jsonl", Array("{\r\n  \"host\": \"a\"\r\n}\r\n".utf8),
            "JSON, an object over several lines: write one object a line, as jq -c . does"
        ),
        (
            "fleet", Array("{\"host\":\"a\",\n\"id\":1}".utf8),
            "JSON, an object over several lines: write one object a line, as jq -c . does"
        ),
        (
            "fleet.csv", Array("{ \"host\":\"a\" }\n".utf8),
            "JSON, not CSV: say --format jsonl, or give it a name that ends in .jsonl"
        ),
    ]

    @Test("What is no table says in one line what it is and what to do", arguments: others)
    func otherFiles(name: String, bytes: [UInt8], what: String) throws {
        for sliceSize in [1, 3, 1000] {
            for bytes in [bytes, bytes + Array("\nx,y\n".utf8)] {
                let reading = try TableReading(bytes: bytes, name: name, sliceSize: sliceSize)
                #expect(reading.texts == ["fleet:1: the file is \(what)"] && reading.rows == [])
            }
        }
    }

    @Test(
        "What only begins like one of those is a table",
        arguments: [
            ("fleet.csv", "<host>,id\na,1\n"), ("fleet.csv", "[host],id\n"), ("fleet.csv", "{host},id\n"),
            ("fleet.jsonl", "{\"a\":\n{\"b\":1}\n"), ("fleet.jsonl", "{\"a\" 1}\nx\n"), ("fleet.jsonl", "[1]\n"),
            ("fleet.csv", "BZhost,id\n"), ("fleet.csv", "GIF,id\n"),
        ])
    func tables(name: String, text: String) throws {
        let reading = try TableReading(text, name: name)
        #expect(reading.texts == [] && !reading.rows.isEmpty)
    }

    @Test(
        "A record knows its row as a spreadsheet counts it, and whether the text ends with it",
        arguments: [1, 2, 5, 99])
    func sheetRows(sliceSize: Int) throws {
        let text = "sep=,\r\nhost,id\r\n\r\n\"a\r\nb\rc\",1\r\n\n,\r\nd,2"
        let directory = try WorkDirectory()
        let input = try InputFile.open(try directory.write("x.csv", text), kept: false)
        let table = try TableReader(input, sliceSize: sliceSize)
        var spans: [String] = []
        let dialect = try table.dialect(score: TableReading.score).get()
        try table.readRecords(dialect, report: { Issue.record("\($0)") }) { _, span in
            spans.append("\(span.line) \(span.sheetRow)\(span.isUnended ? " end" : "")")
        }
        #expect(spans == ["2 1", "4 3", "8 5", "9 6 end"])
    }

    @Test("A line over 4 MiB is named, not stored")
    func longLine() throws {
        let reading = try TableReading("{}\n\"" + String(repeating: "x", count: 5 << 20) + "\"\n", name: "fleet.jsonl")
        #expect(reading.texts == ["fleet:2: the line is larger than 4 MiB"] && reading.rows.map(\.line) == [1])
    }
}
