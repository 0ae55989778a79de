import FleetModel
import Platform
import TestSupport
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("The rows of an input")
struct RowCatalogTests {
    @Test("Every line end, quote and blank line is read alike at every slice size", arguments: CSVTexts.files)
    func shapes(text: String, rows: [String]) throws {
        for sliceSize in 1...max(1, text.utf8.count) {
            let reading = try Reading(text, sliceSize: sliceSize)
            #expect(reading.texts == [])
            #expect(reading.catalog.rowCount == rows.count)
            #expect(try reading.jobs().map(describe) == rows, "slices of \(sliceSize)")
        }
    }

    @Test("Without keeping it the same file is judged alike", arguments: CSVTexts.files)
    func unkept(text: String, rows: [String]) throws {
        let reading = try Reading(text, kept: false)
        #expect(reading.texts == [])
        #expect(reading.validRowCount == rows.count)
    }

    @Test(
        "What is no CSV stops the file and names the line",
        arguments: CSVTexts.broken)
    func noCSV(rows: String, problem: String, rowCount: Int) throws {
        let text = "\(CSVTexts.header)\n\(rows)"
        for sliceSize in 1...text.utf8.count {
            let reading = try Reading(text, sliceSize: sliceSize)
            #expect(reading.texts.count == 1)
            #expect(reading.texts.first?.hasPrefix(problem) == true, "\(reading.texts), slices of \(sliceSize)")
            #expect(reading.catalog.isFileInvalid)
            #expect(reading.catalog.rowCount == rowCount)
        }
    }

    @Test("Behind a line break in a cell a problem names the row of the spreadsheet too")
    func sheetRows() throws {
        let header = "host,id,auto_renewal,access_token,note\n"
        let reading = try Reading(header + "a,x,0,t,\"1\n2\"\nb,y,0,t,\n\nc,1,0,t,\nd,1,0,env:X y,\n")
        #expect(
            reading.texts == [
                "fleet:2: column 'id': 'x' is no whole number", "fleet:4: row 3: column 'id': 'y' is no whole number",
                "fleet:7: row 6: column 'access_token': the environment variable 'X y' is not set, empty, or no UTF-8 text",
            ])
        let doubtful = try Reading(header + "a,1,0,t,\"1\n2\"\nb,1,0,nan,\n")
        #expect(doubtful.texts[0].hasPrefix("fleet:4: warning: row 3: column 'access_token': "))
    }

    @Test("A last row that is cut short is doubtful, unless it only leaves out what is empty anyway")
    func cutShort() throws {
        let text = "host,id,auto_renewal,access_token,note\na,1,0,t,x\nb,2,0,t"
        let warning = "the last row has fewer cells than the header, and no line end: was the file cut off?"
        let reading = try Reading(text)
        #expect(reading.texts == ["fleet:3: warning: \(warning)"] && reading.validRowCount == 2)
        #expect(try Reading(text + "\n").texts == [] && (try Reading(text + ",").texts) == [])
        var settings = InputSettings()
        settings.isStrict = true
        let strict = try Reading(text, settings: settings)
        #expect(strict.texts == ["fleet:3: \(warning)"] && strict.validRowCount == 1)
        #expect(try strict.passThrough()[1].reason == warning)
    }

    @Test("The shape of the file is remembered", arguments: ["\n", "\r\n", "\r"])
    func shape(lineEnding: String) throws {
        let text = "\u{FEFF} Base-URL ,id,result.status,auto renewal,access_token\(lineEnding)a,1,ok,0,t\(lineEnding)"
        for sliceSize in [1, 7, 1000] {
            let shape = try Reading(text, sliceSize: sliceSize).catalog.shape
            #expect(shape.lineEnding == Array(lineEnding.utf8))
            #expect(shape.hasByteOrderMark && shape.format == .csv && shape.delimiter == UInt8(ascii: ","))
            #expect(shape.header == [" Base-URL ", "id", "auto renewal", "access_token"].map { Array($0.utf8) })
        }
    }

    @Test("Behind bytes that are no UTF-8 the rows are judged on, diagnostics in the order of their lines")
    func goesOn() throws {
        let bytes =
            Array("host,id,auto_renewal,access_token,note\n".utf8) + Array("b,2,0,t,\"\n".utf8) + [0xFC]
            + Array("\"\nc,x,0,t,\n".utf8) + [0xFC, 0x0A]
        let reading = try Reading(bytes: bytes, sliceSize: 3)
        #expect(reading.diagnostics.map(\.line) == [3, 4, 5, 5, 5, 5])
        #expect(reading.codes.first == .encodingInvalid && reading.codes[1] == .idMalformed)
    }

    @Test("What is wrong with a row alone makes it invalid, and the result says why")
    func invalid() throws {
        let reading = try Reading.row([("id", "x"), ("auto_renewal", "y")])
        #expect(reading.catalog.invalidRowCount == 1 && !reading.catalog.isFileInvalid)
        #expect(reading.catalog.host(ofRow: 0) == nil)
        #expect(
            try reading.passThrough()[0].reason
                == "column 'id': 'x' is no whole number; "
                + "column 'auto_renewal': 'y' is none of \(BooleanWord.list)")
        #expect(throws: ToolError.self) { try reading.catalog.job(row: 0) }
    }

    @Test("The same certificate of the same host twice names the earlier line, wherever they stand")
    func repeated() throws {
        let rows = "a,1\nA,2\nb,1\nhttps://a:8088,2.0\na,x\na,1\nc,1\nb,2\nb,2\n"
        let reading = try Reading(
            "base_url,id,auto_renewal,access_token\n"
                + rows.split(separator: "\n").map { "\($0),0,t\n" }.joined())
        #expect(
            reading.texts == [
                "fleet:5: the row on line 3 edits the same certificate on the same host",
                "fleet:6: column 'id': 'x' is no whole number",
                "fleet:7: the row on line 2 edits the same certificate on the same host",
                "fleet:10: the row on line 9 edits the same certificate on the same host",
            ])
        #expect(reading.catalog.invalidRowCount == 4 && reading.catalog.hostCount == 3)
        #expect((0..<9).map { reading.catalog.host(ofRow: $0) } == [0, 0, 1, nil, nil, nil, 2, 1, nil])
        #expect(try reading.jobs().map(\.address.host.name) == ["a", "a", "b", "c", "b"])
        #expect(try reading.passThrough()[5].reason == "the row on line 2 edits the same certificate on the same host")
    }

    @Test("Cells beyond the header are an error unless they are empty")
    func longRow() throws {
        let reading = try Reading("host,id,auto_renewal,access_token\na,1,0,t,,x,\nb,1,0,t, ,\n")
        #expect(
            reading.texts == [
                "fleet:2: the row has 7 cells, the header 4: "
                    + "is there a cell too many, or a delimiter without quotes round it?"
            ])
        #expect(reading.validRowCount == 1)
    }

    @Test("Many hosts and many certificates of one host are told apart")
    func manyRows() throws {
        let rows = (0..<30_000).map { "h\($0 % 20_000),\(1 + $0 / 20_000),0,t\none,\($0 + 1),0,t\n" }
        let reading = try Reading("host,id,auto_renewal,access_token\n\(rows.joined())one,7777,0,t\nh9999,2,0,t\n")
        #expect(
            reading.texts == [
                "fleet:60002: the row on line 15555 edits the same certificate on the same host",
                "fleet:60003: the row on line 60000 edits the same certificate on the same host",
            ])
        #expect(reading.catalog.hostCount == 20_001 && reading.catalog.rowCount == 60_002)
        #expect([0, 1, 2, 3].map { reading.catalog.host(ofRow: $0) } == [0, 1, 2, 1])
        #expect(try [0, 1, 2].map { try reading.catalog.job(row: $0).address.host.name } == ["h0", "one", "h1"])
        #expect(try reading.catalog.job(row: 59_999).edit.id == 30_000)
    }

    private func describe(_ job: Job) -> String {
        "\(job.position.row)@\(job.position.line) \(job.address.host) \(job.edit.id)"
    }
}
