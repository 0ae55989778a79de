import Glibc
import FleetModel
import PBXClient
import Platform
import TestSupport
import Testing

@Suite("An edit, step by step")
struct EditTests {
    @Test("a user's own token is used as it is and never revoked")
    func ownToken() throws {
        let rig = try Rig(.success)
        let log = try rig.run(rig.job(.ownToken))
        #expect(log.outcome == Outcome(status: .ok, errcode: 0, errmsg: "SUCCESS", httpStatus: 200))
        #expect(log.reports.map(\.isSessionOpen) == [false])
        #expect(rig.performer.close(rig.job().address.host, within: nil) == nil)
        #expect(rig.tokens == ["own-token"])
    }

    @Test("a row is announced once, before its first edit request, and its requests are counted")
    func announcement() throws {
        let rig = try Rig(.token("t1"), .answer(503, ""), .answer(503, ""), .success)
        let log = try rig.run(rig.job(), retries: 3)
        #expect(log.outcome.status == .ok)
        #expect(log.announcements == 1)
        #expect(log.reports.map(\.edits) == [0, 1, 1, 1])
        #expect(log.reports.allSatisfy { ($0.latency ?? .zero) > .zero })
    }

    @Test("a row that cannot be announced is not sent")
    func failedAnnouncement() throws {
        struct DiskFull: Error {}
        let rig = try Rig(.success)
        #expect(throws: DiskFull.self) {
            _ = try rig.performer.step(rig.job(.ownToken), after: RowProgress(), by: nil) { throw DiskFull() }
        }
        #expect(rig.server.requests.isEmpty)
    }

    @Test("an edit that never left is not counted as sent")
    func neverSent() throws {
        let address = try LoopbackSocket.unused()
        let rig = try Rig()
        let log = try rig.run(.make(host: address.host, port: address.port, credentials: .ownToken), retries: 2)
        #expect(log.outcome.status == .failed)
        #expect(log.outcome.errorClass == .connect)
        #expect(log.outcome.error == "the connection to \(address.host):\(address.port) was refused")
        #expect(log.reports.map(\.edits) == [0, 0, 0])
        #expect(log.announcements == 0)
    }

    @Test("a row whose note takes longer than its request may is not sent, and nobody blames the host")
    func heldBack() throws {
        let rig = try Rig(.success, timeout: .milliseconds(50))
        let report = try rig.performer.step(rig.job(.ownToken), after: RowProgress(), by: nil) { usleep(60_000) }
        guard case .retry(let outcome, pause: nil) = report.verdict else {
            Issue.record("another try may fare better")
            return
        }
        #expect(outcome.status == .notAttempted && outcome.errorClass == .runStopped)
        #expect(report.edits == 0 && rig.server.requests.isEmpty)
    }

    @Test("what may get better is tried again, with the pause that is asked for")
    func retries() throws {
        let rig = try Rig(
            .answer(429, "", headers: ["Retry-After: 7"]), .answer([]), .errcode(70082), .errcode(-2), .success)
        let log = try rig.run(rig.job(.ownToken), retries: 4)
        #expect(log.outcome.status == .ok)
        #expect(log.pauses == [.seconds(7), nil, nil, nil])
        #expect(log.edits == 5)
    }

    @Test("a timeout leaves the row unknown")
    func timeout() throws {
        let rig = try Rig(.silence, timeout: .milliseconds(300))
        let log = try rig.run(rig.job(.ownToken))
        #expect(log.outcome.status == .unknown)
        #expect(log.outcome.errorClass == .timeout)
        #expect(log.outcome.error == "the edit was sent, but no answer came in time")
        #expect(log.edits == 1)
    }

    @Test("what will not get better is not tried again", arguments: [1, 2, 10001, 10009, 40001, 40002, 60001, 60002])
    func refusals(_ errcode: Int) throws {
        let rig = try Rig(.errcode(errcode), .success)
        let log = try rig.run(rig.job(.ownToken), retries: 3)
        #expect(log.outcome.errcode == errcode)
        #expect(log.outcome.errorClass == .api)
        #expect(log.stopReason == nil)
        #expect(rig.server.requests.count == 1)
    }

    @Test("a PBX that bars the caller is not spoken to again", arguments: [10005, 70004, 70087, 70123])
    func stops(_ errcode: Int) throws {
        let rig = try Rig(.errcode(errcode), .success)
        let log = try rig.run(rig.job(.ownToken), retries: 3)
        #expect(log.outcome.status == .failed)
        #expect(log.outcome.errorClass == .auth)
        #expect(log.stopReason == log.outcome.error)
        #expect(log.stopReason?.contains("errcode \(errcode) (") == true)
    }

    @Test("a lost answer keeps the row unknown when the next attempt does not get through")
    func doubt() throws {
        let rig = try Rig(.answer([]), .answer(429, ""))
        let log = try rig.run(rig.job(.ownToken), retries: 1)
        #expect(log.outcome.status == .unknown)
        #expect(log.outcome.errorClass == .protocol)
        #expect(log.outcome.httpStatus == 429)
        #expect(log.outcome.error.hasSuffix("; an edit request sent before may have been carried out"))
    }

    @Test(
        "a lost answer is forgotten when the PBX judges the edit, and not when it is busy",
        arguments: [(60001, RowStatus.failed), (70082, .unknown), (-2, .unknown)])
    func doubtResolved(errcode: Int, status: RowStatus) throws {
        let rig = try Rig(.answer([]), .errcode(errcode))
        let outcome = try rig.run(rig.job(.ownToken), retries: 1).outcome
        #expect(outcome.status == status && outcome.errcode == errcode)
    }

    @Test("the doubt of one row is not the next one's")
    func doubtOfAnotherRow() throws {
        let rig = try Rig(.answer([]), .answer(429, ""), .answer(429, ""))
        #expect(try rig.run(rig.job(row: 1, .ownToken)).outcome.status == .unknown)
        #expect(try rig.run(rig.job(row: 2, .ownToken), retries: 1).outcome.status == .failed)
    }
}
