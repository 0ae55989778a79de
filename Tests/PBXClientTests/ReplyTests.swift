import Platform
import HTTPTransport
import FleetModel
import TestSupport
import Testing

@testable import PBXClient

@Suite("What came back")
struct ReplyTests {
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
        #expect(reply(.errcode(errcode)).editOutcome(errmsg: "").error == expected)
    }

    @Test(
        "the sentence tells what became of the edit",
        arguments: [
            (.unanswered(.timedOut), "the edit was sent, but no answer came in time"),
            (HTTPExchange.unanswered(.timedOut).early, "the edit was not sent: no answer came in time"),
            (.answer(200), "the answer, HTTP 200, has no readable errcode"),
            (.answer(302), "the answer, HTTP 302, has no readable errcode; redirects are not followed"),
            (
                HTTPExchange.answer(302).early,
                "the edit was not sent: the answer, HTTP 302, has no readable errcode; redirects are not followed"
            ),
            (HTTPExchange.success.early, "the edit was not sent: the answer, HTTP 200, came before it"),
            (.notConnected(.refused), "the connection was refused"),
        ] as [(HTTPExchange, String)])
    func sentences(_ exchange: HTTPExchange, _ expected: String) {
        #expect(reply(exchange).editOutcome(errmsg: "").error == expected)
    }

    @Test("an outcome tells errcode and HTTP status as they came")
    func codes() {
        let outcome = reply(.errcode(40002, status: 418)).editOutcome(errmsg: "M")
        #expect(outcome.errcode == 40002 && outcome.httpStatus == 418)
        #expect(reply(.unanswered(.reset, status: 200)).editOutcome(errmsg: "").httpStatus == 200)
        #expect(reply(.notConnected(.refused)).editOutcome(errmsg: "").httpStatus == nil)
    }

    @Test(
        "what a reply makes of a login or logout is never good and never in doubt", arguments: RowProcedureTests.cases)
    func preparation(_ given: RowProcedureTests.Case) {
        let outcome = reply(given.reply).preparationOutcome("login")
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
        "the pause that is asked for is five minutes at most",
        arguments: [
            (.seconds(0), .zero), (.seconds(120), .seconds(120)), (.seconds(301), .seconds(300)),
            (.seconds(.max), .seconds(300)), (.moment(1000), .zero), (.moment(1_795_467_600), .zero),
            (.moment(1_795_467_690), .milliseconds(89_500)), (.moment(1_795_467_900), .milliseconds(299_500)),
            (.moment(1_795_467_901), .seconds(300)), (.moment(.max), .seconds(300)), (nil, nil),
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
