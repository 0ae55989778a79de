import FleetModel
import HTTPTransport
import PBXClient
@testable import PBXClient
import Platform
import TestSupport
import Testing

@Suite("What came back")
struct ReplyTests {
    private static let edit = PBXCall.CertificateAct.edit(CertificateEdit(id: 5, autoRenewal: false))
    private static let host = HostKey(name: "pbx.example", port: 8088)
    private static let now = WallTime(milliseconds: 1_795_467_600_500)

    private static let redirected =
        "the answer, HTTP 302, has no readable errcode; redirects are not followed: name the PBX itself in base_url"
    private static let blocked = "the PBX refused the edit: errcode 70004 (ACCOUNT IP BLOCKED)"
    private static let unblock = "too many logins failed: unblock this machine's address in the PBX's web portal"

    private func reply(_ exchange: HTTPExchange) -> Reply { Reply(exchange, at: Self.now) }

    @Test(
        "a refused edit is told with the errcode's name and what to do",
        arguments: [
            (-2, " (INTERNAL SERVER ERROR), the PBX is busy or in trouble: try again later"),
            (
                10001,
                " (INTERFACE NOT EXISTED), its firmware cannot edit certificates by the API: update it,"
                    + " or use its web portal"
            ),
            (10005, " (ACCESS DENIED), the application lacks the permission to edit certificates"),
            (
                10009,
                " (OPERATION FAILED), editing certificates is switched off there,"
                    + " or the application lacks the permission"
            ),
            (
                40002,
                " (PARAMETER ERROR), a value does not fit: is it no server certificate, the file in name not uploaded,"
                    + " or a DNS key missing?"
            ),
            (60001, " (DATA NOT FOUND), the PBX has no certificate with this id"),
            (
                60002,
                " (MAX LIMITATION EXCEEDED), the PBX holds as many certificates as it can:"
                    + " delete one there first"
            ),
            (70087, " (IP FORBIDDEN), allow this machine's address in the PBX's API settings"),
            (70123, " (API UNAVAILABLE), switch the API on in the PBX's web portal"),
            (4711, ""),
        ])
    func errcodes(_ errcode: Int, _ advice: String) {
        let outcome = reply(.errcode(errcode)).outcome(of: Self.edit, on: Self.host, errmsg: "")
        #expect(outcome.error == "the PBX refused the edit: errcode \(errcode)\(advice)")
    }

    @Test("an edit that the PBX is not done with is told as that")
    func processing() {
        let advice = "look at the certificate on the PBX before it is sent again"
        #expect(
            reply(.errcode(2)).outcome(of: Self.edit, on: Self.host, errmsg: "").error
                == "the PBX is not done with the edit: errcode 2 (PROCESSING), \(advice)")
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
            (.answer(302, "<html>"), redirected), (.answer(302), redirected),
            // The relay before a PBX that is off.
            (
                .answer(502, "<html>"),
                "the answer, HTTP 502, is a web page: is the PBX on, and does its relay or proxy reach it?"
            ),
            (
                .answer(503),
                "the answer, HTTP 503, has no readable errcode: the PBX is in trouble, try again later"
            ),
            (
                .answer(404),
                "the answer, HTTP 404, has no readable errcode: is this the PBX's API? check address, port and api_path"
            ),
            (
                .answer(429),
                "the answer, HTTP 429, has no readable errcode: the PBX is busy, try a lower --rate-per-host"
            ),
            (.errcode(70004), "\(blocked), \(unblock)"),
            (
                .answer(200, #"{"errcode":70004,"block_expire_time":1795467600}"#),
                "\(blocked), blocked until \(WallTime(milliseconds: 1_795_467_600_000).localText()), \(unblock)"
            ),
            (
                .answer(200, #"{"errcode":70004,"block_expire_time":"2026-11-26 05:30:00"}"#),
                "\(blocked), blocked until 2026-11-26 05:30:00, \(unblock)"
            ),
            (
                .answer(200, #"{"errcode":70004,"block_expire_time":"never, secret"}"#), "\(blocked), \(unblock)"
            ),
            (HTTPExchange.answer(302).early, "the edit was not sent: \(redirected)"),
            (HTTPExchange.success.early, "the edit was not sent: the answer, HTTP 200, came before it"),
            (
                .notConnected(.refused),
                "the connection to pbx.example:8088 was refused: is the PBX on, and the port right?"
            ),
            (.notConnected(.unknownHost), "the host name pbx.example cannot be resolved"),
            (.notConnected(.untrusted(.expired)), "the server's certificate has expired"),
            (.notConnected(.untrusted(.pinMismatch)), "the server's key is not the pinned one"),
            (
                .untrusted(.pinMismatch, key: "sha256//A"),
                "the server's key is not the pinned one: it is sha256//A, to be put into tls_pin if this is the right PBX"
            ),
            (
                .untrusted(.unknownAuthority, key: "sha256//A"),
                "the server's certificate is not signed by a trusted authority: trust its authority by --cacert, or put "
                    + "its key sha256//A into a column tls_pin of the input"
            ),
        ] as [(HTTPExchange, String)])
    func sentences(_ exchange: HTTPExchange, _ expected: String) {
        #expect(reply(exchange).outcome(of: Self.edit, on: Self.host, errmsg: "").error == expected)
    }

    @Test(
        "a refused login says what is probably wrong",
        arguments: [
            (.errcode(40002), "errcode 40002 (PARAMETER ERROR), client_id or client_secret is probably wrong"),
            (.errcode(10005), "errcode 10005 (ACCESS DENIED), client_id or client_secret is probably wrong"),
            (.errcode(70003), "errcode 70003, client_id or client_secret is probably wrong"),
            (
                .errcode(10001),
                "errcode 10001 (INTERFACE NOT EXISTED), its firmware has no such call: update it, or check api_path"
            ),
            (
                .errcode(10003),
                "errcode 10003 (API VERSION UNSUPPORTED), its firmware has another version of the API: check api_path"
            ),
            (
                .errcode(60002),
                "errcode 60002 (MAX LIMITATION EXCEEDED), 8 tokens of the application are in use: wait 30 minutes,"
                    + " or use a client_id of its own"
            ),
            (.errcode(70004), "errcode 70004 (ACCOUNT IP BLOCKED), \(unblock)"),
            (
                .errcode(70082),
                "errcode 70082 (OVERLOAD_TASK_RUNNING), the PBX is busy or in trouble: try again later"
            ),
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
        let outcome = reply(.errcode(40002, status: 418)).outcome(of: Self.edit, on: Self.host, errmsg: "M")
        #expect(outcome.errcode == 40002 && outcome.httpStatus == 418)
        #expect(
            reply(.unanswered(.reset, status: 200)).outcome(of: Self.edit, on: Self.host, errmsg: "").httpStatus == 200)
        #expect(reply(.notConnected(.refused)).outcome(of: Self.edit, on: Self.host, errmsg: "").httpStatus == nil)
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
