import HTTPTransport
import FleetModel
import TestSupport
import Testing

@testable import PBXClient

@Suite("When a host is logged in to, without a socket")
struct HostSessionTests {
    @Test("a session serves all rows of its credentials and ends once")
    func reuse() {
        var play = Play(.token("t1"), .success, .success, .success, .success)
        for row in 1...3 { #expect(play.run(row: row).outcome.status == .ok) }
        #expect(play.host.isOpen && play.close() == [] && !play.host.isOpen && play.close() == [])
        #expect(play.calls == ["login A", "edit t1", "edit t1", "edit t1", "logout t1"])
    }

    @Test("it ends before its token runs out while a request is in flight")
    func earlyRenewal() {
        var play = Play(.token("t1"), .success, .success, .success, .token("t2"), .success)
        #expect(play.run(row: 1).outcome.status == .ok)
        play.now += .seconds(1800 - 65 - 1)
        #expect(play.run(row: 2).outcome.status == .ok)
        play.now += .seconds(1)
        #expect(play.run(row: 3).outcome.status == .ok)
        #expect(play.calls == ["login A", "edit t1", "edit t1", "logout t1", "login A", "edit t2"])
    }

    @Test("one whose token has run out is not revoked any more")
    func expired() {
        var play = Play(.token("t1"), .success, .token("t2"), .success)
        _ = play.run(row: 1)
        play.now += .seconds(1800)
        #expect(play.run(row: 2).outcome.status == .ok)
        #expect(play.calls == ["login A", "edit t1", "login A", "edit t2"])
    }

    @Test("a token that lives shortly is used before it is renewed")
    func shortLifetime() {
        var play = Play(
            .token("t1", seconds: 10), .success, .success, .success, .token("t2", seconds: 10), .success)
        #expect(play.run(row: 1).outcome.status == .ok)
        play.now += .seconds(4)
        #expect(play.run(row: 2).outcome.status == .ok)
        play.now += .seconds(1)
        #expect(play.run(row: 3).outcome.status == .ok)
        #expect(play.calls == ["login A", "edit t1", "edit t1", "logout t1", "login A", "edit t2"])
    }

    @Test(
        "a lifetime that makes no sense is half an hour",
        arguments: [#""600""#: 600, "0": 1800, "-1": 1800, "1e9": 1800, "null": 1800, #""soon""#: 1800])
    func lifetimes(_ text: String, seconds: Int) {
        let login = HTTPExchange.answer(
            200, #"{"errcode":0,"access_token":"t1","access_token_expire_time":\#(text)}"#)
        var play = Play(login, .success, .success, .token("t2"), .success)
        _ = play.run(row: 1)
        play.now += .seconds(seconds - 66)
        _ = play.run(row: 2)
        play.now += .seconds(66)
        _ = play.run(row: 3)
        #expect(play.calls == ["login A", "edit t1", "edit t1", "login A", "edit t2"])
    }

    @Test("a session ends before one with other credentials begins")
    func otherCredentials() {
        var play = Play(.token("t1"), .success, .success, .token("t2"), .success)
        _ = play.run(row: 1)
        #expect(play.run(row: 2, .application("B")).outcome.status == .ok)
        #expect(play.calls == ["login A", "edit t1", "logout t1", "login B", "edit t2"])
    }

    @Test("a session lets rows with a user's own token pass")
    func ownTokenBetween() {
        var play = Play(.token("t1"), .success, .success, .success)
        _ = play.run(row: 1)
        _ = play.run(row: 2, .ownToken)
        #expect(play.host.isOpen && play.run(row: 3).outcome.status == .ok)
        #expect(play.calls == ["login A", "edit t1", "edit own-token", "edit t1"])
    }

    @Test(
        "a session that did not surely end is asked to end once more, and no row is lost over it",
        arguments: [.unanswered(.closed), .unanswered(.timedOut), .answer(503), .errcode(70082)] as [HTTPExchange],
        [0, 1, 3])
    func unansweredLogout(reply: HTTPExchange, retries: Int) {
        var play = Play(
            [.token("t1"), .success] + Array(repeating: reply, count: min(retries, 1) + 1) + [.token("t2"), .success],
            retries: retries)
        _ = play.run(row: 1)
        #expect(play.run(row: 2, .application("B")).outcome.status == .ok)
        let logouts = Array(repeating: "logout t1", count: min(retries, 1) + 1)
        #expect(play.calls == ["login A", "edit t1"] + logouts + ["login B", "edit t2"])
    }

    @Test("a session that ended in another way, or never was, is no obstacle", arguments: [10004, 40002, -1])
    func refusedLogout(errcode: Int) {
        var play = Play(.token("t1"), .success, .errcode(errcode), .token("t2"), .success, retries: 3)
        _ = play.run(row: 1)
        #expect(play.run(row: 2, .application("B")).outcome.status == .ok)
        #expect(play.calls == ["login A", "edit t1", "logout t1", "login B", "edit t2"])
    }

    @Test("a PBX that has blocked us by the time of the logout gets no login", arguments: [70004, 10005])
    func blockedLogout(errcode: Int) {
        var play = Play(.token("t1"), .success, .errcode(errcode))
        _ = play.run(row: 1)
        let end = play.run(row: 2, .application("B"))
        #expect(end.outcome.errorClass == .auth && end.stopReason != nil && !end.outcome.error.contains("client_id"))
        #expect(play.calls == ["login A", "edit t1", "logout t1"] && !play.host.isOpen)
    }

    @Test("a host that cannot be reached for the logout fails the row like any other")
    func unreachedLogout() {
        var play = Play(.token("t1"), .success, .notConnected(.refused), .notConnected(.refused), retries: 1)
        _ = play.run(row: 1)
        let end = play.run(row: 2, .application("B"))
        #expect(end.outcome.status == .failed && end.outcome.errorClass == .connect && end.stopReason == nil)
        #expect(play.calls == ["login A", "edit t1", "logout t1", "logout t1"] && play.host.isOpen)
    }

    @Test(
        "at the end a session is over once the PBX said something to it, or the retries are used up",
        arguments: [
            (.unanswered(.timedOut), 3), (.unanswered(.closed), 3), (.answer(503), 3), (.errcode(70082), 3),
            (.notConnected(.refused), 3), (.errcode(10004), 1), (.answer(404), 1), (.success, 1),
            (.notConnected(.untrusted(.pinMismatch)), 1),
        ] as [(HTTPExchange, Int)])
    func close(reply: HTTPExchange, calls: Int) {
        var play = Play([.token("t1"), .success] + Array(repeating: reply, count: 3), retries: 2)
        _ = play.run()
        let waits = play.close()
        #expect(waits.count == calls - 1 && !play.host.isOpen)
        #expect(play.calls.dropFirst(2) == Array(repeating: "logout t1", count: calls)[...])
    }

    @Test("the pause that a PBX asks for holds for the end of its session, too")
    func pauseBeforeClosing() {
        var play = Play(.token("t1"), .success, .answer(503, retryAfter: .seconds(7)), .success, retries: 1)
        _ = play.run()
        #expect(play.close() == [.seconds(7)])
    }
}

/// When a login is not repeated.
extension HostSessionTests {
    private static let long = String(repeating: "t", count: 8193)

    @Test(
        "any answer to a login but a token fails the row for good, and its credentials",
        arguments: [
            (.errcode(40002), 40002), (.errcode(-1), -1), (.errcode(1), 1), (.errcode(70003), 70003),
            (.answer(200, "<html>"), nil), (.answer(404), nil), (.answer(302), nil), (.success, nil),
            (.token(""), nil), (.token(long), nil), (.unanswered(.truncated, status: 200), nil),
            (.unanswered(.malformed), nil),
        ] as [(HTTPExchange, Int?)])
    func failure(_ reply: HTTPExchange, _ errcode: Int?) {
        var play = Play(reply, .token("t1"), retries: 3)
        let end = play.run(row: 1)
        #expect(end.outcome.status == .failed && end.outcome.errorClass == .auth && end.outcome.errcode == errcode)
        #expect(end.outcome.error.hasPrefix("the login failed: "))
        #expect(end.outcome.attempts == 0 && end.stopReason == nil)
        let next = play.run(row: 2)
        #expect(next.outcome.status == .skipped && next.outcome.errorClass == .hostStopped)
        #expect(next.outcome.error.hasPrefix("not sent: in an earlier row with these credentials the login failed"))
        #expect(play.calls == ["login A"])
    }

    @Test("an errcode after which no login succeeds stops the host", arguments: [10005, 60002, 70004, 70087, 70123])
    func stop(_ errcode: Int) {
        var play = Play(.errcode(errcode), retries: 3)
        let end = play.run()
        #expect(end.outcome.errcode == errcode && end.outcome.errorClass == .auth && play.calls == ["login A"])
        #expect(end.stopReason == end.outcome.error)
        #expect((errcode == 60002) == end.outcome.error.contains("8 tokens of the application are in use"))
    }

    @Test("a second failed login, with other credentials, stops the host")
    func secondFailure() {
        var play = Play(.errcode(40002), .errcode(40002))
        #expect(play.run(row: 1).stopReason == nil)
        #expect(
            play.run(row: 2, .application("B")).stopReason
                == "the login failed: errcode 40002 (PARAMETER ERROR), client_id or client_secret is probably wrong")
    }

    @Test("a failed login does not keep other credentials from the host")
    func otherCredentialsAfterAFailure() {
        var play = Play(.errcode(40002), .token("t2"), .success)
        _ = play.run(row: 1)
        #expect(play.run(row: 2, .application("B")).outcome.status == .ok)
        #expect(play.run(row: 3).outcome.status == .skipped)
        #expect(play.run(row: 4, .client(id: "id-A", secret: Secret("another"))).outcome.status == .failed)
    }

    /// A login that may have reached the PBX and brought no good answer, and the class that its row then has.
    static let unanswered: [(HTTPExchange, ErrorClass)] = [
        (.unanswered(.closed), .protocol), (.unanswered(.reset), .protocol), (.unanswered(.timedOut), .timeout),
        (.answer(503), .protocol), (.answer(429), .protocol), (.unanswered(.truncated, status: 502), .protocol),
        (.errcode(-2), .auth), (.errcode(70082), .auth),
    ]

    @Test("a login that may have arrived is made again once", arguments: unanswered, [1, 5])
    func loginAgain(_ given: (reply: HTTPExchange, errorClass: ErrorClass), retries: Int) {
        var play = Play(given.reply, .token("t1"), .success, retries: retries)
        #expect(play.run().outcome.status == .ok)
        #expect(play.calls == ["login A", "login A", "edit t1"])
    }

    @Test(
        "a login that may have arrived stops the host when the one retry is used up", arguments: unanswered, [0, 1, 5])
    func lockoutGuard(_ given: (reply: HTTPExchange, errorClass: ErrorClass), retries: Int) {
        var play = Play(Array(repeating: given.reply, count: 6) + [.token("t1")], retries: retries)
        let end = play.run()
        #expect(end.outcome.status == .failed && end.outcome.errorClass == given.errorClass)
        #expect(end.stopReason == end.outcome.error && end.outcome.error.hasPrefix("the login failed: "))
        #expect(play.calls == Array(repeating: "login A", count: min(retries, 1) + 1))
    }

    @Test("the one retry holds for all rows and credentials of the host")
    func oneRetryPerHost() {
        var play = Play(
            .unanswered(.reset), .token("t1"), .errcode(10004), .answer(503), .token("t2"), .success, retries: 5)
        let end = play.run(row: 1)
        #expect(end.outcome.status == .failed && end.stopReason != nil)
        #expect(play.calls == ["login A", "login A", "edit t1", "login A"])
        var other = Play(
            .unanswered(.reset), .token("t1"), .success, .success, .unanswered(.reset), .token("t2"), retries: 5)
        #expect(other.run(row: 1).outcome.status == .ok)
        #expect(other.run(row: 2, .application("B")).stopReason != nil)
        #expect(other.calls == ["login A", "login A", "edit t1", "logout t1", "login B"])
    }

    @Test("a login that cannot have arrived is a connection failure, made again as any request and by the next row")
    func notConnected() {
        var play = Play(retries: 2)
        for row in 1...2 {
            let end = play.run(row: row)
            #expect(end.outcome.status == .failed && end.outcome.errorClass == .connect && end.stopReason == nil)
        }
        #expect(play.calls == Array(repeating: "login A", count: 6))
    }

    @Test("a login to a host that is not trusted is not made again for the row, and is no failed login")
    func untrusted() {
        var play = Play(.notConnected(.untrusted(.pinMismatch)), .token("t1"), .success, retries: 2)
        let end = play.run(row: 1)
        #expect(end.outcome.status == .failed && end.outcome.errorClass == .tls && end.stopReason == nil)
        #expect(play.run(row: 2).outcome.status == .ok)
    }
}
