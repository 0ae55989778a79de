import TestSupport
import Testing

@testable import TabularText

@Suite("CSV as files write it")
struct CSVReaderTests {
    @Test("Every line end, quote and blank line is read alike at every slice size", arguments: CSVTexts.files)
    func shapes(text: String, rows: [String]) throws {
        for sliceSize in 1...max(1, text.utf8.count) {
            let reading = try TableReading(text, sliceSize: sliceSize)
            #expect(reading.texts == [] && reading.summaries == rows, "slices of \(sliceSize)")
        }
    }

    @Test("Without keeping it the same file is read alike", arguments: CSVTexts.files)
    func unkept(text: String, rows: [String]) throws {
        let reading = try TableReading(text, kept: false)
        #expect(reading.texts == [] && reading.summaries == rows)
    }

    @Test(
        "What is no CSV stops the file and names the line",
        arguments: CSVTexts.broken)
    func noCSV(rows: String, problem: String, rowCount: Int) throws {
        let text = "\(CSVTexts.header)\n\(rows)"
        for sliceSize in 1...text.utf8.count {
            let reading = try TableReading(text, sliceSize: sliceSize)
            #expect(reading.texts.count == 1)
            #expect(reading.texts.first?.hasPrefix(problem) == true, "\(reading.texts), slices of \(sliceSize)")
            #expect(reading.diagnostics[0].severity == .file)
            #expect(reading.summaries.count == rowCount)
        }
    }

    @Test("A cell over 1 MiB, a row over 4 MiB and a quote that swallows the file are named, not stored")
    func limits() throws {
        let cell = String(repeating: "x", count: 1 << 20)
        let fine = try TableReading("note,\(CSVTexts.header)\n\(cell),a,1,0,t\n")
        #expect(fine.texts == [] && fine.summaries == ["1@2 a:8088 1"])
        let long = try TableReading("note,\(CSVTexts.header)\n\(cell)x,a,1,0,t\n")
        #expect(long.texts == ["fleet:2: a cell that starts here is larger than 1 MiB: is its quote closed?"])
        let row = try TableReading("note,\(CSVTexts.header)\n,a,1,0,t,\(cell),\(cell),\(cell),\(cell)\n")
        #expect(row.texts == ["fleet:2: the row that starts here is larger than 4 MiB: is each of its quotes closed?"])
        let open = try TableReading(
            "note,\(CSVTexts.header)\n,a,1,0,\"t\n" + String(repeating: "b,2,0,t\n", count: 1 << 19))
        #expect(open.texts == ["fleet:2: a cell that starts here is larger than 1 MiB: is its quote closed?"])
    }

    @Test("A thousand columns, and a header beyond any spreadsheet")
    func columns() throws {
        let names = (0..<1000).map { "note\($0)" }.joined(separator: ",")
        let cells = (0..<1000).map { "cell\($0)" }.joined(separator: ",")
        let reading = try TableReading("\(names),\(CSVTexts.header)\n\(cells),a,1,0,t\n")
        #expect(reading.texts == [])
        #expect(reading.rows[1].cells[999] == "cell999")
        let beyond = try TableReading(String(repeating: ",", count: 20_000) + "\n")
        #expect(beyond.texts == ["fleet:1: the row that starts here has more than 16384 cells"])
    }
}
