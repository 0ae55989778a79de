import FleetModel
import Foundation
import JSONText
import Platform
import TabularText
import TestSupport
import Testing

@testable import RunRecord

@Suite struct ResultTests {
    private let work: WorkDirectory
    private let directory: RunDirectory

    init() throws {
        work = try WorkDirectory()
        directory = try RunDirectory(path: work.path, for: .newRun)
    }

    @discardableResult
    private func write(_ source: EchoedInput, _ outcomes: [Int: Outcome] = [:]) throws -> OutcomeTally {
        var store = OutcomeStore()
        for (row, outcome) in outcomes { store.set(outcome, row: row) }
        let result = ResultWriter(outcomes: store, unattempted: "the run was stopped by a signal")
            .write(source, to: directory)
        #expect(result.failure == nil)
        return result.rows
    }

    private static let resultHeader =
        "result.row,result.line,result.status,result.errcode,result.errmsg,result.http_status,result.error_class,"
        + "result.error,result.attempts,result.started_at,result.finished_at,result.duration_ms,result.verified"

    @Test func everyRowHasItsOwnCellsAndWhatBecameOfIt() throws {
        let shape = TableShape(format: .csv, header: [Array("host".utf8), Array("id".utf8)])
        let source = EchoedInput(
            shape,
            rows: [
                PassThroughRow(row: 1, line: 2, content: .cells([[0x61], [0x31]]), reason: nil),
                PassThroughRow(row: 2, line: 3, content: .cells([[0x62]]), reason: "column 'id': empty"),
                PassThroughRow(row: 3, line: 7, content: .cells([[0x63], [0x33], [0x34]]), reason: nil),
            ])
        let tally = try write(source, [1: .fine])
        #expect(
            try work.read("result.csv") == """
                host,id,\(ResultTests.resultHeader)
                a,1,1,2,ok,0,SUCCESS,200,,,1,2026-11-23T21:00:00.007Z,2026-11-23T21:00:01.250Z,1243,
                b,,2,3,invalid,,,,input,column 'id': empty,0,,,,
                c,3,3,7,not_attempted,,,,run_stopped,the run was stopped by a signal,0,,,,

                """)
        #expect(tally.rows == 3)
        #expect([RowStatus.ok, .invalid, .notAttempted].map { tally[$0] } == [1, 1, 1])
        #expect(tally.errcodes == [0: 1])
    }

    @Test(arguments: [TableShape.Format.csv, .jsonl])
    func theResultOfAnInputInTheOtherFormatGoes(format: TableShape.Format) throws {
        for format in [format, format == .csv ? .jsonl : .csv] {
            let content: PassThroughRow.Content = format == .csv ? .cells([[0x31]]) : .members([])
            let row = PassThroughRow(row: 1, line: 2, content: content, reason: nil)
            try write(EchoedInput(TableShape(format: format, header: [[0x61]]), rows: [row]), [1: .fine])
            let files = try FileManager.default.contentsOfDirectory(atPath: work.path)
            #expect(files.filter { $0.hasPrefix("result") } == ["result.\(format.rawValue)"])
        }
    }

    @Test func invalidRowThatWasRunKeepsItsOutcome() throws {
        let row = PassThroughRow(row: 1, line: 2, content: .cells([[0x31]]), reason: "a problem")
        let tally = try write(EchoedInput(TableShape(format: .csv, header: [[0x61]]), rows: [row]), [1: .fine])
        #expect(tally[.ok] == 1)
    }

    @Test(
        "text that a spreadsheet would take for a formula is made harmless",
        arguments: [
            ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""), ("=a,b", "\"'=a,b\""), ("1=1", "1=1"), ("SUCCESS", "SUCCESS"), ("", ""),
        ])
    func formulas(text: String, cell: String) throws {
        let outcome = Outcome(status: .failed, errmsg: text, errorClass: .api, error: text, attempts: 1)
        try write(EchoedInput(header: ["note"], cells: [["=1+1"]]), [1: outcome])
        let result = try work.read("result.csv")
        #expect(result.hasSuffix("\n=1+1,1,2,failed,,\(cell),,api,\(cell),1,,,,\n"))
    }

    @Test("times are written to the millisecond, also where a minute, a day or the epoch turns")
    func times() throws {
        let turns: [Int64] = [0, 60_000, 86_400_000, 951_782_400_000, 1_709_164_800_000, 1_795_467_600_000]
        let times = turns.flatMap { [$0 - 60_001, $0 - 60_000, $0 - 1, $0, $0 + 7, $0 + 59_999, $0 + 60_000] }
            .map(WallTime.init)
        var outcomes: [Int: Outcome] = [:]
        for (index, time) in times.enumerated() {
            outcomes[index + 1] = Outcome(status: .ok, startedAt: time, finishedAt: time)
        }
        try write(EchoedInput(header: ["id"], cells: times.map { _ in ["1"] }), outcomes)
        let lines = try work.read("result.csv").split(separator: "\n").dropFirst()
        #expect(lines.map { $0.split(separator: ",").suffix(3) } == times.map { ["\($0)", "\($0)", "0"] })
    }

    @Test func formulasAreLeftAloneInJSON() throws {
        let row = PassThroughRow(row: 1, line: 1, content: .members(Array(#""id":1"#.utf8)), reason: nil)
        try write(EchoedInput(TableShape(format: .jsonl), rows: [row]), [1: Outcome(status: .failed, errmsg: "=1")])
        #expect(try work.read("result.jsonl").contains(#""errmsg":"=1""#))
    }

    @Test func jsonLinesKeepTheirMembersAndGetOneMore() throws {
        let rows = [
            PassThroughRow(
                row: 1, line: 1, content: .members(Array(#""id":5.0,"n":1e400"#.utf8)),
                reason: nil),
            PassThroughRow(row: 2, line: 4, content: .members([]), reason: "no JSON object"),
        ]
        try write(EchoedInput(TableShape(format: .jsonl, lineEnding: [0x0D, 0x0A]), rows: rows), [1: .fine])
        let text = try work.read("result.jsonl")
        #expect(
            text == """
                {"id":5.0,"n":1e400,"result":{"row":1,"line":1,"status":"ok","errcode":0,"errmsg":"SUCCESS",\
                "http_status":200,"error_class":null,"error":null,"attempts":1,\
                "started_at":"2026-11-23T21:00:00.007Z","finished_at":"2026-11-23T21:00:01.250Z","duration_ms":1243,\
                "verified":null}}\r
                {"result":{"row":2,"line":4,"status":"invalid","errcode":null,"errmsg":null,"http_status":null,\
                "error_class":"input","error":"no JSON object","attempts":0,"started_at":null,"finished_at":null,\
                "duration_ms":null,"verified":null}}\r

                """)
        for line in text.utf8.split(separator: 0x0A) { _ = try JSONValue(parsing: Array(line)) }
    }

    @Test("the result is written as the input was", arguments: [TableShape.Encoding.windows1252, .utf16LittleEndian])
    func encodings(encoding: TableShape.Encoding) throws {
        let shape = TableShape(
            format: .csv, encoding: encoding, hasByteOrderMark: encoding != .windows1252, lineEnding: [0x0D, 0x0A],
            delimiter: UInt8(ascii: ";"), hasSeparatorLine: true, header: [Array("naïve 😀".utf8)])
        let rows = (1...3000).map { row in
            PassThroughRow(row: row, line: row, content: .cells([Array("grün 😀 \(row)".utf8)]), reason: nil)
        }
        try write(EchoedInput(shape, rows: rows))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: work.file("result.csv")))
        let text = try #require(String(data: bytes, encoding: encoding == .windows1252 ? .utf8 : .utf16))
        let lines = text.replacing("\u{FEFF}", with: "").components(separatedBy: "\r\n")
        #expect(lines.count == 3003)
        #expect(lines[0] == "sep=;")
        #expect(lines[1].hasPrefix("naïve 😀;result.row;"))
        #expect(lines[3001].hasPrefix("grün 😀 3000;3000;3000;not_attempted;"))
    }

    @Test func sourceThatFailsLeavesTheEarlierResult() throws {
        struct Broken: PassThroughSource, Error {
            let shape = TableShape(format: .csv, header: [[0x61]])
            func forEachRow(_ body: (PassThroughRow) throws -> Void) throws { throw self }
        }
        try work.write("result.csv", "earlier")
        let writer = ResultWriter(outcomes: OutcomeStore(), unattempted: "")
        #expect(writer.write(Broken(), to: directory).failure is Broken)
        #expect(try work.read("result.csv") == "earlier")
        #expect(!FileManager.default.fileExists(atPath: work.file("result.csv.part")))
    }

    @Test func rowsAreCountedAlsoWhenThereIsNoResult() throws {
        var store = OutcomeStore()
        store.set(.fine, row: 2)
        let input = EchoedInput(header: ["id"], cells: [["1"], ["2"], ["3"]])
        try FileManager.default.createDirectory(atPath: work.file("result.csv"), withIntermediateDirectories: false)
        let writer = ResultWriter(outcomes: store, unattempted: "")
        for isGone in [false, true] {
            if isGone { try FileManager.default.removeItem(atPath: work.path) }
            let (rows, failure) = writer.write(input, to: directory)
            #expect(rows[.ok] == 1 && rows[.notAttempted] == 2)
            #expect((failure as? ToolError)?.kind == .broken)
            #expect(try isGone || work.read("result.csv.part").contains("\n2,2,3,ok,"))
        }
    }

    @Test func nameOfTheResultFollowsTheFormat() {
        #expect(ResultWriter.fileName(.csv) == "result.csv")
        #expect(ResultWriter.fileName(.jsonl) == "result.jsonl")
    }
}

@Suite struct OutcomeStoreTests {
    @Test("outcomes come back as they were put in", arguments: 0..<20 as Range<UInt64>)
    func roundTrip(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var expected: [Int: Outcome] = [:]
        var store = OutcomeStore()
        for _ in 0..<200 {
            let row = Int.random(in: 1...150, using: &generator)
            let outcome = Outcome.random(using: &generator)
            expected[row] = outcome
            store.set(outcome, row: row)
        }
        for row in 0...151 { #expect(sameBytes(store[row], expected[row])) }
    }

    /// Swift's strings are equal when they look the same, and so are outcomes that hold them.
    private func sameBytes(_ left: Outcome?, _ right: Outcome?) -> Bool {
        left == right && (left?.error ?? "").utf8.elementsEqual((right?.error ?? "").utf8)
            && (left?.errmsg ?? "").utf8.elementsEqual((right?.errmsg ?? "").utf8)
    }

    @Test(
        "an errcode that no PBX should send is kept as it is", arguments: [Int.min, -1, 0, .max, nil])
    func extremes(errcode: Int?) {
        var store = OutcomeStore()
        store.set(Outcome(status: .failed, errcode: errcode), row: 1)
        #expect(store[1]?.errcode == errcode)
    }

    @Test func tallyAddsUpToTheRows() {
        var generator = SeededGenerator(seed: 7)
        var tally = OutcomeTally()
        for _ in 0..<1000 { tally.count(.random(using: &generator)) }
        #expect(RowStatus.allCases.map { tally[$0] }.reduce(0, +) == 1000)
        #expect(tally.rows == 1000)
        #expect(tally.errcodes.values.reduce(0, +) < 1000)
    }
}
