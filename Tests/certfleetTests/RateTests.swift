import Foundation
import PBXSimulator
import TestSupport
import Testing

/// That rates slow a run down, with the built binary; how exactly they hold is measured elsewhere.
@Suite(.sideBySide) struct RateTests {
    /// `n` requests at a rate take at least `n - 1` of its intervals, because none is saved up at the start.
    @Test(arguments: [("--rate", "20/s", 11, 50), ("--rate", "1200/m", 11, 50), ("--rate-per-host", "10/s", 3, 100)])
    func everyRequestOfTheRunCounts(flag: String, rate: String, intervals: Int, milliseconds: Int) throws {
        // A login, two edits and a logout on each host.
        let fleet = try Fleet(hosts: 3, edits: 2)
        defer { try? fleet.simulator.stop() }
        let run = try FinishedRun(fleet.logins, flag, rate)
        #expect(run.status == 0 && run.requests == 12)
        #expect(try Self.duration(of: run) >= .milliseconds(intervals * milliseconds))
    }

    @Test func aRetryAndARenewalCountToo() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let edit = Endpoint.certificateUpdate
        fleet.simulator.set([.status(503, at: edit, times: 2), .errcode(10004, at: edit, times: 1)], on: 1)
        let run = try FinishedRun(fleet.logins, "--rate-per-host", "10/s", "--retry-delay", "1ms")
        // Two logins, four edits of which two are read back, a logout.
        #expect(run.statuses == ["ok"] && run.attempts == ["4"] && run.requests == 9)
        #expect(try Self.duration(of: run) >= .milliseconds(800))
    }

    /// From before the first request until after the last, by the run's own clock.
    private static func duration(of run: FinishedRun) throws -> Duration {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let moments = try ["started_at", "finished_at"].map { key in
            try #require((run.summary[key] as? String).flatMap { formatter.date(from: $0) })
        }
        return .seconds(moments[1].timeIntervalSince(moments[0]))
    }
}
