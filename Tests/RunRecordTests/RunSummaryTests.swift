import Platform
import JSONText
import FleetModel
import RunRecord
import TestSupport
import Testing

@Suite struct RunSummaryTests {
    private func summary(_ outcomes: [Outcome], latency: LatencySummary? = nil) -> RunSummary {
        var tally = OutcomeTally()
        for outcome in outcomes { tally.count(outcome) }
        return RunSummary(
            run: .make(rows: outcomes.count), finishedAt: WallTime(milliseconds: 1_795_467_660_042), rows: tally,
            hosts: RunSummary.Hosts(total: 3, stopped: 1, unreachable: 1), requests: 9, retries: 2, resumed: 1,
            latency: latency, exitCode: 2, stoppedBy: nil, result: "result.csv")
    }

    @Test func summaryIsReadableAndComplete() throws {
        let work = try WorkDirectory()
        let latency = LatencySummary(
            p50: .microseconds(12_345), p95: .milliseconds(20), p99: .microseconds(7), max: .seconds(600),
            buckets: LatencyBuckets { _, bound in [1500: 1, 7_000_000: 2, 600_000_000: 6][bound] ?? 0 })
        let summary = summary(
            [.fine, .fine, Outcome(status: .failed, errcode: 40002), Outcome(status: .unknown, errcode: -2)],
            latency: latency)
        try summary.write(to: RunDirectory(path: work.path, for: .newRun))
        #expect(
            try work.read("summary.json") == """
                {
                  "run_id": "run-1",
                  "version": "0.1.0",
                  "input": {"path":"fleet.csv","sha256":"\(SHA256.digest(of: Array("abc".utf8)))","rows":4},
                  "arguments": ["run","fleet.csv"],
                  "started_at": "2026-11-23T21:00:00.000Z",
                  "finished_at": "2026-11-23T21:01:00.042Z",
                  "counts": {"ok":2,"no_change":0,"failed":1,"unknown":1,"invalid":0,"skipped":0,"not_attempted":0},
                  "errcodes": {"-2":1,"0":2,"40002":1},
                  "hosts": {"total":3,"stopped":1,"unreachable":1},
                  "requests": 9,
                  "retries": 2,
                  "resumed": 1,
                  "latency_ms": {"p50":12.345,"p95":20.000,"p99":0.007,"max":600000.000},
                  "latency_buckets": {"1.5":1,"7000":2,"70000":6},
                  "exit_code": 2,
                  "stopped_by": null,
                  "result": "result.csv"
                }

                """)
    }

    @Test func runWithoutRequestsHasNoLatency() throws {
        let json = try JSONValue(parsing: summary([]).json)
        #expect(json["latency_ms"]?["p50"] == .null)
        #expect(json["latency_ms"]?["max"] == .null)
    }

    @Test(
        "a run is worth an undo when an edit of it may have changed something",
        arguments: [
            (Outcome(status: .ok, errcode: 0), true), (Outcome(status: .unknown, errorClass: .timeout), true),
            (Outcome(status: .failed, errcode: 0, errorClass: .verify), true),
            (Outcome(status: .failed, errcode: 1, errorClass: .api, attempts: 1), true),
            (Outcome(status: .failed, errcode: -2, errorClass: .api, attempts: 1), true),
            // What was answered to a call that reads.
            (Outcome(status: .failed, errcode: -2, errorClass: .api), false),
            (Outcome(status: .failed, errcode: 40002, errorClass: .api, attempts: 1), false),
            (Outcome(status: .failed, errcode: -2, errorClass: .auth), false), (Outcome(status: .noChange), false),
            (Outcome(status: .skipped, errorClass: .hostStopped), false),
        ])
    func traces(outcome: Outcome, isWorthAnUndo: Bool) {
        var tally = OutcomeTally()
        #expect(!tally.mayHaveChangedSomething)
        tally.count(outcome)
        #expect(tally.mayHaveChangedSomething == isWorthAnUndo)
    }

    @Test func stopIsNamed() throws {
        var summary = summary([])
        summary.stoppedBy = "signal"
        #expect(try JSONValue(parsing: summary.json)["stopped_by"] == .string("signal"))
    }

    @Test("counts add up to the rows whatever became of them", arguments: 1...20 as ClosedRange<UInt64>)
    func counts(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let outcomes = (0..<Int.random(in: 0...50, using: &generator)).map { _ in Outcome.random(using: &generator) }
        let json = try JSONValue(parsing: summary(outcomes).json)
        let counts = try RowStatus.allCases.map { try #require(json["counts"]?[$0.rawValue]?.integer) }
        #expect(counts.reduce(0, +) == Int64(outcomes.count))
        #expect(json["input"]?["rows"]?.integer == Int64(outcomes.count))
    }
}
