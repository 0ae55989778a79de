import Platform
import HTTPTransport
import JSONText
import FleetModel
import TestSupport
import Testing

@testable import PBXClient

@Suite("What a reply makes of a row")
struct EditReplyTests {
    /// An ending, and what the row is then.
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let ending: HTTPExchange.Ending
        let status: RowStatus
        let errorClass: ErrorClass?
        let isRetried: Bool

        init(
            _ name: String, _ ending: HTTPExchange.Ending, _ status: RowStatus, _ errorClass: ErrorClass?,
            isRetried: Bool = false
        ) {
            (testDescription, self.ending, self.status) = (name, ending, status)
            (self.errorClass, self.isRetried) = (errorClass, isRetried)
        }
    }

    private static func answer(_ status: Int, _ body: String, isTruncated: Bool = false) -> HTTPExchange.Ending {
        .answered(HTTPAnswer(status: status, body: Array(body.utf8), isTruncated: isTruncated))
    }

    private static func errcode(_ errcode: Int, status: Int = 200) -> HTTPExchange.Ending {
        answer(status, #"{"errcode":\#(errcode),"errmsg":"M"}"#)
    }

    static let cases: [Case] = [
        Case("success", errcode(0), .ok, nil),
        Case("success, whatever the HTTP status", errcode(0, status: 500), .ok, nil),
        Case("failure, whatever the HTTP status", errcode(60001, status: 503), .failed, .api),
        Case("numeric string", answer(200, #"{"errcode":"40002"}"#), .failed, .api),
        Case("zero as a string", answer(200, #"{"errcode":"0"}"#), .ok, nil),
        Case("zero with a fraction", answer(200, #"{"errcode":0.0}"#), .ok, nil),
        Case("processing", errcode(2), .unknown, .api),
        Case("internal error", errcode(-2), .failed, .api, isRetried: true),
        Case("overload", errcode(70082), .failed, .api, isRetried: true),
        Case("unknown errcode", errcode(4711), .failed, .api),
        Case("unreachable name", .notConnected(.unknownHost), .failed, .connect, isRetried: true),
        Case("refused", .notConnected(.refused), .failed, .connect, isRetried: true),
        Case("connect timeout", .notConnected(.timedOut(.connect)), .failed, .connect, isRetried: true),
        Case("handshake timeout", .notConnected(.timedOut(.handshake)), .failed, .connect, isRetried: true),
        Case("handshake cut", .notConnected(.handshake), .failed, .connect, isRetried: true),
        Case("proxy", .notConnected(.proxy(status: 403)), .failed, .connect, isRetried: true),
        Case("pin", .notConnected(.untrusted(.pinMismatch)), .failed, .tls),
        Case("authority", .notConnected(.untrusted(.unknownAuthority)), .failed, .tls),
        Case("timeout", .unanswered(.timedOut, status: nil), .unknown, .timeout, isRetried: true),
        Case("timeout in the answer", .unanswered(.timedOut, status: 200), .unknown, .timeout, isRetried: true),
        Case("reset", .unanswered(.reset, status: nil), .unknown, .protocol, isRetried: true),
        Case("closed", .unanswered(.closed, status: nil), .unknown, .protocol, isRetried: true),
        Case("truncated", .unanswered(.truncated, status: 200), .unknown, .protocol),
        Case("truncated server error", .unanswered(.truncated, status: 502), .unknown, .protocol, isRetried: true),
        Case("no HTTP", .unanswered(.malformed, status: nil), .unknown, .protocol),
        Case("server error", answer(500, "<html>"), .unknown, .protocol, isRetried: true),
        Case("bad gateway", answer(599, ""), .unknown, .protocol, isRetried: true),
        Case("too many requests", answer(429, ""), .failed, .protocol, isRetried: true),
        Case("not found", answer(404, "<html>"), .failed, .protocol),
        Case("redirect", answer(302, ""), .failed, .protocol),
        Case("HTML", answer(200, "<html>"), .unknown, .protocol),
        Case("empty", answer(200, ""), .unknown, .protocol),
        Case("no content", answer(204, ""), .unknown, .protocol),
        Case("too long", answer(200, #"{"errcode":0}"#, isTruncated: true), .unknown, .protocol),
        Case("cut JSON", answer(200, #"{"errcode":0"#), .unknown, .protocol),
        Case("no object", answer(200, "[0]"), .unknown, .protocol),
        Case("no errcode", answer(200, #"{"errmsg":"SUCCESS"}"#), .unknown, .protocol),
        Case("two errcodes", answer(200, #"{"errcode":0,"errcode":40002}"#), .unknown, .protocol),
        Case("broken errcode", answer(200, #"{"errcode":0.5}"#), .unknown, .protocol),
        Case("errcode in words", answer(200, #"{"errcode":"none"}"#), .unknown, .protocol),
        Case("errcode of a wrong type", answer(200, #"{"errcode":false}"#), .unknown, .protocol),
        Case("errcode beyond 64 bits", answer(200, #"{"errcode":9223372036854775808}"#), .unknown, .protocol),
    ]

    @Test("for an edit", arguments: cases)
    func edit(_ given: Case) {
        let reply = Reply(given.ending)
        let outcome = reply.editOutcome(errmsg: "M")
        #expect(outcome.status == given.status)
        #expect(outcome.errorClass == given.errorClass)
        #expect(reply.isTemporary == given.isRetried)
        #expect(outcome.error.isEmpty == (given.errorClass == nil))
        #expect(outcome.errmsg == (reply.errcode == nil ? "" : "M"))
    }

    @Test("for a login, which never leaves a row in doubt", arguments: cases)
    func login(_ given: Case) {
        let outcome = Reply(given.ending).preparationOutcome("login")
        #expect(outcome.status == .failed)
        #expect(outcome.errcode != 0)
        #expect(!outcome.error.isEmpty)
    }

    @Test(
        "an errcode is named in the sentence",
        arguments: [
            (60001, "the PBX refused the edit: errcode 60001 (DATA NOT FOUND)"),
            (2, "the PBX is not done with the edit: errcode 2 (PROCESSING)"),
            (10001, "the PBX refused the edit: errcode 10001 (INTERFACE NOT EXISTED), its firmware has no such call"),
            (4711, "the PBX refused the edit: errcode 4711"),
        ])
    func sentences(_ errcode: Int, _ expected: String) {
        #expect(Reply(Self.errcode(errcode)).editOutcome(errmsg: "").error == expected)
    }

    @Test("an outcome tells errcode and HTTP status as they came")
    func codes() {
        let outcome = Reply(Self.errcode(40002, status: 418)).editOutcome(errmsg: "M")
        #expect(outcome.errcode == 40002)
        #expect(outcome.httpStatus == 418)
        #expect(Reply(.unanswered(.reset, status: 200)).editOutcome(errmsg: "").httpStatus == 200)
        #expect(Reply(.notConnected(.refused)).editOutcome(errmsg: "").httpStatus == nil)
    }

    @Test(
        "the pause that is asked for is five minutes at most",
        arguments: [
            (.seconds(0), .zero), (.seconds(120), .seconds(120)), (.seconds(301), .seconds(300)),
            (.seconds(.max), .seconds(300)), (.moment(1000), .zero), (.moment(1_795_467_600), .zero),
            (.moment(1_795_467_690), .milliseconds(89_500)), (.moment(1_795_467_900), .milliseconds(299_500)),
            (.moment(1_795_467_901), .seconds(300)), (.moment(.max), .seconds(300)), (nil, nil),
        ] as [(RetryAfter?, Duration?)])
    func pauses(_ retryAfter: RetryAfter?, _ expected: Duration?) {
        let reply = Reply(.answered(HTTPAnswer(status: 429, body: [], retryAfter: retryAfter)))
        #expect(reply.pause(at: WallTime(milliseconds: 1_795_467_600_500)) == expected)
    }
}
