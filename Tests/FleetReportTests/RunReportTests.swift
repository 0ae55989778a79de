import FleetInput
import FleetModel
import Foundation
import JSONText
import Platform
import RunRecord
import TestSupport
import Testing

@testable import FleetReport

@Suite struct RunReportTests {
    private let work: WorkDirectory

    init() throws {
        work = try WorkDirectory()
    }

    /// Each row as `row status`, in the report's order.
    private func results(_ directories: [String]) throws -> [String] {
        let json = try JSONValue(parsing: RunReport(of: directories, listsAllRows: true).json)
        guard case .array(let rows)? = json["results"] else { return [] }
        return rows.map { "\($0["row"]?.integer ?? 0) \($0["status"]?.text ?? "")" }
    }

    @Test func aFinishedRunIsWhatItsResultSays() throws {
        let rows = [
            RecordedRow.make(1), .make(2, .failed, errcode: 60001, .api, "no such certificate", site: "Oslo"),
            .make(3, .skipped, .hostStopped, "its host was stopped"), .make(4, .invalid, .input, "no id"),
        ]
        let report = try RunReport(of: [RunFiles(rows).write("run", in: work)])
        #expect(report.tally.rows == 4)
        #expect(RowStatus.allCases.map { report.tally[$0] } == [1, 0, 1, 0, 1, 1, 0])
        #expect(report.tally.bad > 0)
        #expect(report.details.rows.map(\.order.row) == [2, 3, 4])
        #expect(report.details.rows[0].own.map { "\($0.name)=\($0.value)" } == ["site=Oslo"])
        #expect(report.details.columns == ["site"])
        #expect(report.requests == 4)
        #expect(report.latency?.p95 == .milliseconds(9))
        #expect(report.runs[0].header.arguments == ["run", "fleet.csv"])
    }

    @Test func aRunThatWasKilledIsToldAsFarAsItsLedgerTells() throws {
        let done = [RecordedRow.make(1), .make(5, .failed, .connect, "the connection was refused")]
        let path = try RunFiles(done, of: 10).writeLedger("run", in: work, open: [.make(3)])
        let file = try #require(FileHandle(forWritingAtPath: "\(path)/ledger.jsonl"))
        try file.seekToEnd()
        // A torn line says nothing.
        file.write(Data(#"{"event":"done","row":3,"key":"0000000000000000000000000000"#.utf8))
        let report = try RunReport(of: [path], listsAllRows: true)
        #expect(report.runs[0].state == .brokenOff)
        #expect(RowStatus.allCases.map { report.tally[$0] } == [1, 0, 1, 1, 0, 0, 7])
        #expect(report.tally.rows == 10)
        #expect(report.requests == nil)
        #expect(report.details.rows.map(\.order.row) == [3, 5])
        #expect(report.causes.map(\.rows).reduce(0, +) == 9)
        #expect(!ReportPage(report, version: "1").bytes.isEmpty)
    }

    @Test func aRowThatAnEarlierRunLeftInDoubtIsUnknownUntilThatIsSettled() throws {
        let path = try RunFiles([], of: 4).writeLedger("run", in: work, open: (1...4).map { .make($0) })
        var later = RunFiles([.make(1), .make(2, .failed, .connect, "refused")], of: 4)
        later.start = RunFiles.start + .seconds(600)
        let other = try later.writeLedger("later", in: work, open: [.make(3)])
        let file = try #require(FileHandle(forWritingAtPath: "\(path)/ledger.jsonl"))
        try file.seekToEnd()
        file.write(try #require(FileManager.default.contents(atPath: "\(other)/ledger.jsonl")))
        let report = try RunReport(of: [path], listsAllRows: true)
        #expect(report.tally[.ok] == 1 && report.tally[.unknown] == 3)
        let errors = Dictionary(uniqueKeysWithValues: report.details.rows.map { ($0.order.row, $0.outcome.error) })
        #expect(errors[2] == "refused; an earlier run may have made the edit")
        // The last run sent it.
        #expect(errors[3] == "the edit may have been sent, and the run broke off before an answer was noted")
        #expect(errors[4] == "an earlier run may have made the edit, and it was not sent again")
    }

    @Test func aSummaryOfAnEarlierRunIsNotTheLastOnes() throws {
        let path = try RunFiles([.make(1), .make(2, .failed, .connect, "refused")]).write("run", in: work)
        var later = RunFiles([.make(2)], of: 2)
        later.start = RunFiles.start + .seconds(600)
        let other = try later.writeLedger("later", in: work)
        let ledger = FileManager.default.contents(atPath: "\(other)/ledger.jsonl") ?? Data()
        let first = RunFiles([.make(1), .make(2, .failed, .connect, "refused")])
        try first.writeLedger("run", in: work)
        let file = try #require(FileHandle(forWritingAtPath: "\(path)/ledger.jsonl"))
        try file.seekToEnd()
        file.write(ledger)
        let report = try RunReport(of: [path])
        #expect(report.runs[0].headers.count == 2)
        #expect(report.runs[0].state == .brokenOff)
        #expect(report.tally[.ok] == 2)
    }

    @Test func shardsTogetherAreTheRunInInputOrder() throws {
        let statuses: [RowStatus] = [.ok, .failed, .noChange, .unknown, .skipped]
        let rows = (1...60).map { RecordedRow.make($0, statuses[$0 % 5], $0 % 5 == 1 ? .connect : nil, "x") }
        let whole = try RunFiles(rows).write("whole", in: work)
        let shards = try (0..<4).map { shard in
            var files = RunFiles(rows.filter { ($0.row * 7) % 4 == shard })
            files.arguments = ["run", "fleet.csv", "--shard", "\(shard + 1)/4"]
            return try files.write("shard\(shard)", in: work)
        }
        #expect(try results(shards.reversed()) == results([whole]))
        let (one, all) = (try RunReport(of: [whole]), try RunReport(of: shards))
        #expect(all.tally.rows == 60)
        #expect(all.tally.groups == one.tally.groups)
        #expect(all.hosts.total == one.hosts.total)
        #expect(all.requests == 60)
        #expect(all.latency?.buckets == one.latency?.buckets)
        #expect(all.details.rows.map(\.order.row) == one.details.rows.map(\.order.row))
    }

    @Test func ofARowThatTwoWindowsSpeakOfTheOneCountsThatTriedItLast() throws {
        let first = try RunFiles([
            .make(1, after: 10), .make(2, .failed, .connect, "refused", after: 20),
            .make(3, .notAttempted, .runStopped, "window"),
            .make(4, after: 30),
        ]).write("first", in: work)
        var files = RunFiles([
            .make(1, .failed, .api, "refused now", after: 86_400_000), .make(2, after: 86_400_100),
            .make(3, after: 86_400_200),
            .make(4, .notAttempted, .runStopped, "window"),
        ])
        files.start = RunFiles.start + .seconds(86_000)
        let second = try files.write("second", in: work)
        #expect(try results([second, first]) == ["1 failed", "2 ok", "3 ok", "4 ok"])
        // The same rows in another input, sorted otherwise.
        files.input = "sorted.csv"
        files.rows = [3, 1, 2, 4].enumerated().map { place, row in
            var moved = files.rows[row - 1]
            moved.row = place + 1
            return moved
        }
        let sorted = try files.write("sorted", in: work)
        #expect(try results([first, sorted]) == ["1 failed", "2 ok", "3 ok", "4 ok"])
        // As far as its ledger tells.
        let killed = try files.writeLedger("killed", in: work)
        #expect(try results([first, killed]) == ["1 failed", "2 ok", "3 ok", "4 ok"])
        #expect(try RunReport(of: [first, killed]).tally.rows == 4)
    }

    @Test func aRowThatAnotherPartLeavesOutKeepsItsVerdict() throws {
        var one = RunFiles([
            .make(1), .make(2, .invalid, .input, "no id"), .make(3, .notAttempted, .runStopped, "left out by --shard"),
        ])
        one.arguments += ["--shard", "1/2"]
        var two = RunFiles([
            .make(1, .notAttempted, .runStopped, "left out by --shard"),
            .make(2, .notAttempted, .runStopped, "left out by --shard"), .make(3),
        ])
        two.arguments += ["--shard", "2/2"]
        two.start = RunFiles.start + .seconds(60)
        let directories = [try one.write("one", in: work), try two.write("two", in: work)]
        #expect(try results(directories) == ["1 ok", "2 invalid", "3 ok"])
    }

    @Test func aShardThatWasKilledLeavesItsRowsUntold() throws {
        let (first, second) = try (hosts(ofShard: "1/2"), hosts(ofShard: "2/2"))
        var one = RunFiles([.make(1, host: first[0]), .make(2, host: first[1])])
        one.arguments += ["--shard", "1/2"]
        var two = RunFiles([.make(3, host: second[0])], of: 5)
        two.arguments += ["--shard", "2/2"]
        let report = try RunReport(of: [one.write("one", in: work), two.writeLedger("two", in: work)])
        #expect(report.tally.rows == 7)
        #expect(report.tally[.notAttempted] == 4)
        // The second window of the same rows.
        let again = try RunReport(of: [
            RunFiles([.make(1), .make(2)], of: 3).writeLedger("a", in: work),
            RunFiles([.make(3)], of: 3).writeLedger("b", in: work),
        ])
        #expect(again.tally.rows == 3)
        #expect(again.tally.bad == 0)
    }

    /// Names of hosts that fall to a shard.
    private func hosts(ofShard shard: String) throws -> [String] {
        let selection = try #require(Selection([], shard: Shard(shard)))
        return (1...40).map { "pbx\($0).example.com" }.filter { selection.includes(host: $0) }
    }

    @Test func whatOthersListIsNotLeftOfARunThatWasKilled() throws {
        let (first, second) = try (hosts(ofShard: "1/2"), hosts(ofShard: "2/2"))
        let rows = (first.prefix(3) + second.prefix(2)).enumerated().map { RecordedRow.make($0 + 1, host: $1) }
        func files(_ rows: ArraySlice<RecordedRow>, of count: Int, _ arguments: String...) -> RunFiles {
            var files = RunFiles(Array(rows), of: count)
            files.arguments += arguments
            return files
        }
        let whole = try files(rows[..<2], of: 5).writeLedger("whole", in: work)
        let one = try files(rows[..<3], of: 3, "--shard", "1/2").write("one", in: work)
        let two = try files(rows[3...], of: 2, "--shard", "2/2").write("two", in: work)
        let brokenOne = try files(rows[..<1], of: 3, "--shard", "1/2").writeLedger("broken", in: work)
        let some = try files(rows[..<5], of: 5, "--only", "pbx*").write("some", in: work)
        for (directories, untold) in [
            ([whole, one, two], 0), ([whole, one], 2), ([whole, brokenOne], 3), ([brokenOne, two], 2),
            ([brokenOne, two, some], 0),
        ] {
            let report = try RunReport(of: directories)
            #expect(report.tally.rows == 5 && report.tally[.notAttempted] == untold, "\(directories)")
            #expect(report.gap == nil, "\(directories)")
        }
        // A row whose host cannot be read is in the first shard.
        let bad = RecordedRow.make(6, host: "pbx1.example.com:99999", .invalid, .input, "no such port")
        let all = try files(rows[...] + [bad], of: 6).write("all", in: work)
        let brokenWithBad = try files(rows[..<1], of: 4, "--shard", "1/2").writeLedger("brokenWithBad", in: work)
        #expect(try RunReport(of: [all, brokenWithBad]).tally.rows == 6)
        let four = try files(rows[..<1], of: 1, "--shard", "1/4").write("four", in: work)
        #expect(try RunReport(of: [one, two, four]).gap == nil)
        #expect(try RunReport(of: [one, four]).gap == nil)
        let twoOfFour = try files(rows[1..<2], of: 1, "--shard", "2/4").write("twoOfFour", in: work)
        #expect(try RunReport(of: [one, four, twoOfFour]).gap?.hasPrefix("shards 3/4, 4/4 are missing") == true)
    }

    @Test func equalFailuresAreFoldedOverHosts() throws {
        let rows = (1...9).map { row in
            let host = "pbx\(row).example.com:8088"
            let error =
                row < 7
                ? "the connection to \(host) was refused"
                : "the key of 192.0.2.\(row) is sha256//\(String(repeating: "\(row)", count: 43))=, which is not trusted"
            return RecordedRow.make(row, host: host, .failed, row < 7 ? .connect : .tls, error)
        }
        let more = [
            RecordedRow.make(10, .invalid, .input, "column 'id': '5x' is no whole number"),
            .make(11, .invalid, .input, "column 'id': '7y' is no whole number"),
        ]
        let report = try RunReport(of: [RunFiles(rows + more).write("run", in: work)])
        #expect(
            report.causes.map { "\($0.rows) \($0.hosts) \($0.sentence) \($0.firstLines)" } == [
                "6 6 the connection to the PBX was refused [2, 3, 4]",
                "3 3 the key of the PBX is sha256//…, which is not trusted [8, 9, 10]",
                "2 2 column 'id': '…' is no whole number [11, 12]",
            ])
    }

    @Test func whatIsNoRunIsRefused() throws {
        try work.write("file", "")
        for path in [work.file("none"), work.file("file"), work.path] {
            #expect {
                try RunReport(of: [path])
            } throws: { error in
                (error as? ToolError)?.kind == .usage
            }
        }
    }

    @Test func slicesOfTimeGrowWithTheRun() {
        var timeline = Timeline()
        for second in 0..<20_000 {
            timeline.count(WallTime(milliseconds: Int64(second) * 1000), isGood: second % 10 > 0)
        }
        let shown = timeline.evenly(atMost: 96)
        #expect((48...96).contains(shown.slices.count))
        #expect(shown.slices.reduce(0) { $0 + $1.good } == 18_000)
        #expect(shown.slices.reduce(0) { $0 + $1.bad } == 2000)
        #expect(shown.start.milliseconds == 0)
    }
}
