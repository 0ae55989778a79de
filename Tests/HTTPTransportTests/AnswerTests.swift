import HTTPTransport
import TestSupport
import Testing

@Suite("An answer as it is read")
struct AnswerTests {
    @Test("any status is an answer", arguments: [200, 204, 400, 404, 429, 500, 503])
    func statuses(_ status: Int) throws {
        let server = try ScriptedServer([.answer(status, status == 204 ? "" : "text")])
        let expected = HTTPAnswer(status: status, body: Array((status == 204 ? "" : "text").utf8))
        #expect(try exchange(server.url()) == .answered(expected))
    }

    @Test("a redirect is an answer and is not followed")
    func redirect() throws {
        let server = try ScriptedServer([.answer(302, "", headers: ["Location: /elsewhere"]), .answer(200, "")])
        #expect(try exchange(server.url()) == .answered(HTTPAnswer(status: 302, body: [])))
        #expect(server.requests.count == 1)
    }

    @Test(
        "Retry-After is read in all its forms, and nothing else is",
        arguments: [
            ("7", .seconds(7)), ("0", .seconds(0)), ("99999999999999999999", .seconds(.max)),
            ("Mon, 23 Nov 2026 20:00:00 GMT", .moment(1_795_464_000)),
            ("Monday, 23-Nov-26 20:00:00 GMT", .moment(1_795_464_000)),
            ("Mon Nov 23 20:00:00 2026", .moment(1_795_464_000)), ("-5", nil), ("1.5", nil), ("soon", nil), ("", nil),
        ] as [(String, RetryAfter?)])
    func retryAfter(_ value: String, _ expected: RetryAfter?) throws {
        let server = try ScriptedServer([.answer(429, "", headers: ["retry-after: \(value)"])])
        #expect(try exchange(server.url()) == .answered(HTTPAnswer(status: 429, body: [], retryAfter: expected)))
    }

    @Test("an announcement before the answer is passed over")
    func announcement() throws {
        let server = try ScriptedServer([.answer(Array("HTTP/1.1 102 P\r\n\r\nHTTP/1.1 200 OK\r\n\r\nyes".utf8))])
        #expect(try exchange(server.url()) == .answered(HTTPAnswer(status: 200, body: Array("yes".utf8))))
    }

    @Test("a body of just the limit is whole", arguments: [false, true])
    func bodyAtLimit(_ isChunked: Bool) throws {
        let body = String(repeating: "x", count: HTTPAnswer.sizeLimit)
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n\(body)\r\n0\r\n\r\n"
        let server = try ScriptedServer([isChunked ? .answer(Array(chunked.utf8)) : .answer(200, body)])
        #expect(try exchange(server.url()) == .answered(HTTPAnswer(status: 200, body: Array(body.utf8))))
    }

    @Test("a body beyond the limit is cut there")
    func bodyBeyondLimit() throws {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: HTTPAnswer.sizeLimit + 1)
        let server = try ScriptedServer([.answer(200, String(decoding: body, as: UTF8.self))])
        let expected = HTTPAnswer(status: 200, body: Array(body.dropLast()), isTruncated: true)
        #expect(try exchange(server.url()) == .answered(expected))
    }

    @Test("after a cut answer the next one is whole")
    func afterCutAnswer() throws {
        let large = String(repeating: "x", count: HTTPAnswer.sizeLimit * 2)
        let server = try ScriptedServer([.answer(200, large), .answer(200, "small")])
        let client = try Client(.make())
        _ = client.send(HTTPRequest(.get, url: server.url()))
        let second = client.send(HTTPRequest(.get, url: server.url())).ending
        #expect(second == .answered(HTTPAnswer(status: 200, body: Array("small".utf8))))
    }

    @Test("an answer stays as it is while the handle goes on")
    func answerIsKept() throws {
        let server = try ScriptedServer([.answer(200, "first"), .answer(200, "other")])
        let client = try Client(.make())
        let first = client.send(HTTPRequest(.get, url: server.url())).ending
        _ = client.send(HTTPRequest(.get, url: server.url()))
        #expect(first == .answered(HTTPAnswer(status: 200, body: Array("first".utf8))))
    }

    @Test("headers without end are given up")
    func endlessHeaders() throws {
        let line = "X-Filler: \(String(repeating: "x", count: 50_000))\r\n"
        let text = "HTTP/1.1 200 OK\r\n" + String(repeating: line, count: 30) + "\r\n"
        let server = try ScriptedServer([.answer(Array(text.utf8))])
        let ending = try exchange(server.url())
        switch ending {
        case .answered(let answer): #expect(answer.isTruncated)
        case .unanswered(_, let status): #expect(status == 200)
        case .notConnected: Issue.record("the request was sent")
        }
    }

    @Test("the latency covers the wait for the answer")
    func latency() throws {
        let server = try ScriptedServer([.silence])
        let client = try Client(.make(timeout: .milliseconds(200)))
        #expect(client.send(HTTPRequest(.get, url: server.url())).latency >= .milliseconds(200))
    }
}
