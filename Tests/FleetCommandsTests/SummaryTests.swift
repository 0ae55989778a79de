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
            exitCode: 0, stoppedBy: nil, result: nil)
        return SummaryTable(summary, nil, in: "run", elapsed: elapsed, style: TextStyle(isColored: false))
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
                "status errcode meaning rows first line", "ok 0 SUCCESS 2", "failed - connect 1",
                "failed 40002 PARAMETER ERROR 1",
                "4 rows, 3 hosts, 7 requests, 2 of them retries, 2 hosts stopped, 1 host", "unreachable in 1234ms",
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

    private static func progress(
        _ outcomes: [Outcome], of rows: Int, resumed: Int = 0, hosts: (Int, Int) = (0, 0), of hostCount: Int = 3,
        until end: String? = nil, elapsed: Duration = .seconds(4)
    ) -> ProgressLine {
        ProgressLine(
            tally: tally(outcomes), scope: ProgressLine.Scope(rows: rows, hosts: hostCount, windowEnd: end),
            resumed: resumed, hosts: hosts, elapsed: elapsed)
    }

    @Test func progressCountsWhatIsDoneAndWhatIsLeft() {
        let outcomes = [Outcome(status: .ok), Outcome(status: .ok), Outcome(status: .failed)]
        let line = Self.progress(outcomes, of: 9, resumed: 1, hosts: (1, 0))
        #expect(line.text() == "3/9 rows  ok 2  failed 1  0.5 rows/s  hosts 1/3  eta 12s")
        let fields = line.fields.map { "\($0.key) \($0.value.integer ?? -1)" }
        #expect(
            fields == [
                "done 3", "rows 9", "ok 2", "failed 1", "hosts_done 1", "hosts 3", "hosts_down 0", "eta_s 12",
            ])
    }

    @Test(
        "the line fits the terminal, and what matters most stays longest",
        arguments: [
            (200, "214/1200 rows  ok 209  failed 5  53 rows/s  hosts 31/180 (2 down)  eta 18s  window ends 02:00"),
            (80, "214/1200 rows  ok 209  failed 5  53 rows/s  hosts 31/180 (2 down)  eta 18s"),
            (60, "214/1200 rows  ok 209  failed 5  53 rows/s  eta 18s"),
            (40, "214/1200 rows  ok 209  failed 5  eta 18s"), (39, "214/1200 rows  failed 5  eta 18s"),
            (24, "214/1200 rows  failed 5"), (20, "214/1200 rows"), (8, "214/1200"), (0, ""),
        ])
    func progressFits(width: Int, expected: String) {
        let outcomes =
            Array(repeating: Outcome(status: .ok), count: 209) + Array(repeating: Outcome(status: .failed), count: 5)
        let line = Self.progress(outcomes, of: 1200, hosts: (31, 2), of: 180, until: "02:00")
        #expect(line.text(width: width) == expected)
        let colored = line.text(width: width, style: TextStyle(isColored: true))
        #expect(colored.replacing(/\u{1B}\[[0-9]*m/, with: "") == expected)
        #expect(colored.contains("\u{1B}[31mfailed 5\u{1B}[0m") == expected.contains("failed 5"))
    }

    @Test func nothingIsForeseenBeforeTheFirstRowAndAfterTheLast() {
        #expect(Self.progress([], of: 9).text() == "0/9 rows  0.0 rows/s  hosts 0/3")
        let all = Self.progress([Outcome(status: .ok)], of: 1, hosts: (3, 0), elapsed: .zero)
        #expect(all.text() == "1/1 row  ok 1  1000 rows/s  hosts 3/3")
    }

    @Test(
        arguments: [
            (["run", "a b.csv", "--jobs", "8"], "certfleet run 'a b.csv' --jobs 8 --out d --resume"),
            (["run", "a.csv", "--out", "x", "--resume", "-v"], "certfleet run a.csv -v --out d --resume"),
            (["run", "a.csv", "--out=x"], "certfleet run a.csv --out d --resume"), (["run", "-"], nil),
            (["run", "a.csv", "--set", "client_secret=***"], nil),
            (
                ["run", "--window-end", "2026-11-24T05:30:00+01:00", "a.csv", "-v"],
                "certfleet run a.csv -v --window-end HH:MM --out d --resume"
            ),
            (
                ["run", "a.csv", "--window-end=2026-11-24T04:35:00Z"],
                "certfleet run a.csv --window-end HH:MM --out d --resume"
            ),
            (
                ["run", "a.csv", "--window-end", "2026-11-25T05:30:00+01:00"],
                "certfleet run a.csv --window-end 2026-11-25T05:30:00+01:00 --out d --resume"
            ),
            (["run", "a.csv", "--window-end", "05:30"], "certfleet run a.csv --window-end 05:30 --out d --resume"),
        ])
    func theCommandThatGoesOnIsNamed(arguments: [String], expected: String?) {
        // 2026-11-24T04:30:00Z.
        let now = WallTime(milliseconds: 1_795_494_600_000)
        #expect(Invocation.resuming(arguments, in: "d", at: now).map(CommandLineText.of) == expected)
    }

    @Test(
        arguments: [
            (["run", "a.csv", "--undo", "-j4"], false, "undo d -o d/back.csv"),
            (["run", "a.csv", "--undo"], true, "undo d --credentials FILE -o d/back.csv"),
            (["run", "a.csv", "--credentials=c", "--verify"], true, "undo d --credentials=c -o d/back.csv"),
            (
                ["run", "--cacert", "ca.pem", "a.csv", "--insecure", "--out", "x", "--allow-plain-http"], false,
                "undo d --cacert ca.pem --insecure --allow-plain-http -o d/back.csv"
            ),
        ])
    func theCommandThatPutsBackIsNamed(arguments: [String], lacksCredentials: Bool, expected: String) {
        let command = Invocation.undoing(arguments, in: "d", lacksCredentials: lacksCredentials)
        #expect(CommandLineText.of(command) == "certfleet \(expected)")
    }

    @Test func aLongSentenceIsFoldedWithinEightyColumns() {
        let sentence = (1...40).map { "word\($0)" }.joined(separator: " ")
        let lines = folded(sentence, indents: ("- ", "    "))
        #expect(lines.count == 4 && lines.allSatisfy { $0.count <= 80 }, "\(lines)")
        #expect(lines[0].hasPrefix("- word1 ") && lines[1].hasPrefix("    word"))
        #expect(lines.flatMap { $0.split(separator: " ") }.joined(separator: " ") == "- \(sentence)")
        #expect(folded("one \u{1B}[31m") == ["one \\u{1b}[31m"])
    }
}
