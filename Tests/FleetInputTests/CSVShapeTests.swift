import FleetModel
import TestSupport
import Testing

@testable import FleetInput
@testable import TabularText

@Suite("CSV as files write it")
struct CSVShapeTests {
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
            #expect(reading.catalog.hasFileProblem)
            #expect(reading.catalog.rowCount == rowCount)
        }
    }

    @Test("A cell over 1 MiB, a row over 4 MiB and a quote that swallows the file are named, not stored")
    func limits() throws {
        let cell = String(repeating: "x", count: 1 << 20)
        let fine = try Reading("note,\(CSVTexts.header)\n\(cell),a,1,0,t\n")
        #expect(fine.texts == [] && fine.validRowCount == 1)
        let long = try Reading("note,\(CSVTexts.header)\n\(cell)x,a,1,0,t\n")
        #expect(long.texts == ["fleet:2: a cell that starts here is larger than 1 MiB: is its quote closed?"])
        let row = try Reading("note,\(CSVTexts.header)\n,a,1,0,t,\(cell),\(cell),\(cell),\(cell)\n")
        #expect(row.texts == ["fleet:2: the row that starts here is larger than 4 MiB: is each of its quotes closed?"])
        let open = try Reading("note,\(CSVTexts.header)\n,a,1,0,\"t\n" + String(repeating: "b,2,0,t\n", count: 1 << 19))
        #expect(open.texts == ["fleet:2: a cell that starts here is larger than 1 MiB: is its quote closed?"])
    }

    @Test("A thousand columns, and a header beyond any spreadsheet")
    func columns() throws {
        let names = (0..<1000).map { "note\($0)" }.joined(separator: ",")
        let cells = (0..<1000).map { "cell\($0)" }.joined(separator: ",")
        let reading = try Reading("\(names),\(CSVTexts.header)\n\(cells),a,1,0,t\n")
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
