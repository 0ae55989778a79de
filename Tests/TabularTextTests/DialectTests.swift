import TestSupport
import Testing

@testable import TabularText

@Suite("Dialects")
struct DialectTests {
    static let delimiters = [",", ";", "\t", "|"]

    @Test("Each delimiter is found from the header, and each can be asked for", arguments: delimiters)
    func found(delimiter: String) throws {
        let lines = [["note,a;b|c\td", "host", "id", "auto_renewal", "access_token"], ["x", "a", "5", "0", "t"]]
        let text = lines.map { $0.map { "\"\($0)\"" }.joined(separator: delimiter) + "\r\n" }.joined()
        for sliceSize in 1...text.utf8.count {
            let reading = try TableReading(text, sliceSize: sliceSize)
            #expect(reading.texts == [])
            #expect(reading.shape.delimiter == delimiter.utf8.first)
            #expect(reading.rows.map(\.cells) == lines)
        }
        let choice: TableChoices.Delimiter =
            [",": .comma, ";": .semicolon, "\t": .tab, "|": .pipe][delimiter] ?? .automatic
        #expect(try TableReading(text, TableChoices(delimiter: choice)).rows.map(\.cells) == lines)
    }

    @Test("Other delimiters may stand bare in header and cells")
    func bareCommas() throws {
        let text = "note, with, commas;host;id;auto_renewal;access_token;a,b,c,d,e\nx,y;a;5;0;t,t;\n"
        #expect(try TableReading(text).rows[1].cells == ["x,y", "a", "5", "0", "t,t", ""])
    }

    @Test("When two delimiters fit, the file must say which")
    func ambiguous() throws {
        for text in ["host,id,x;host;id\n", "host;x,id\n", "\n\nhost|a;id|id;host\n"] {
            let reading = try TableReading(text)
            #expect(reading.codes == [.delimiterAmbiguous] && reading.rows == [], "\(reading.texts)")
            #expect(reading.diagnostics[0].severity == .file)
        }
        let text = try TableReading("host,id,x;host;id\n").texts[0]
        #expect(text == "fleet:1: ',' and ';' could both be what separates the cells: choose one by --delimiter")
        let chosen = try TableReading("host,id,x;host;id\n", TableChoices(delimiter: .comma))
        #expect(chosen.texts == [])
    }

    @Test(
        "A first line 'sep=' names the delimiter and is no row",
        arguments: ["sep=;\r\n", "sep=;\n", "sep=;\r", "SEP=;\n", "\"sep=;\"\r\n", "\u{FEFF}sep=;\r\n"])
    func separator(line: String) throws {
        let text = "\(line)host;id;auto_renewal;access_token;a,b\r\na;5;0;t;\r\n"
        for sliceSize in 1...text.utf8.count {
            let reading = try TableReading(text, sliceSize: sliceSize)
            #expect(reading.texts == [])
            let shape = reading.shape
            #expect(shape.hasSeparatorLine && shape.delimiter == UInt8(ascii: ";"))
            #expect(shape.lineEnding == [0x0D, 0x0A] && shape.hasByteOrderMark == line.hasPrefix("\u{FEFF}"))
            #expect(reading.rows.map(\.line) == [2, 3])
            #expect(reading.rows[1].cells == ["a", "5", "0", "t", ""])
        }
    }

    @Test(
        "A 'sep=' line that names nothing known, alone or empty",
        arguments: ["sep=:\nhost:id\n", "sep=", "sep=;;\n", "sep=\n"])
    func strangeSeparator(text: String) throws {
        #expect(try TableReading(text).codes == [.separatorUnknown])
    }

    @Test("A 'sep=' line that is all there is makes an empty file")
    func onlySeparator() throws {
        for text in ["sep=;", "sep=;\r\n", "sep=;\r"] {
            let reading = try TableReading(text)
            #expect(reading.texts == [] && reading.rows == [])
        }
    }

    @Test("A title row is one above a line that is the header")
    func title() throws {
        let titled = try TableReading("Fleet, renewal off;;;\n;;;\n\nhost;id;auto_renewal;access_token\na;5;0;t\n")
        #expect(titled.likelyHeaderLine == 4 && titled.shape.delimiter == UInt8(ascii: ";"))
        #expect(try TableReading("a;5;0;t\n").likelyHeaderLine == nil)
    }

    @Test("A header that is larger than what is looked at first is found all the same")
    func largeHeader() throws {
        let note = String(repeating: "x\n", count: 200_000)
        let text = "\"\(note)\";host;id;auto_renewal;access_token\n;a;5;0;t\n"
        let reading = try TableReading(text)
        #expect(reading.shape.delimiter == UInt8(ascii: ";"))
        #expect(reading.rows.map(\.line) == [1, 200_002])
    }

    @Test("Empty rows that go on and on are not kept until one comes that is not empty")
    func emptyRows() throws {
        let directory = try WorkDirectory()
        let row = String(repeating: "\"\";", count: 10_000) + "\n"
        let path = try directory.write("x", String(repeating: row, count: 400) + "host;id;auto_renewal\n")
        let text = try TextReader(InputFile.open(path, kept: false))
        let found = try Dialect.find(in: text, choice: .automatic, score: TableReading.score)
        #expect(try found.get().delimiter == UInt8(ascii: ";"))
        #expect(try text.prefix(0).count < 10 << 20)
    }

    @Test("A file that is one open quote is told as such, not searched for ever")
    func openQuote() throws {
        let reading = try TableReading("\"" + String(repeating: "a;b,c\n", count: 300_000))
        #expect(reading.codes == [.fieldTooLong])
        #expect(try TableReading("\"host;id\n").codes == [.quoteUnclosed])
    }
}
