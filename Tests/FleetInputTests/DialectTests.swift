import FleetModel
import TestSupport
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("Dialects")
struct DialectTests {
    static let delimiters = [",", ";", "\t", "|"]

    @Test("Each delimiter is found from the header, and each can be asked for", arguments: delimiters)
    func found(delimiter: String) throws {
        let lines = [["note,a;b|c\td", "host", "id", "auto_renewal", "access_token"], ["x", "a", "5", "0", "t"]]
        let text = lines.map { $0.map { "\"\($0)\"" }.joined(separator: delimiter) + "\r\n" }.joined()
        for sliceSize in 1...text.utf8.count {
            let reading = try Reading(text, sliceSize: sliceSize)
            #expect(reading.texts == [])
            #expect(reading.catalog.shape.delimiter == delimiter.utf8.first)
            #expect(try reading.echoedCells() == [["x", "a", "5", "0", "***"]])
        }
        let choice: TableChoices.Delimiter =
            [",": .comma, ";": .semicolon, "\t": .tab, "|": .pipe][delimiter] ?? .automatic
        #expect(try Reading(text, settings: InputSettings(table: TableChoices(delimiter: choice))).validRowCount == 1)
    }

    @Test("Other delimiters may stand bare in header and cells")
    func bareCommas() throws {
        let text = "note, with, commas;host;id;auto_renewal;access_token;a,b,c,d,e\nx,y;a;5;0;t,t;\n"
        let reading = try Reading(text)
        #expect(try reading.echoedCells() == [["x,y", "a", "5", "0", "***", ""]])
        #expect(try reading.jobs().map(\.credentials) == [.token(Secret("t,t"))])
    }

    @Test("A delimiter that is asked for is taken even where it does not fit")
    func forced() throws {
        let reading = try Reading("host,id\na,5\n", settings: InputSettings(table: TableChoices(delimiter: .semicolon)))
        #expect(reading.codes == [.headerUnrecognized])
    }

    @Test("When two delimiters fit, the file must say which")
    func ambiguous() throws {
        for text in ["host,id,x;host;id\n", "host;x,id\n", "\n\nhost|a;id|id;host\n"] {
            let reading = try Reading(text)
            #expect(reading.codes == [.delimiterAmbiguous], "\(reading.texts)")
            #expect(reading.catalog.hasFileProblem && reading.catalog.rowCount == 0)
        }
        let text = try Reading("host,id,x;host;id\n").texts[0]
        #expect(text == "fleet:1: ',' and ';' could both be what separates the cells: choose one by --delimiter")
        let chosen = try Reading("host,id,x;host;id\n", settings: InputSettings(table: TableChoices(delimiter: .comma)))
        #expect(chosen.texts == [])
    }

    @Test("A single column is no question of delimiters", arguments: ["id", "id\n5\n", "host", "\"id\"\n"])
    func singleColumn(text: String) throws {
        #expect(try Reading(text).codes.first == .headerColumnMissing)
    }

    @Test(
        "A first line 'sep=' names the delimiter and is no row",
        arguments: ["sep=;\r\n", "sep=;\n", "sep=;\r", "SEP=;\n", "\"sep=;\"\r\n", "\u{FEFF}sep=;\r\n"])
    func separator(line: String) throws {
        let text = "\(line)host;id;auto_renewal;access_token;a,b\r\na;5;0;t;\r\n"
        for sliceSize in 1...text.utf8.count {
            let reading = try Reading(text, sliceSize: sliceSize)
            #expect(reading.texts == [])
            let shape = reading.catalog.shape
            #expect(shape.hasSeparatorLine && shape.delimiter == UInt8(ascii: ";"))
            #expect(shape.lineEnding == [0x0D, 0x0A] && shape.hasByteOrderMark == line.hasPrefix("\u{FEFF}"))
            #expect(shape.header.count == 5)
            #expect(try reading.jobs().map(\.position) == [RowPosition(row: 1, line: 3)])
            #expect(try reading.echoedCells() == [["a", "5", "0", "***", ""]])
        }
    }

    @Test(
        "A 'sep=' line that names nothing known, alone or empty",
        arguments: ["sep=:\nhost:id\n", "sep=", "sep=;;\n", "sep=\n"])
    func strangeSeparator(text: String) throws {
        #expect(try Reading(text).codes == [.separatorUnknown])
    }

    @Test("A 'sep=' line that is all there is makes an empty file")
    func onlySeparator() throws {
        for text in ["sep=;", "sep=;\r\n", "sep=;\r"] {
            let reading = try Reading(text)
            #expect(reading.texts == [] && reading.catalog.rowCount == 0)
        }
    }

    @Test("A title row is told as one, with the line of the header below it")
    func title() throws {
        let titled = try Reading("Fleet, renewal off;;;\n;;;\n\nhost;id;auto_renewal;access_token\na;5;0;t\n")
        #expect(
            titled.texts == [
                "fleet:1: no header with 'base_url' and 'id' here: "
                    + "line 4 looks like it, so what stands above is a title: delete it"
            ])
        let headless = try Reading("a;5;0;t\n")
        #expect(
            headless.texts == [
                "fleet:1: no header with 'base_url' and 'id' here: "
                    + "is there a title row above it, or is the header missing?"
            ])
    }

    @Test("A header that is larger than what is looked at first is found all the same")
    func largeHeader() throws {
        let note = String(repeating: "x\n", count: 200_000)
        let text = "\"\(note)\";host;id;auto_renewal;access_token\n;a;5;0;t\n"
        let reading = try Reading(text)
        #expect(reading.catalog.shape.delimiter == UInt8(ascii: ";"))
        #expect(try reading.jobs().map(\.position.line) == [200_002])
    }

    @Test("Empty rows that go on and on are not kept until one comes that is not empty")
    func emptyRows() throws {
        let directory = try WorkDirectory()
        let row = String(repeating: "\"\";", count: 10_000) + "\n"
        let path = try directory.write("x", String(repeating: row, count: 400) + "host;id;auto_renewal\n")
        let text = try TextReader(InputFile.open(path, kept: false))
        let found = try Dialect.find(
            in: text, choice: .automatic, score: { HeaderScore(of: $0, needed: ColumnMap.needed) })
        #expect(try found.get().delimiter == UInt8(ascii: ";"))
        #expect(try text.prefix(0).count < 10 << 20)
    }

    @Test("A file that is one open quote is told as such, not searched for ever")
    func openQuote() throws {
        let reading = try Reading("\"" + String(repeating: "a;b,c\n", count: 300_000))
        #expect(reading.codes == [.fieldTooLong])
        #expect(try Reading("\"host;id\n").codes == [.quoteUnclosed])
    }
}
