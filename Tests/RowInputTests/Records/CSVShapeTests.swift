import JobModel
import Testing

@testable import RowInput

@Suite("CSV as files write it")
struct CSVShapeTests {
    static let header = "base_url,id,auto_renewal,access_token"

    /// Files and what each row of theirs is: line, host and id; the same at every slice size.
    static let files: [(String, [String])] = [
        ("\(header)\na,1,0,t\nb,2,0,t\n", ["1@2 a:8088 1", "2@3 b:8088 2"]),
        ("\(header)\r\na,1,0,t\r\nb,2,0,t\r\n", ["1@2 a:8088 1", "2@3 b:8088 2"]),
        ("\(header)\ra,1,0,t\rb,2,0,t\r", ["1@2 a:8088 1", "2@3 b:8088 2"]),
        ("\u{FEFF}\(header)\na,1,0,t", ["1@2 a:8088 1"]),
        ("\n\r\n\r\(header)\n\n\na,1,0,t\r\n\r\n\nb,2,0,t", ["1@7 a:8088 1", "2@10 b:8088 2"]),
        ("note,\(header)\n\"x\r\ny\n\rz\",a,1,0,t\nw,b,2,0,t\n", ["1@2 a:8088 1", "2@6 b:8088 2"]),
        ("\(header),\"a \"\"b\"\" c\"\n\"a\",\"1\",\"0\",\"t\",\"\"\n", ["1@2 a:8088 1"]),
        ("\(header),,,\na,1,0,t,,,\n,,,,,,\n , ,\u{A0},\n\"\",\nb,2,0,t,,,,,,,\n", ["1@2 a:8088 1", "2@6 b:8088 2"]),
        (",,,\n,,\n\"\", \n\(header)\na,1,0,t\n", ["1@5 a:8088 1"]), ("\(header),note\na,1,0,t\n", ["1@2 a:8088 1"]),
        ("\(header)\n", []), ("\(header)", []), ("", []), ("\u{FEFF}", []), ("\n\n", []),
    ]

    @Test("Every line end, quote and blank line is read alike at every slice size", arguments: files)
    func shapes(text: String, rows: [String]) throws {
        for sliceSize in 1...max(1, text.utf8.count) {
            let reading = try Reading(text, sliceSize: sliceSize)
            #expect(reading.texts == [])
            #expect(reading.catalog.rowCount == rows.count)
            #expect(try reading.jobs().map(describe) == rows, "slices of \(sliceSize)")
        }
    }

    @Test("Without keeping it the same file is judged alike", arguments: files)
    func unkept(text: String, rows: [String]) throws {
        let reading = try Reading(text, kept: false)
        #expect(reading.texts == [])
        #expect(reading.catalog.validRowCount == rows.count)
    }

    @Test(
        "What is no CSV stops the file and names the line",
        arguments: [
            ("a,1,0,t\nb\"c,2,0,t\nd,3,0,t\n", "fleet:3: a quote stands inside a cell", 1),
            ("a,1,0,t\n\"b\"c,2,0,t\n", "fleet:3: something stands between a closing quote", 1),
            ("a,1,0,t\n\"b\" ,2,0,t\n", "fleet:3: something stands between a closing quote", 1),
            ("a,1,0,t\n\"b\n\nx\",\"2\n,0,t\n", "fleet:5: the quote that opens a cell here is never closed", 1),
            ("a,1,0,t\n \"b\",2,0,t\n", "fleet:3: a quote stands inside a cell", 1),
            ("\"", "fleet:2: the quote that opens a cell here is never closed", 0),
        ])
    func noCSV(rows: String, problem: String, rowCount: Int) throws {
        let text = "\(Self.header)\n\(rows)"
        for sliceSize in 1...text.utf8.count {
            let reading = try Reading(text, sliceSize: sliceSize)
            #expect(reading.texts.count == 1)
            #expect(reading.texts.first?.hasPrefix(problem) == true, "\(reading.texts), slices of \(sliceSize)")
            #expect(reading.catalog.hasFileProblem)
            #expect(reading.catalog.rowCount == rowCount)
        }
    }

    @Test("A cell over 1 MiB, a row over 4 MiB and a quote that swallows the file are named, not stored")
    func limits() throws {
        let cell = String(repeating: "x", count: 1 << 20)
        let fine = try Reading("note,\(Self.header)\n\(cell),a,1,0,t\n")
        #expect(fine.texts == [] && fine.catalog.validRowCount == 1)
        let long = try Reading("note,\(Self.header)\n\(cell)x,a,1,0,t\n")
        #expect(long.texts == ["fleet:2: a cell that starts here is larger than 1 MiB: is its quote closed?"])
        let row = try Reading("note,\(Self.header)\n,a,1,0,t,\(cell),\(cell),\(cell),\(cell)\n")
        #expect(row.texts == ["fleet:2: the row that starts here is larger than 4 MiB: is each of its quotes closed?"])
        let open = try Reading("note,\(Self.header)\n,a,1,0,\"t\n" + String(repeating: "b,2,0,t\n", count: 1 << 19))
        #expect(open.texts == ["fleet:2: a cell that starts here is larger than 1 MiB: is its quote closed?"])
    }

    @Test("A thousand columns, and a header beyond any spreadsheet")
    func columns() throws {
        let names = (0..<1000).map { "note\($0)" }.joined(separator: ",")
        let cells = (0..<1000).map { "cell\($0)" }.joined(separator: ",")
        let reading = try Reading("\(names),\(Self.header)\n\(cells),a,1,0,t\n")
        #expect(reading.texts == [])
        #expect(try reading.echoedCells()[0][999] == "cell999")
        let beyond = try Reading(String(repeating: ",", count: 20_000) + "\n")
        #expect(beyond.texts == ["fleet:1: the row that starts here has more than 16384 cells"])
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

    private func describe(_ job: Job) -> String {
        "\(job.position.row)@\(job.position.line) \(job.address.host) \(job.edit.id)"
    }
}
