import HTTPTransport
import Platform
import TestSupport
import Testing

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
        let ending = try exchange(server.url(), .post(body: Array("{}".utf8)), settings: Self.quick)
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
        let server = try ScriptedServer([isCut ? .closeUnread : .talk(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))])
        let ending = try exchange(server.url("https"))
        #expect(ending == .notConnected(.handshake))
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
            .untrusted(.unusableCAFile), .untrusted(.other(code: 23)),
        ]
        let answers: [AnswerFailure] = [.timedOut, .reset, .closed, .truncated, .malformed]
        let texts = failures.map(\.description) + answers.map(\.description)
        #expect(Set(texts).count == texts.count)
        #expect(texts.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") && !$0.contains("://") })
    }
}
