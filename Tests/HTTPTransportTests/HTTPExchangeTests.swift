import HTTPTransport
@testable import HTTPTransport
import Platform
import TestSupport
import Testing

@Suite("A request as it is sent")
struct RequestTests {
    @Test("a POST carries the body as JSON under the name OpenAPI")
    func post() throws {
        let server = try ScriptedServer([.answer(200, "{}")])
        let body = Array(#"{"id":5,"auto_renewal":0}"#.utf8)
        _ = try exchange(server.url("http", "/openapi/v1.0/certificate/update?access_token=t%20k"), .post(body: body))
        let request = try #require(server.requests.first)
        #expect(request.line == "POST /openapi/v1.0/certificate/update?access_token=t%20k HTTP/1.1")
        #expect(request.body == #"{"id":5,"auto_renewal":0}"#)
        #expect(
            request.headers.sorted() == [
                "Accept: */*", "Content-Length: 25", "Content-Type: application/json",
                "Host: 127.0.0.1:\(server.port)", "User-Agent: OpenAPI",
            ])
    }

    @Test("a GET after a POST with the same handle carries nothing of it")
    func getAfterPost() throws {
        let server = try ScriptedServer([.answer(200, "{}"), .answer(200, "{}")])
        let client = try Client(.make())
        _ = client.send(HTTPRequest(.post(body: Array("{}".utf8)), url: server.url()))
        _ = client.send(HTTPRequest(.get, url: server.url("http", "/second")))
        let request = try #require(server.requests.last)
        #expect(request.line == "GET /second HTTP/1.1")
        #expect(request.body.isEmpty)
        #expect(request.headers.sorted() == ["Accept: */*", "Host: 127.0.0.1:\(server.port)", "User-Agent: OpenAPI"])
    }

    @Test("a large body leaves at once, without asking for a '100 Continue'")
    func largeBody() throws {
        let server = try ScriptedServer([.answer(200, "{}")])
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 2_000_000)
        _ = try exchange(server.url(), .post(body: body))
        let request = try #require(server.requests.first)
        #expect(request.body.utf8.count == 2_000_000)
        #expect(!request.headers.contains { $0.lowercased().hasPrefix("expect") })
    }

    @Test("a server that keeps the connection gets the next request on another one")
    func connectionPerRequest() throws {
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK".utf8)
        let server = try ScriptedServer([.answerAndKeep(answer), .answerAndKeep(answer)])
        let client = try Client(.make())
        let endings = (0..<2).map { _ in client.send(HTTPRequest(.get, url: server.url())).ending }
        let expected = HTTPExchange.Ending.answered(HTTPAnswer(status: 200, body: Array("OK".utf8)))
        #expect(endings == [expected, expected])
        #expect(server.requests.count == 2)
    }

    @Test("printing a request shows neither URL nor body")
    func printing() {
        let request = HTTPRequest(.post(body: Array("canary".utf8)), url: "http://h/?access_token=canary")
        var dumped = ""
        dump(request, to: &dumped)
        #expect("\(request)" == "POST")
        #expect(!(dumped + String(reflecting: request)).contains("canary"))
    }
}

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

@Suite("A request that fails")
struct FailureTests {
    private static let quick = TransportSettings.make(timeout: .milliseconds(300))
    private static let half = Array("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".utf8)
    private static let head = Array("HTTP/1.1 200 OK\r\nX-Filler: ".utf8)
    private static let chunk = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf".utf8)

    @Test(
        "sent but not answered as a whole",
        arguments: [
            (.answer([]), .unanswered(.closed, status: nil)),
            (.answerAndReset([]), .unanswered(.reset, status: nil)),
            (.silence, .unanswered(.timedOut, status: nil)),
            (.drip(first: head, then: [UInt8(ascii: "x")]), .unanswered(.timedOut, status: 200)),
            (.drip(first: half, then: [UInt8(ascii: "x")]), .unanswered(.timedOut, status: 200)),
            (.answer(half), .unanswered(.truncated, status: 200)),
            (.answer(chunk), .unanswered(.truncated, status: 200)),
            (.answerAndReset(half), .unanswered(.reset, status: 200)),
            (.answer(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)), .unanswered(.malformed, status: nil)),
        ] as [(ScriptedServer.Act, HTTPExchange.Ending)])
    func unanswered(_ act: ScriptedServer.Act, _ expected: HTTPExchange.Ending) throws {
        let server = try ScriptedServer([act])
        let isTimedOut = if case .unanswered(.timedOut, _) = expected { true } else { false }
        let settings = isTimedOut ? Self.quick : TransportSettings.make()
        let ending = try exchange(server.url(), .post(body: Array("{}".utf8)), settings: settings)
        #expect(ending == expected)
        #expect(server.requests.count == 1)
    }

    @Test("a connection closed before the request was read counts as sent")
    func closedUnread() throws {
        let server = try ScriptedServer([.closeUnread])
        guard case .unanswered(let failure, status: nil) = try exchange(server.url()) else {
            Issue.record("bytes of the request may have left")
            return
        }
        #expect([.closed, .reset].contains(failure))
    }

    @Test("a port where nobody listens refuses")
    func refused() throws {
        let address = try LoopbackSocket.unused()
        #expect(try exchange("http://\(address.host):\(address.port)/") == .notConnected(.refused))
    }

    @Test("a name that does not exist is unknown")
    func unknownHost() throws {
        #expect(try exchange("http://pbx.invalid/") == .notConnected(.unknownHost))
    }

    @Test("connecting ends with the connect timeout or the whole one, whichever is shorter", arguments: [true, false])
    func blackHole(_ isConnectShorter: Bool) throws {
        let short = Duration.milliseconds(300)
        let hole = try BlackHole()
        let settings = TransportSettings.make(
            connectTimeout: isConnectShorter ? short : .seconds(30), timeout: isConnectShorter ? .seconds(30) : short)
        #expect(
            try exchange("http://127.0.0.1:\(hole.port)/", settings: settings) == .notConnected(.timedOut(.connect)))
    }

    @Test("a request's own time limit beats a longer one, and only for that request", arguments: [true, false])
    func ownTimeout(_ isShorter: Bool) throws {
        let server = try ScriptedServer([.silence, .answer(200, "")])
        let (short, long) = (Duration.milliseconds(300), Duration.seconds(30))
        let client = try Client(.make(timeout: isShorter ? long : short))
        let limited = HTTPRequest(.get, url: server.url(), timeout: isShorter ? short : long)
        #expect(client.send(limited).ending == .unanswered(.timedOut, status: nil))
        let next = client.send(HTTPRequest(.get, url: server.url())).ending
        #expect(next == .answered(HTTPAnswer(status: 200, body: [])))
    }

    @Test("a handshake that goes nowhere was no request")
    func silentHandshake() throws {
        let server = try ScriptedServer([.silence])
        let ending = try exchange(server.url("https"), settings: Self.quick)
        #expect(ending == .notConnected(.timedOut(.handshake)))
    }

    @Test("a handshake that is cut or garbage was no request, and no matter of trust", arguments: [true, false])
    func brokenHandshake(_ isCut: Bool) throws {
        let server = try ScriptedServer([isCut ? .closeUnread : .talk([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28])])
        let ending = try exchange(server.url("https"))
        #expect(ending == .notConnected(.handshake))
    }

    @Test("plain HTTP where TLS was expected is no server to trust")
    func plainServer() throws {
        let server = try ScriptedServer([.talk(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))])
        #expect(try exchange(server.url("https")) == .notConnected(.untrusted(.plainHTTP)))
    }

    @Test(
        "nor is TLS where plain HTTP was expected, whether it says so by an alert or in words",
        arguments: [
            [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46],
            Array(
                """
                HTTP/1.1 400 Bad Request\r\nContent-Length: 60\r\n\r\n\
                <title>400 The plain HTTP request was sent to HTTPS port</title>
                """.utf8),
        ] as [[UInt8]])
    func secureServer(_ answer: [UInt8]) throws {
        let server = try ScriptedServer([.talk(answer)])
        #expect(try exchange(server.url()) == .notConnected(.untrusted(.tlsExpected)))
    }

    @Test("other schemes are not spoken", arguments: ["ftp", "file", "gopher"])
    func schemes(_ scheme: String) throws {
        guard case .notConnected(.other) = try exchange("\(scheme)://127.0.0.1/etc/hostname") else {
            Issue.record("\(scheme) was spoken")
            return
        }
    }

    @Test("what failed says so in words that hold no address")
    func descriptions() {
        let failures: [ConnectFailure] = [
            .unknownHost, .refused, .unreachable, .timedOut(.lookup), .timedOut(.connect), .timedOut(.handshake),
            .handshake, .proxy(status: nil), .proxy(status: 403), .heldBack, .other(code: 3), .untrusted(.pinMismatch),
            .untrusted(.wrongName), .untrusted(.expired), .untrusted(.notYetValid), .untrusted(.unknownAuthority),
            .untrusted(.unusableCAFile), .untrusted(.plainHTTP), .untrusted(.tlsExpected), .untrusted(.other(code: 23)),
        ]
        let answers: [AnswerFailure] = [.timedOut, .reset, .closed, .truncated, .malformed]
        let texts = failures.map(\.description) + answers.map(\.description)
        #expect(Set(texts).count == texts.count)
        #expect(texts.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") && !$0.contains("://") })
    }
}
