import Platform
import HTTPTransport
import FleetModel
import Pacing
import TestSupport
import Testing

@testable import PBXClient

@Suite("What one row needs, without a socket")
struct RowProcedureTests {
    /// A reply, and what it makes of a row: status and class, and whether the call is made again.
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let reply: HTTPExchange
        let status: RowStatus
        let errorClass: ErrorClass?
        let isRetried: Bool

        init(
            _ name: String, _ reply: HTTPExchange, _ status: RowStatus, _ errorClass: ErrorClass?,
            isRetried: Bool = false
        ) {
            (testDescription, self.reply, self.status) = (name, reply, status)
            (self.errorClass, self.isRetried) = (errorClass, isRetried)
        }
    }

    private static let cut = HTTPExchange(
        .answered(HTTPAnswer(status: 200, body: Array(#"{"errcode":0}"#.utf8), isTruncated: true)), latency: .zero)

    static let answers: [Case] = [
        Case("success", .errcode(0), .ok, nil),
        Case("success, whatever the HTTP status", .errcode(0, status: 500), .ok, nil),
        Case("failure, whatever the HTTP status", .errcode(60001, status: 503), .failed, .api),
        Case("numeric string", .answer(200, #"{"errcode":"40002","errmsg":"M"}"#), .failed, .api),
        Case("zero as a string", .answer(200, #"{"errcode":"0","errmsg":"M"}"#), .ok, nil),
        Case("zero with a fraction", .answer(200, #"{"errcode":0.0,"errmsg":"M"}"#), .ok, nil),
        Case("failure as a whole", .errcode(-1), .failed, .api),
        Case("partial success", .errcode(1), .failed, .api),
        Case("processing", .errcode(2), .unknown, .api),
        Case("no such call", .errcode(10001), .failed, .api),
        Case("feature off", .errcode(10009), .failed, .api),
        Case("wrong parameter", .errcode(40002), .failed, .api),
        Case("too many certificates", .errcode(60002), .failed, .api),
        Case("forbidden", .errcode(70084), .failed, .api),
        Case("an errcode without a name", .errcode(4711), .failed, .api),
        Case("a negative errcode without a name", .errcode(-77), .failed, .api),
        Case("internal error", .errcode(-2), .failed, .api, isRetried: true),
        Case("overload", .errcode(70082), .failed, .api, isRetried: true),
        Case("overload with HTTP 404", .errcode(70082, status: 404), .failed, .api, isRetried: true),
    ]

    static let unreadable: [Case] = [
        Case("server error", .answer(500, "<html>"), .unknown, .protocol, isRetried: true),
        Case("bad gateway", .answer(599), .unknown, .protocol, isRetried: true),
        Case("too many requests", .answer(429), .failed, .protocol, isRetried: true),
        Case("not found", .answer(404, "<html>"), .failed, .protocol),
        Case("redirect", .answer(302), .failed, .protocol),
        Case("HTML", .answer(200, "<html>"), .unknown, .protocol),
        Case("empty", .answer(200), .unknown, .protocol),
        Case("no content", .answer(204), .unknown, .protocol),
        Case("too long", cut, .unknown, .protocol),
        Case("cut JSON", .answer(200, #"{"errcode":0"#), .unknown, .protocol),
        Case("no object", .answer(200, "[0]"), .unknown, .protocol),
        Case("no errcode", .answer(200, #"{"errmsg":"SUCCESS"}"#), .unknown, .protocol),
        Case("two errcodes", .answer(200, #"{"errcode":0,"errcode":40002}"#), .unknown, .protocol),
        Case("broken errcode", .answer(200, #"{"errcode":0.5}"#), .unknown, .protocol),
        Case("errcode in words", .answer(200, #"{"errcode":"none"}"#), .unknown, .protocol),
        Case("errcode of a wrong type", .answer(200, #"{"errcode":false}"#), .unknown, .protocol),
        Case("errcode beyond 64 bits", .answer(200, #"{"errcode":9223372036854775808}"#), .unknown, .protocol),
        Case("truncated", .unanswered(.truncated, status: 200), .unknown, .protocol),
        Case("truncated server error", .unanswered(.truncated, status: 502), .unknown, .protocol, isRetried: true),
        Case("no HTTP", .unanswered(.malformed), .unknown, .protocol),
    ]

    static let lost: [Case] = [
        Case("timeout", .unanswered(.timedOut), .unknown, .timeout, isRetried: true),
        Case("timeout in the answer", .unanswered(.timedOut, status: 200), .unknown, .timeout, isRetried: true),
        Case("reset", .unanswered(.reset), .unknown, .protocol, isRetried: true),
        Case("closed", .unanswered(.closed), .unknown, .protocol, isRetried: true),
    ]

    static let notConnected: [Case] = [
        Case("unknown name", .notConnected(.unknownHost), .failed, .connect, isRetried: true),
        Case("refused", .notConnected(.refused), .failed, .connect, isRetried: true),
        Case("unreachable", .notConnected(.unreachable), .failed, .connect, isRetried: true),
        Case("lookup timeout", .notConnected(.timedOut(.lookup)), .failed, .connect, isRetried: true),
        Case("connect timeout", .notConnected(.timedOut(.connect)), .failed, .connect, isRetried: true),
        Case("handshake timeout", .notConnected(.timedOut(.handshake)), .failed, .connect, isRetried: true),
        Case("handshake cut", .notConnected(.handshake), .failed, .connect, isRetried: true),
        Case("proxy", .notConnected(.proxy(status: 403)), .failed, .connect, isRetried: true),
        Case("anything else", .notConnected(.other(code: 2)), .failed, .connect, isRetried: true),
        Case("pin", .notConnected(.untrusted(.pinMismatch)), .failed, .tls),
        Case("authority", .notConnected(.untrusted(.unknownAuthority)), .failed, .tls),
        Case("name", .notConnected(.untrusted(.wrongName)), .failed, .tls),
    ]

    /// What comes before the body of the edit had left is no word on the edit, an errcode other than 0 aside.
    static let early: [Case] = [
        Case("early failure", HTTPExchange.errcode(60001).early, .failed, .api),
        Case("early overload", HTTPExchange.errcode(70082).early, .failed, .api, isRetried: true),
        Case("early success", HTTPExchange.errcode(0).early, .failed, .protocol, isRetried: true),
        Case("early HTML", HTTPExchange.answer(200, "<html>").early, .failed, .protocol, isRetried: true),
        Case("early server error", HTTPExchange.answer(503).early, .failed, .protocol, isRetried: true),
        Case("early 429", HTTPExchange.answer(429).early, .failed, .protocol, isRetried: true),
        Case("early not found", HTTPExchange.answer(404).early, .failed, .protocol),
        Case("early redirect", HTTPExchange.answer(301).early, .failed, .protocol),
        Case(
            "early half of an answer", HTTPExchange.unanswered(.truncated, status: 200).early, .failed, .protocol,
            isRetried: true),
        Case("early reset", HTTPExchange.unanswered(.reset).early, .failed, .protocol, isRetried: true),
        Case("early close", HTTPExchange.unanswered(.closed).early, .failed, .protocol, isRetried: true),
        Case("early timeout", HTTPExchange.unanswered(.timedOut).early, .failed, .timeout, isRetried: true),
    ]

    static let cases = answers + unreadable + lost + notConnected + early

    @Test("what comes back for an edit decides on its row", arguments: cases)
    func verdict(_ given: Case) {
        var play = Play(given.reply)
        let end = play.run(.ownToken)
        #expect(end.outcome.status == given.status && end.outcome.errorClass == given.errorClass)
        #expect(end.outcome.error.isEmpty == (given.errorClass == nil))
        #expect(end.outcome.errmsg == (end.outcome.errcode == nil ? "" : "M"))
        #expect((end.outcome.errcode == 0) == (given.status == .ok))
        #expect(end.outcome.attempts == (given.reply.hasLeft ? 1 : 0))
        #expect(end.stopReason == nil && play.calls == ["edit own-token"])
    }

    @Test("what may fare better is sent again, and nothing else", arguments: cases, [1, 3])
    func retries(_ given: Case, retries: Int) {
        var good = Play(Array(repeating: given.reply, count: retries) + [.success], retries: retries)
        #expect(good.run(.ownToken).outcome.status == (given.isRetried ? .ok : given.status))
        var bad = Play(Array(repeating: given.reply, count: retries + 1) + [.success], retries: retries)
        let end = bad.run(.ownToken)
        #expect(end.outcome.status == given.status && end.outcome.errorClass == given.errorClass)
        #expect(bad.calls.count == (given.isRetried ? retries + 1 : 1))
        #expect(end.waits.count == bad.calls.count - 1)
        #expect(end.retries == [false] + Array(repeating: true, count: bad.calls.count - 1))
        #expect(end.outcome.attempts == (given.reply.hasLeft ? bad.calls.count : 0))
    }

    @Test("an edit that was held back for the run's own disk is tried again, and nobody blames the host")
    func heldBack() {
        var play = Play(.notConnected(.heldBack), .success, retries: 1)
        #expect(play.run(.ownToken).outcome.status == .ok)
        var late = Play(.notConnected(.heldBack))
        let outcome = late.run(.ownToken).outcome
        #expect(outcome.status == .notAttempted && outcome.errorClass == .runStopped && outcome.attempts == 0)
    }

    @Test("pauses are within the policy, and what the PBX asks for is waited")
    func pauses() {
        let asked = HTTPExchange.answer(429, retryAfter: .seconds(20))
        let longer = HTTPExchange.answer(503, retryAfter: .seconds(3600))
        var play = Play(.errcode(-2), asked, longer, .success, retries: 3, firstDelay: .seconds(1))
        let end = play.run(.ownToken)
        #expect(end.waits.count == 3 && end.waits[0] <= .seconds(1))
        #expect(end.waits[1...] == [.seconds(20), .seconds(300)] && end.quietUntil == nil)
    }

    @Test("a pause that is asked for after the last try holds for the host's next row", arguments: [20, 1000])
    func quiet(seconds: Int64) {
        var play = Play(.answer(429, retryAfter: .seconds(seconds)))
        play.now = .seconds(100)
        #expect(play.run(.ownToken).quietUntil == .seconds(100 + min(seconds, 300)))
    }

    @Test("each request of a row has retries of its own")
    func ownRetries() {
        var play = Play(.notConnected(.refused), .token("t1"), .answer(503), .success, retries: 1)
        let end = play.run()
        #expect(end.outcome.status == .ok && end.outcome.attempts == 2)
        #expect(play.calls == ["login A", "login A", "edit t1", "edit t1"])
        #expect(end.retries == [false, true, false, true])
    }

    @Test("a login in between gives an edit no retries back")
    func noRetriesBack() {
        var play = Play(
            .token("t1", seconds: 4), .answer(503, retryAfter: .seconds(5)), .token("t2", seconds: 4),
            .answer(503, retryAfter: .seconds(5)), .token("t3"), .answer(503), .success, retries: 2)
        let end = play.run()
        #expect(end.outcome.status == .unknown && end.outcome.attempts == 3)
        #expect(play.calls == ["login A", "edit t1", "login A", "edit t2", "login A", "edit t3"])
    }

    @Test("asking again what is to be sent changes nothing until something was")
    func askingAgain() throws {
        var play = Play()
        var (procedure, generator) = (RowProcedure(.make()), SeededGenerator(seed: 1))
        for _ in 1...3 {
            guard case .call(let call) = procedure.next(nil, on: &play.host, at: .zero, using: &generator) else {
                throw Unexpected()
            }
            #expect(!call.isEdit)
        }
        let reply = Reply(.token("t1", seconds: 10), at: WallTime(milliseconds: 0))
        _ = procedure.next(reply, on: &play.host, at: .zero, using: &generator)
        // The token has run out by the time a slot for the edit comes; it is tried all the same.
        guard case .call(let call) = procedure.next(nil, on: &play.host, at: .seconds(11), using: &generator) else {
            throw Unexpected()
        }
        #expect(call.isEdit && procedure.fallback == nil && !procedure.isRetry)
    }

    private struct Unexpected: Error {}
}

/// Tokens that expire, and hosts that shut us out.
extension RowProcedureTests {
    @Test("an expired token is renewed once for a row")
    func renewal() {
        var play = Play(.token("t1"), .errcode(10004), .token("t2"), .success, .errcode(10004), .token("t3"), .success)
        let first = play.run()
        #expect(first.outcome.status == .ok && first.outcome.attempts == 2)
        #expect(first.retries == [false, false, false, false])
        #expect(play.run(row: 2).outcome.status == .ok)
        #expect(
            play.calls == ["login A", "edit t1", "login A", "edit t2", "edit t2", "login A", "edit t3"])
    }

    @Test("a token that expires twice for a row fails it, and the next row logs in anew")
    func secondExpiry() {
        var play = Play(
            .token("t1"), .errcode(10004), .token("t2"), .errcode(10004), .token("t3"), .success, retries: 3)
        let end = play.run()
        #expect(end.outcome.status == .failed && end.outcome.errorClass == .auth && end.outcome.errcode == 10004)
        #expect(end.outcome.attempts == 2 && end.stopReason == nil)
        #expect(play.run(row: 2).outcome.status == .ok && play.calls.last == "edit t3")
    }

    @Test("an errcode that came before the edit's body had left renews the token, too")
    func earlyExpiry() {
        var play = Play(.token("t1"), HTTPExchange.errcode(10004).early, .token("t2"), .success)
        let end = play.run()
        #expect(end.outcome.status == .ok && end.outcome.attempts == 1)
        #expect(play.calls == ["login A", "edit t1", "login A", "edit t2"])
        #expect(end.fallbacks == [nil, nil, nil, nil])
    }

    private static let ok = Outcome(status: .ok, errcode: 0, errmsg: "SUCCESS", httpStatus: 200, attempts: 1)

    @Test("a user's own token is used as it is, not renewed, and its other rows are not sent once it expired")
    func ownToken() {
        var play = Play(.success, .errcode(10004), .success, .token("t1"), .success, retries: 3)
        #expect(play.run(.ownToken).outcome == Self.ok)
        #expect(!play.host.isOpen)
        let expired = play.run(row: 2, .ownToken)
        #expect(expired.outcome.status == .failed && expired.outcome.errorClass == .auth)
        #expect(expired.outcome.attempts == 1 && expired.stopReason == nil)
        let next = play.run(row: 3, .ownToken).outcome
        #expect(next.status == .skipped && next.errorClass == .hostStopped && next.attempts == 0)
        #expect(next.error == "not sent: in an earlier row the PBX called this access_token expired")
        #expect(play.run(row: 4, .token(Secret("another"))).outcome.status == .ok)
        #expect(play.run(row: 5).outcome.status == .ok)
        #expect(play.calls == ["edit own-token", "edit own-token", "edit another", "login A", "edit t1"])
    }

    @Test("a PBX that shuts us out is not spoken to again", arguments: [10005, 70004, 70087, 70123], [false, true])
    func stops(_ errcode: Int, isEarly: Bool) {
        let reply = HTTPExchange.errcode(errcode)
        var play = Play(isEarly ? reply.early : reply, .success, retries: 3)
        let end = play.run(.ownToken)
        #expect(end.outcome.status == .failed && end.outcome.errorClass == .auth)
        #expect(end.stopReason == end.outcome.error && play.calls.count == 1)
        #expect(end.stopReason?.contains("errcode \(errcode) (") == true)
    }
}

/// What is known of a row when its story breaks off, and what a lost answer leaves behind.
extension RowProcedureTests {
    @Test(
        "a row that may have been edited stays unknown until the PBX judges the edit itself",
        arguments: [
            (.answer(429), .unknown), (.answer(404), .unknown), (.notConnected(.refused), .unknown),
            (.notConnected(.untrusted(.pinMismatch)), .unknown), (.errcode(70082), .unknown), (.errcode(-2), .unknown),
            (.errcode(10005), .unknown), (HTTPExchange.errcode(60001).early, .unknown),
            (HTTPExchange.unanswered(.reset).early, .unknown), (.errcode(2), .unknown), (.errcode(60001), .failed),
            (.errcode(10001), .failed), (.errcode(0), .ok),
        ] as [(HTTPExchange, RowStatus)])
    func doubt(_ last: HTTPExchange, _ expected: RowStatus) {
        for first in [HTTPExchange.unanswered(.reset), .unanswered(.timedOut), .answer(500)] {
            var play = Play(first, last, retries: 1)
            let outcome = play.run(.ownToken).outcome
            #expect(outcome.status == expected)
            let isWeighed = outcome.error.hasSuffix("; an edit request sent before may have been carried out")
            #expect(isWeighed == (expected == .unknown && outcome.errcode != 2))
            #expect(outcome.attempts == (last.hasLeft ? 2 : 1))
            let reply = Reply(last, at: WallTime(milliseconds: 0))
            #expect(outcome.httpStatus == reply.status && outcome.errcode == reply.errcode?.number)
        }
    }

    @Test("the doubt of one row is not the next one's")
    func doubtOfAnotherRow() {
        var play = Play(.unanswered(.closed), .answer(429), .answer(429), .answer(429), retries: 1)
        #expect(play.run(row: 1, .ownToken).outcome.status == .unknown)
        #expect(play.run(row: 2, .ownToken).outcome.status == .failed)
    }

    @Test(
        "a row that was in doubt when its token could not be renewed stays so, and the reason tells only of the login")
    func doubtBeforeALogin() {
        var play = Play(
            .token("t1"), .unanswered(.reset), .errcode(10004), .errcode(10005), retries: 1)
        let end = play.run()
        #expect(end.outcome.status == .unknown && end.outcome.errcode == 10005 && end.outcome.attempts == 2)
        #expect(
            end.stopReason
                == "the login failed: errcode 10005 (ACCESS DENIED), client_id or client_secret is probably wrong")
    }

    @Test("a row that goes no further is what its last failure made of it, or as if it had never been begun")
    func fallback() {
        var play = Play(
            .notConnected(.refused), .token("t1"), .answer(429), .unanswered(.reset), .errcode(10004), .token("t2"),
            .success, retries: 2)
        let fallbacks = play.run().fallbacks.map {
            $0.map { "\($0.status) \($0.attempts) \($0.errorClass?.rawValue ?? "-")" }
        }
        let expected = [
            // A call, and the wait after it.
            nil, "failed 0 connect", "failed 0 connect", nil, "failed 1 protocol", "failed 1 protocol",
            "unknown 2 protocol", "unknown 2 protocol", "unknown 3 run_stopped", "unknown 3 run_stopped",
        ]
        #expect(fallbacks == expected)
    }

    @Test(
        "a cut leaves an edit unknown whose body may have left, and nothing else",
        arguments: [
            (.unanswered(.cut), true), (.unanswered(.cut, status: 200), true),
            (HTTPExchange.unanswered(.cut).early, false), (.notConnected(.cut), false),
        ] as [(HTTPExchange, Bool)])
    func cut(_ reply: HTTPExchange, isSent: Bool) {
        var edit = Play(.answer(500), reply, retries: 3)
        let end = edit.run(.ownToken, isCut: true)
        #expect(end.outcome.status == .unknown && end.outcome.attempts == (isSent ? 2 : 1))
        #expect(end.outcome.errorClass == (isSent ? .runStopped : .protocol))
        var first = Play(reply, retries: 3)
        #expect(first.run(.ownToken, isCut: true).outcome.status == (isSent ? .unknown : .notAttempted))
        var login = Play(reply, retries: 3)
        #expect(login.run(isCut: true).outcome.status == .notAttempted && login.calls == ["login A"])
    }

    @Test("a row whose token expired and that was not sent again is one that was not attempted")
    func fallbackAfterExpiry() {
        var play = Play(.token("t1"), .errcode(10004), .token("t2"), .success)
        let fallback = play.run().fallbacks.last ?? nil
        #expect(fallback?.status == .notAttempted && fallback?.attempts == 1)
        #expect(fallback?.error == "the run ended before the edit could be sent again with a new token")
    }
}

extension HTTPExchange {
    /// Whether the request and its body may have left.
    fileprivate var hasLeft: Bool {
        if case .notConnected = ending { false } else { isBodySent }
    }
}
