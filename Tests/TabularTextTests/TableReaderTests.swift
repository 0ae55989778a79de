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

    @Test("A line over 4 MiB is named, not stored")
    func longLine() throws {
        let reading = try TableReading("{}\n\"" + String(repeating: "x", count: 5 << 20) + "\"\n", name: "fleet.jsonl")
        #expect(reading.texts == ["fleet:2: the line is larger than 4 MiB"] && reading.rows.map(\.line) == [1])
    }
}
