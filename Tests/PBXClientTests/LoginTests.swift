import FleetModel
import PBXClient
import Platform
import TestSupport
import Testing

@Suite("A login")
struct LoginTests {
    @Test(
        "fails the row for good by any answer without a token",
        arguments: [
            (.errcode(40002), 40002), (.errcode(-1), -1), (.answer(200, "<html>"), nil), (.answer(404, ""), nil),
            (.answer(302, ""), nil), (.success, nil), (.token(""), nil),
            (.token(String(repeating: "t", count: 8193)), nil),
            (.answer(Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".utf8)), nil),
            (.answer(Array("SSH-2.0\r\n".utf8)), nil),
        ] as [(ScriptedServer.Act, Int?)])
    func failure(_ answer: ScriptedServer.Act, _ errcode: Int?) throws {
        let rig = try Rig(answer, .token("t1"))
        let log = try rig.run(rig.job(row: 1), retries: 3)
        #expect(log.outcome.status == .failed)
        #expect(log.outcome.errorClass == .auth)
        #expect(log.outcome.errcode == errcode)
        #expect(log.outcome.error.hasPrefix("the login failed: "))
        #expect(log.edits == 0)
        #expect(log.announcements == 0)
        #expect(log.stopReason == nil)

        let next = try rig.run(rig.job(row: 2), retries: 3)
        #expect(next.outcome.status == .skipped)
        #expect(next.outcome.errorClass == .hostStopped)
        #expect(next.outcome.error.hasPrefix("not sent: in an earlier row with these credentials the login failed"))
        #expect(next.reports.map(\.latency) == [nil])
        #expect(rig.server.requests.count == 1)
    }

    @Test("stops the host when nothing else can come of it", arguments: [10005, 60002, 70004, 70087, 70123])
    func stop(_ errcode: Int) throws {
        let rig = try Rig(.errcode(errcode))
        let log = try rig.run(rig.job(), retries: 3)
        #expect(log.outcome.errcode == errcode)
        #expect(log.outcome.errorClass == .auth)
        #expect(log.stopReason == log.outcome.error)
        #expect((errcode == 60002) == log.outcome.error.contains("8 tokens of the application are in use"))
    }

    @Test("stops the host when it is the second that fails, with other credentials")
    func secondFailure() throws {
        let rig = try Rig(.errcode(40002), .errcode(40002))
        #expect(try rig.run(rig.job(row: 1, .application("A"))).stopReason == nil)
        #expect(try rig.run(rig.job(row: 2, .application("B"))).stopReason != nil)
    }

    @Test("that failed does not keep other credentials from the host")
    func otherCredentials() throws {
        let rig = try Rig(.errcode(40002), .token("t2"), .success)
        _ = try rig.run(rig.job(row: 1, .application("A")))
        #expect(try rig.run(rig.job(row: 2, .application("B"))).outcome.status == .ok)
        #expect(try rig.run(rig.job(row: 3, .application("A"))).outcome.status == .skipped)
    }

    @Test(
        "is tried again when it did not get through, and fails nothing but its row",
        arguments: [
            (.answer([]), .protocol), (.answerAndReset([]), .protocol), (.silence, .timeout),
            (.answer(503, ""), .protocol),
            (.answer(429, ""), .protocol), (.errcode(-2), .auth), (.errcode(70082), .auth),
        ] as [(ScriptedServer.Act, ErrorClass)])
    func retry(_ act: ScriptedServer.Act, _ errorClass: ErrorClass) throws {
        let rig = try Rig(act, act, act, .token("t1"), .success, timeout: .seconds(2))
        let first = try rig.run(rig.job(row: 1), retries: 1)
        #expect(first.outcome.status == .failed)
        #expect(first.outcome.errorClass == errorClass)
        let second = try rig.run(rig.job(row: 2), retries: 1)
        #expect(second.outcome.status == .ok)
        #expect(rig.paths.suffix(3) == ["get_token", "get_token", "certificate/update"])
    }

    @Test("that cannot connect is a connection failure")
    func notConnected() throws {
        let address = try LoopbackSocket.unused()
        let rig = try Rig()
        let outcomes = try (1...2).map { try rig.run(.make(row: $0, host: address.host, port: address.port)).outcome }
        #expect(outcomes.map(\.status) == [.failed, .failed])
        #expect(outcomes.map(\.errorClass) == [.connect, .connect])
    }
}
