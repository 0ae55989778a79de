import Foundation
import PBXSimulator
import TestSupport
import Testing

/// Which requests are made again and how often, with the built binary.
@Suite(.sideBySide) struct RetryTests {
    private static let quick = ["--retry-delay", "10ms", "--timeout", "2s"]

    /// What may go better a little later, each on a PBX of its own.
    private static func temporary(at endpoint: Endpoint, times: Int?) -> [Fault] {
        [
            .errcode(-2, at: endpoint, times: times), .errcode(70082, at: endpoint, times: times),
            .status(429, at: endpoint, times: times), .status(500, at: endpoint, times: times),
            .status(503, at: endpoint, times: times), .reset(at: endpoint, times: times),
            .dropAfterReading(at: endpoint, times: times),
        ]
    }

    private static func fleet(_ faults: [Fault], edits: Int = 1) throws -> Fleet {
        let fleet = try Fleet(hosts: faults.count, edits: edits)
        for (host, fault) in zip(fleet.simulator.hosts, faults) {
            fleet.simulator.setUnreadable([fault], on: host.number)
        }
        return fleet
    }

    @Test func anEditThatMayGoBetterIsSentAgainUntilItDoes() throws {
        let once: [Fault] = [.silence(at: .certificateUpdate, times: 1), .dropBeforeReading(times: 1)]
        let fleet = try Self.fleet(Self.temporary(at: .certificateUpdate, times: 2) + once)
        defer { try? fleet.simulator.stop() }
        let run = try FinishedRun(fleet.withoutLogin, Self.quick + ["--retries", "2"])
        #expect(run.status == 0, "\(run.sentences)")
        #expect(Array(run.attempts.dropLast()) == Array(repeating: "3", count: 7) + ["2"])
        // Whether the first one's body had left when the connection was closed is a matter of luck.
        #expect(["1", "2"].contains(run.attempts[8]))
        let readings = fleet.simulator.record.of(.certificateGet).count
        #expect(run.retries == 16 && run.requests == 25 + readings && readings >= 9)
    }

    @Test(arguments: [0, 1, 3])
    func aRetryableEditIsSentOnceMoreForEachRetry(retries: Int) throws {
        let fleet = try Self.fleet(Self.temporary(at: .certificateUpdate, times: nil))
        defer { try? fleet.simulator.stop() }
        let run = try FinishedRun(fleet.withoutLogin, Self.quick + ["--retries", "\(retries)"])
        #expect(run.statuses == ["failed", "failed", "failed", "unknown", "unknown", "unknown", "unknown"])
        #expect(run.errcodes == ["-2", "70082", "", "", "", "", ""])
        #expect(run.attempts == Array(repeating: "\(retries + 1)", count: 7))
        for host in fleet.simulator.hosts {
            #expect(fleet.requests(.certificateUpdate, on: host.number) == retries + 1)
        }
        #expect(run.status == 2 && run.retries == 7 * retries)
    }

    @Test func anErrcodeThatIsNotTemporaryIsFinal() throws {
        let codes = [
            -1, 1, 10001, 10002, 10003, 10009, 40001, 40002, 40003, 40004, 60001, 60002, 70084, 12345,
        ]
        let fleet = try Self.fleet(codes.map { .errcode($0, at: .certificateUpdate) }, edits: 2)
        defer { try? fleet.simulator.stop() }
        let run = try FinishedRun(fleet.withoutLogin, Self.quick + ["--retries", "5"])
        #expect(run.errcodes == (codes + codes).map(String.init))
        #expect(Set(run.statuses) == ["failed"] && Set(run.classes) == ["api"] && Set(run.attempts) == ["1"])
        #expect(run.retries == 0 && run.requests == 2 * codes.count)
    }

    @Test func aLoginThatMayGoBetterIsMadeAgain() throws {
        let fleet = try Self.fleet(Self.temporary(at: .getToken, times: 1) + [.silence(at: .getToken, times: 1)])
        defer { try? fleet.simulator.stop() }
        let run = try FinishedRun(fleet.logins, Self.quick + ["--retries", "1"])
        #expect(run.status == 0, "\(run.sentences)")
        #expect(Set(run.attempts) == ["1"] && run.retries == 8)
        for host in fleet.simulator.hosts { #expect(fleet.requests(.getToken, on: host.number) == 2) }
    }

    @Test func aLoginThatMayHaveArrivedStopsTheHostWhenItsRetriesAreUsedUp() throws {
        let fleet = try Self.fleet([.status(503, at: .getToken, times: 2), .reset(at: .getToken, times: 2)], edits: 2)
        defer { try? fleet.simulator.stop() }
        let run = try FinishedRun(fleet.logins, Self.quick + ["--retries", "1"])
        #expect(run.statuses == ["failed", "failed", "skipped", "skipped"], "\(run.sentences)")
        #expect(run.classes == ["protocol", "protocol", "host_stopped", "host_stopped"])
        for host in fleet.simulator.hosts { #expect(fleet.requests(.getToken, on: host.number) == 2) }
    }

    @Test func aLoginThatWasAnsweredIsNeverMadeAgain() throws {
        let answers: [Fault] = [
            .errcode(40002, at: .getToken), .errcode(-1, at: .getToken), .errcode(60002, at: .getToken),
            .garbage(at: .getToken), .truncated(at: .getToken), .status(404, at: .getToken),
            .answer(status: 302, headers: [("Location", "/")], body: "", at: .getToken),
            .answer(body: #"{"errcode":0,"errmsg":"SUCCESS"}"#, at: .getToken),
        ]
        let fleet = try Self.fleet(answers, edits: 2)
        defer { try? fleet.simulator.stop() }
        let run = try FinishedRun(fleet.logins, Self.quick + ["--retries", "5"])
        let count = answers.count
        #expect(run.statuses == Array(repeating: "failed", count: count) + Array(repeating: "skipped", count: count))
        #expect(run.classes.prefix(count).allSatisfy { $0 == "auth" }, "\(run.classes)")
        #expect(run.errcodes.prefix(count) == ["40002", "-1", "60002", "", "", "", "", ""])
        #expect(Set(run.attempts) == ["0"] && run.requests == count && run.retries == 0)
        for host in fleet.simulator.hosts { #expect(fleet.simulator.requests(on: host.number) == 1) }
    }

    @Test func whatThePBXAsksForIsWaited() throws {
        let fleet = try Self.fleet([.status(503, retryAfter: "1", at: .certificateUpdate, times: 1)])
        defer { try? fleet.simulator.stop() }
        let run = try FinishedRun(fleet.withoutLogin, "--retry-delay", "1ms")
        let edits = fleet.simulator.record.of(.certificateUpdate)
        #expect(run.status == 0 && edits.count == 2)
        #expect(edits[1].started - edits[0].ended >= .seconds(1))
    }

    /// A retry that a PBX puts off until after the window is not waited for; one that it does not put off is made.
    @Test(arguments: [nil, "20", "date"])
    func bothFormsOfRetryAfterPutARetryOff(form: String?) throws {
        let value = form == "date" ? Self.date(ahead: 25) : form
        let fleet = try Self.fleet([.status(503, retryAfter: value, at: .certificateUpdate)])
        defer { try? fleet.simulator.stop() }
        let run = try FinishedRun(
            fleet.withoutLogin, "--retries", "1", "--retry-delay", "1ms", "--timeout", "30s", "--max-duration", "45s")
        #expect(run.statuses == ["unknown"] && run.status == 2)
        #expect(run.attempts == [form == nil ? "2" : "1"])
    }

    @Test func anExpiredTokenIsRenewedOnceForEachRow() throws {
        let fleet = try Self.fleet(
            [.errcode(10004, at: .certificateUpdate, times: 1), .errcode(10004, at: .certificateUpdate)], edits: 2)
        defer { try? fleet.simulator.stop() }
        let run = try FinishedRun(fleet.logins, Self.quick)
        #expect(run.statuses == ["ok", "failed", "ok", "failed"], "\(run.sentences)")
        #expect(run.errcodes == ["0", "10004", "0", "10004"] && run.classes == ["", "auth", "", "auth"])
        #expect(run.attempts == ["2", "2", "1", "2"])
        #expect(fleet.requests(.getToken, on: 1) == 2 && fleet.requests(.getToken, on: 2) == 4)
    }

    @Test func aUsersOwnTokenThatExpiredStopsTheRowsWithIt() throws {
        let fleet = try Fleet(hosts: 1, edits: 4)
        defer { try? fleet.simulator.stop() }
        let tokens = ["stale", "stale", Fleet.tokens[0], "stale"]
        let rows = zip(1..., tokens).map { fleet.simulator.hosts[0].row($0, by: .token($1)) }
        let run = try FinishedRun(rows, Self.quick)
        #expect(run.statuses == ["failed", "skipped", "ok", "skipped"])
        #expect(run.errcodes == ["10004", "", "0", ""] && run.classes == ["auth", "host_stopped", "", "host_stopped"])
        #expect(run.attempts == ["1", "0", "1", "0"])
        // A token of the user's is neither renewed nor revoked.
        #expect(fleet.simulator.record.map(\.endpoint) == [.certificateUpdate, .certificateUpdate])
    }

    private static func date(ahead seconds: TimeInterval) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: Date(timeIntervalSinceNow: seconds))
    }
}
