import HTTPTransport
import FleetModel
import PBXClient
import TestSupport
import Testing

@Suite("A session")
struct SessionTests {
    @Test("serves all rows of its credentials and ends once")
    func reuse() throws {
        let rig = try Rig(.token("t1"), .success, .success, .success, .success)
        let logs = try (1...3).map { try rig.run(rig.job(row: $0)) }
        #expect(logs.map(\.outcome.status) == [.ok, .ok, .ok])
        #expect(logs.flatMap(\.reports).map(\.isSessionOpen) == [true, true, true, true])
        let host = rig.job().address.host
        #expect(rig.performer.close(host, within: .seconds(2)) != nil)
        #expect(rig.performer.close(host, within: nil) == nil)
        #expect(rig.paths == ["get_token"] + Array(repeating: "certificate/update", count: 3) + ["del_token"])
        #expect(rig.tokens == ["-", "t1", "t1", "t1", "t1"])
        #expect(rig.server.requests.last?.line.hasPrefix("GET ") == true)
    }

    @Test(
        "is over once the PBX said something to its end",
        arguments: [
            (.silence, false, nil), (.answer([]), false, nil),
            (.answer(503, "", headers: ["Retry-After: 7"]), false, .seconds(7)), (.errcode(70082), false, nil),
            (.errcode(10004), true, nil), (.answer(404, ""), true, nil), (.success, true, nil),
        ] as [(ScriptedServer.Act, Bool, Duration?)])
    func failedClose(act: ScriptedServer.Act, isOver: Bool, pause: Duration?) throws {
        let rig = try Rig(.token("t1"), .success, act, .success)
        _ = try rig.run(rig.job())
        let host = rig.job().address.host
        let report = try #require(rig.performer.close(host, within: .milliseconds(300)))
        #expect(report.isOver == isOver && report.pause == pause && report.latency > .zero)
        #expect((rig.performer.close(host, within: nil) == nil) == isOver)
    }

    @Test("is renewed once for a row when the PBX calls its token expired")
    func renewal() throws {
        let rig = try Rig(.token("t1"), .errcode(10004), .token("t2"), .success)
        let log = try rig.run(rig.job())
        #expect(log.outcome.status == .ok)
        #expect(log.edits == 2)
        #expect(log.announcements == 1)
        #expect(log.reports.map(\.renewals) == [0, 1, 0, 0])
        #expect(log.reports.map(\.isSessionOpen) == [true, false, true, true])
        #expect(rig.tokens == ["-", "t1", "-", "t2"])
    }

    @Test("that expires twice for a row fails it, and the next row logs in anew")
    func secondExpiry() throws {
        let rig = try Rig(.token("t1"), .errcode(10004), .token("t2"), .errcode(10004), .token("t3"), .success)
        let log = try rig.run(rig.job(row: 1), retries: 3)
        #expect(log.outcome.status == .failed)
        #expect(log.outcome.errorClass == .auth)
        #expect(log.outcome.errcode == 10004)
        #expect(log.stopReason == nil)
        #expect(try rig.run(rig.job(row: 2)).outcome.status == .ok)
        #expect(rig.tokens.last == "t3")
    }

    @Test("cannot replace a user's own token: the rows with that token are not sent")
    func ownTokenExpired() throws {
        let rig = try Rig(.errcode(10004), .success, .token("t1"), .success)
        let log = try rig.run(rig.job(row: 1, .ownToken), retries: 3)
        #expect(log.outcome.status == .failed)
        #expect(log.outcome.errorClass == .auth)
        #expect(log.edits == 1)
        let next = try rig.run(rig.job(row: 2, .ownToken))
        #expect(next.outcome.status == .skipped)
        #expect(next.outcome.errorClass == .hostStopped)
        #expect(next.outcome.error == "not sent: in an earlier row the PBX called this access_token expired")
        #expect(try rig.run(rig.job(row: 3, .token(Secret("another")))).outcome.status == .ok)
        #expect(try rig.run(rig.job(row: 4)).outcome.status == .ok)
        #expect(rig.tokens == ["own-token", "another", "-", "t1"])
    }

    @Test("ends before its token runs out while a request is in flight")
    func earlyRenewal() throws {
        let rig = try Rig(.token("t1"), .success, .success, .success, .token("t2"), .success)
        #expect(try rig.run(rig.job(row: 1)).outcome.status == .ok)
        rig.clock.advance(by: .seconds(1800 - 65 - 1))
        #expect(try rig.run(rig.job(row: 2)).outcome.status == .ok)
        rig.clock.advance(by: .seconds(1))
        #expect(try rig.run(rig.job(row: 3)).outcome.status == .ok)
        #expect(
            rig.paths.suffix(4) == ["certificate/update", "del_token", "get_token", "certificate/update"])
        #expect(rig.tokens == ["-", "t1", "t1", "t1", "-", "t2"])
    }

    @Test("whose token has run out is not revoked any more")
    func expired() throws {
        let rig = try Rig(.token("t1"), .success, .token("t2"), .success)
        _ = try rig.run(rig.job(row: 1))
        rig.clock.advance(by: .seconds(1800))
        #expect(try rig.run(rig.job(row: 2)).outcome.status == .ok)
        #expect(rig.paths == ["get_token", "certificate/update", "get_token", "certificate/update"])
    }

    @Test("with a token that lives shortly is used before it is renewed")
    func shortLifetime() throws {
        let rig = try Rig(.token("t1", seconds: 10), .success, .success, .success, .token("t2", seconds: 10), .success)
        #expect(try rig.run(rig.job(row: 1)).outcome.status == .ok)
        rig.clock.advance(by: .seconds(4))
        #expect(try rig.run(rig.job(row: 2)).outcome.status == .ok)
        rig.clock.advance(by: .seconds(1))
        #expect(try rig.run(rig.job(row: 3)).outcome.status == .ok)
        #expect(rig.tokens == ["-", "t1", "t1", "t1", "-", "t2"])
    }

    @Test("that is hardly begun when its token runs out is tried all the same, or rows could wait for ever")
    func lateEdit() throws {
        let rig = try Rig(.token("t1", seconds: 10), .success)
        _ = try rig.performer.step(rig.job(), after: RowProgress(), by: nil, willSend: {})
        rig.clock.advance(by: .seconds(11))
        #expect(try rig.run(rig.job()).outcome.status == .ok)
        #expect(rig.tokens == ["-", "t1"])
    }

    @Test("ends before one with other credentials begins")
    func otherCredentials() throws {
        let rig = try Rig(.token("t1"), .success, .success, .token("t2"), .success)
        _ = try rig.run(rig.job(row: 1, .application("A")))
        let log = try rig.run(rig.job(row: 2, .application("B")))
        #expect(log.outcome.status == .ok)
        #expect(log.reports.map(\.isSessionOpen) == [false, true, true])
        #expect(rig.paths.suffix(3) == ["del_token", "get_token", "certificate/update"])
        #expect(rig.tokens == ["-", "t1", "t1", "-", "t2"])
    }

    @Test(
        "that did not surely end is asked to end once more, and no row is lost over it",
        arguments: [.answer([]), .answer(503, ""), .errcode(70082)] as [ScriptedServer.Act])
    func unansweredRevocation(act: ScriptedServer.Act) throws {
        let rig = try Rig(.token("t1"), .success, act, act, .token("t2"), .success)
        _ = try rig.run(rig.job(row: 1, .application("A")))
        let log = try rig.run(rig.job(row: 2, .application("B")), retries: 3)
        #expect(log.outcome.status == .ok)
        #expect(log.reports.map(\.isSessionOpen) == [true, false, true, true])
        #expect(rig.tokens == ["-", "t1", "t1", "t1", "-", "t2"])
    }

    @Test("lets rows with a user's own token pass")
    func ownTokenBetween() throws {
        let rig = try Rig(.token("t1"), .success, .success, .success)
        _ = try rig.run(rig.job(row: 1))
        let log = try rig.run(rig.job(row: 2, .ownToken))
        #expect(log.reports.map(\.isSessionOpen) == [true])
        _ = try rig.run(rig.job(row: 3))
        #expect(rig.tokens == ["-", "t1", "own-token", "t1"])
    }

    @Test("of one worker serves the rows of another")
    func sharedByWorkers() throws {
        let server = try ScriptedServer([.token("t1"), .success, .success])
        let (sessions, clock) = (SessionStore(), ManualClock())
        for row in 1...2 {
            let worker = try PBXPerformer(transport: TransportSettings(), sessions: sessions, clock: clock)
            let job = Job.make(row: row, host: server.host, port: server.port)
            while case .proceed = try worker.step(job, after: RowProgress(), by: nil, willSend: {}).verdict {}
        }
        #expect(server.requests.count == 3)
    }
}
