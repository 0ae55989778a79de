import FleetModel
import HTTPTransport
import PBXClient
@testable import PBXClient
import Platform
import TestSupport
import Testing

@Suite("What came back")
struct ReplyTests {
    private static let host = HostKey(name: "pbx.example", port: 8088)
    private static let now = WallTime(milliseconds: 1_795_467_600_500)

    private func reply(_ exchange: HTTPExchange) -> Reply { Reply(exchange, at: Self.now) }

    @Test(
        "an errcode is named in the sentence",
        arguments: [
            (60001, "the PBX refused the edit: errcode 60001 (DATA NOT FOUND)"),
            (2, "the PBX is not done with the edit: errcode 2 (PROCESSING)"),
            (10001, "the PBX refused the edit: errcode 10001 (INTERFACE NOT EXISTED), its firmware has no such call"),
            (4711, "the PBX refused the edit: errcode 4711"),
        ])
    func errcodes(_ errcode: Int, _ expected: String) {
        #expect(reply(.errcode(errcode)).editOutcome(on: Self.host, errmsg: "").error == expected)
    }

    @Test(
        "the sentence tells what became of the edit",
        arguments: [
            (.unanswered(.timedOut), "the edit was sent, but no answer came in time"),
            (HTTPExchange.unanswered(.timedOut).early, "the edit was not sent: no answer came in time"),
            (.answer(200), "the answer, HTTP 200, has no readable errcode"),
            (
                .answer(404, "\r\n<html>"),
                "the answer, HTTP 404, is a web page: this is no PBX API, check address, port and api_path"
            ),
            (.answer(302, "<html>"), "the answer, HTTP 302, has no readable errcode; redirects are not followed"),
            // The relay before a PBX that is off.
            (.answer(502, "<html>"), "the answer, HTTP 502, has no readable errcode"),
            (.errcode(70004), "the PBX refused the edit: errcode 70004 (ACCOUNT IP BLOCKED)"),
            (
                .answer(200, #"{"errcode":70004,"block_expire_time":1795467600}"#),
                "the PBX refused the edit: errcode 70004 (ACCOUNT IP BLOCKED), block_expire_time 1795467600"
            ),
            (
                .answer(200, #"{"errcode":70004,"block_expire_time":"2026-11-26 05:30:00"}"#),
                "the PBX refused the edit: errcode 70004 (ACCOUNT IP BLOCKED), block_expire_time 2026-11-26 05:30:00"
            ),
            (
                .answer(200, #"{"errcode":70004,"block_expire_time":"never, secret"}"#),
                "the PBX refused the edit: errcode 70004 (ACCOUNT IP BLOCKED)"
            ),
            (.answer(302), "the answer, HTTP 302, has no readable errcode; redirects are not followed"),
            (
                HTTPExchange.answer(302).early,
                "the edit was not sent: the answer, HTTP 302, has no readable errcode; redirects are not followed"
            ),
            (HTTPExchange.success.early, "the edit was not sent: the answer, HTTP 200, came before it"),
            (.notConnected(.refused), "the connection to pbx.example:8088 was refused"),
        ] as [(HTTPExchange, String)])
    func sentences(_ exchange: HTTPExchange, _ expected: String) {
        #expect(reply(exchange).editOutcome(on: Self.host, errmsg: "").error == expected)
    }

    @Test(
        "a refused login says what is probably wrong",
        arguments: [
            (.errcode(40002), "errcode 40002 (PARAMETER ERROR), client_id or client_secret is probably wrong"),
            (.errcode(10005), "errcode 10005 (ACCESS DENIED), client_id or client_secret is probably wrong"),
            (.errcode(70003), "errcode 70003, client_id or client_secret is probably wrong"),
            (.errcode(10001), "errcode 10001 (INTERFACE NOT EXISTED), its firmware has no such call"),
            (.errcode(10003), "errcode 10003 (API VERSION UNSUPPORTED)"),
            (.errcode(60002), "errcode 60002 (MAX LIMITATION EXCEEDED), 8 tokens of the application are in use"),
            (.errcode(70004), "errcode 70004 (ACCOUNT IP BLOCKED)"),
            (.errcode(70082), "errcode 70082 (OVERLOAD_TASK_RUNNING)"),
            (.success, "the PBX gave no token"),
            (
                .answer(200, "<html>"),
                "the answer, HTTP 200, is a web page: this is no PBX API, check address, port and api_path"
            ),
            (.unanswered(.closed), "the connection was closed without an answer"),
        ] as [(HTTPExchange, String)])
    func logins(_ exchange: HTTPExchange, _ expected: String) {
        let outcome = reply(exchange).preparationOutcome("login", on: Self.host)
        #expect(outcome.error == "the login failed: \(expected)")
    }

    @Test("an outcome tells errcode and HTTP status as they came")
    func codes() {
        let outcome = reply(.errcode(40002, status: 418)).editOutcome(on: Self.host, errmsg: "M")
        #expect(outcome.errcode == 40002 && outcome.httpStatus == 418)
        #expect(reply(.unanswered(.reset, status: 200)).editOutcome(on: Self.host, errmsg: "").httpStatus == 200)
        #expect(reply(.notConnected(.refused)).editOutcome(on: Self.host, errmsg: "").httpStatus == nil)
    }

    @Test(
        "what a reply makes of a login or logout is never good and never in doubt", arguments: RowProcedureTests.cases)
    func preparation(_ given: RowProcedureTests.Case) {
        let outcome = reply(given.reply).preparationOutcome("login", on: Self.host)
        #expect(outcome.status == .failed && outcome.errcode != 0 && !outcome.error.isEmpty)
    }

    @Test(
        "an errcode is read although the text around it is sloppy",
        arguments: [
            Array("\u{FEFF}{\"errcode\":40002}".utf8), Array("{\"errcode\":40002,\"errmsg\":\"a\nb\u{1}c\"}".utf8),
            Array("{\"errcode\":40002,\"errmsg\":\"".utf8) + [0xFF, 0xC3] + Array("\"}".utf8),
            Array("\u{FEFF}\r\n{\"errmsg\":\"\0\",\r\"errcode\":40002}\0".utf8),
        ])
    func sloppy(_ body: [UInt8]) {
        #expect(
            reply(HTTPExchange(.answered(HTTPAnswer(status: 200, body: body)), latency: .zero)).errcode?.number == 40002
        )
    }

    @Test(
        "what is no JSON object is not read as one",
        arguments: ["\u{FEFF}", "\u{FEFF}<html>", "\u{1}{", "{\"errcode\":1\n2}"])
    func notReadable(_ body: String) {
        #expect(reply(.answer(200, body)).errcode == nil)
    }

    @Test(
        "the pause that is asked for is told as it is meant",
        arguments: [
            (.seconds(0), .zero), (.seconds(120), .seconds(120)), (.seconds(301), .seconds(301)),
            (.seconds(.max), .seconds(Int64.max)), (.moment(1000), .zero), (.moment(1_795_467_600), .zero),
            (.moment(1_795_467_690), .milliseconds(89_500)), (.moment(1_795_467_901), .milliseconds(300_500)),
            (.moment(.max), .seconds(Int64.max) - .milliseconds(1_795_467_600_500)), (nil, nil),
        ] as [(RetryAfter?, Duration?)])
    func pauses(_ retryAfter: RetryAfter?, _ expected: Duration?) {
        #expect(reply(.answer(429, retryAfter: retryAfter)).pause == expected)
    }

    @Test(
        "a host that does not answer is told from one that does",
        arguments: [
            (.notConnected(.refused), true, false), (.notConnected(.timedOut(.lookup)), true, false),
            (.notConnected(.untrusted(.expired)), false, false), (.notConnected(.heldBack), false, false),
            (.unanswered(.timedOut), true, false), (.unanswered(.timedOut, status: 200), true, true),
            (.unanswered(.reset), false, false), (.answer(404), false, true), (.success, false, true),
        ] as [(HTTPExchange, Bool, Bool)])
    func silence(_ exchange: HTTPExchange, isInVain: Bool, hasAnswered: Bool) {
        #expect(reply(exchange).isInVain == isInVain && reply(exchange).hasAnswered == hasAnswered)
    }
}
