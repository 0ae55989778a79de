import FleetModel
import JSONText
import Platform
import RunRecord
import Testing

@testable import FleetCommands

/// What is said of a run while it goes on and when it is over.
@Suite struct SummaryTests {
    private static func tally(_ outcomes: [Outcome]) -> OutcomeTally {
        var tally = OutcomeTally()
        for outcome in outcomes { tally.count(outcome) }
        return tally
    }

    private static func table(
        _ outcomes: [Outcome], hosts: RunSummary.Hosts, requests: Int, retries: Int, elapsed: Duration = .seconds(1)
    ) -> SummaryTable {
        let start = WallTime(milliseconds: 0)
        let input = InputIdentity(path: "fleet.csv", sha256: SHA256.digest(of: []), rows: outcomes.count)
        let summary = RunSummary(
            run: RunHeader(runID: "run-1", version: "0.1.0", input: input, startedAt: start), finishedAt: start,
            rows: tally(outcomes), hosts: hosts, requests: requests, retries: retries, resumed: 0, latency: nil,
            exitCode: 0, stoppedBy: nil)
        return SummaryTable(summary, elapsed: elapsed, style: TextStyle(isColored: false))
    }

    @Test func theTableHasALineForEachGroupTheGravestLast() {
        let outcomes = [
            Outcome(status: .failed, errcode: 40002, errorClass: .api), Outcome(status: .ok, errcode: 0),
            Outcome(status: .failed, errorClass: .connect), Outcome(status: .ok, errcode: 0),
        ]
        let hosts = RunSummary.Hosts(total: 3, stopped: 2, unreachable: 1)
        let text = Self.table(outcomes, hosts: hosts, requests: 7, retries: 2, elapsed: .milliseconds(1234)).text
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        #expect(
            lines == [
                "status errcode meaning rows", "ok 0 SUCCESS 2", "failed - connect 1",
                "failed 40002 PARAMETER ERROR 1",
                "4 rows, 3 hosts, 7 requests, 2 of them retries, 2 hosts stopped, 1 host unreachable in 1234ms",
            ])
    }

    @Test func groupsThatWouldLookTheSameAreOneLine() {
        let outcomes = [
            Outcome(status: .failed, errcode: 40002, errorClass: .api),
            Outcome(status: .failed, errcode: 40002, errorClass: .auth),
        ]
        let hosts = RunSummary.Hosts(total: 2, stopped: 0, unreachable: 0)
        let lines = Self.table(outcomes, hosts: hosts, requests: 2, retries: 0).text.split(separator: "\n")
        #expect(lines.count == 3 && lines[1].hasSuffix(" 2") && lines[1].contains("PARAMETER ERROR"), "\(lines)")
    }

    @Test func oneIsOne() {
        let hosts = RunSummary.Hosts(total: 1, stopped: 1, unreachable: 0)
        let table = Self.table([Outcome(status: .ok, errcode: 0)], hosts: hosts, requests: 1, retries: 1)
        #expect(table.footer == "1 row, 1 host, 1 request, 1 of them a retry, 1 host stopped in 1s")
    }

    @Test func progressCountsWhatIsDoneAndWhatIsLeft() {
        let tally = Self.tally([Outcome(status: .ok), Outcome(status: .ok), Outcome(status: .failed)])
        let line = ProgressLine(tally: tally, rows: 9, resumed: 1, elapsed: .seconds(4))
        #expect(line.text == "3/9 ok 2 failed 1 | 0.5 rows/s | eta 12s")
        let fields = line.fields.map { "\($0.key) \($0.value.integer ?? -1)" }
        #expect(fields == ["done 3", "rows 9", "ok 2", "failed 1", "eta_s 12"])
    }

    @Test func nothingIsForeseenBeforeTheFirstRowAndAfterTheLast() {
        let none = ProgressLine(tally: OutcomeTally(), rows: 9, resumed: 0, elapsed: .seconds(4))
        #expect(none.text == "0/9 | 0.0 rows/s")
        let all = ProgressLine(tally: Self.tally([Outcome(status: .ok)]), rows: 1, resumed: 0, elapsed: .zero)
        #expect(all.text == "1/1 ok 1 | 1000 rows/s")
    }
}
