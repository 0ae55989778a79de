import Dispatch
import Glibc
import HTTPTransport
import Platform
import TestSupport
import Testing

@Suite("A body that waits at its gate")
struct GateTests {
    private static let edit = Array(#"{"id":5,"auto_renewal":0}"#.utf8)
    private static let refusal = Array(#"{"errcode":10004}"#.utf8)

    private static func answer(_ status: Int, _ body: [UInt8], headers: String = "") -> [UInt8] {
        Array("HTTP/1.1 \(status) Any\r\n\(headers)Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    /// A client whose heads wait with the body, as of plain HTTP, or go ahead of it, as over TLS and where a proxy may be.
    private func client(headGoesAhead: Bool) throws -> Client { try Client(.make(hasProxy: headGoesAhead)) }

    /// The bodies of requests that reached the server, once that has served another request.
    private func bodies(at server: ScriptedServer, by client: Client) -> [String] {
        let next = client.send(HTTPRequest(.get, url: server.url()))
        #expect(next.ending == .answered(HTTPAnswer(status: 200, body: Array("next".utf8))) && next.isBodySent)
        return server.requests.dropLast().map(\.body)
    }

    private func request(_ server: ScriptedServer, timeout: Duration? = nil) -> HTTPRequest {
        HTTPRequest(.post(body: Self.edit), url: server.url(), timeout: timeout)
    }

    @Test(
        "it leaves when the gate is open, at once or when another thread has it opened", arguments: [true, false],
        [true, false])
    func open(_ isOpen: Bool, _ headGoesAhead: Bool) throws {
        let server = try ScriptedServer([.answer(200, "{}")])
        let (client, questions) = (try client(headGoesAhead: headGoesAhead), Lock(0))
        let exchange = client.send(request(server)) { [loop = client.loop] gate in
            questions.withLock { $0 += 1 }
            if isOpen { return true }
            DispatchQueue.global().async { loop.post { gate.answer(true) } }
            return nil
        }
        #expect(exchange.ending == .answered(HTTPAnswer(status: 200, body: Array("{}".utf8))))
        #expect(exchange.isBodySent)
        #expect(server.requests.map(\.body) == [String(decoding: Self.edit, as: UTF8.self)])
        #expect(questions.withLock { $0 } == 1)
    }

    @Test("it leaves in one piece with its head when the gate opens soon")
    func onePiece() throws {
        let server = try ScriptedServer(Array(repeating: .answer(200, "{}"), count: 20))
        let client = try client(headGoesAhead: false)
        for _ in 0..<20 {
            let exchange = client.send(request(server)) { [loop = client.loop] gate in
                loop.post { gate.answer(true) }
                return nil
            }
            #expect(exchange.isBodySent)
        }
        #expect(server.requests.map(\.pieces) == Array(repeating: 1, count: 20))
    }

    @Test(
        "a large one is whole, whenever the gate opens", arguments: [8192, 8193, 2_000_000], [true, false])
    func large(_ size: Int, _ isOpen: Bool) throws {
        let server = try ScriptedServer([.answer(200, "{}")])
        let body = (0..<size).map { UInt8(ascii: "a") + UInt8($0 % 23) }
        let client = try Client()
        let exchange = client.send(HTTPRequest(.post(body: body), url: server.url())) { [loop = client.loop] gate in
            if isOpen { return true }
            loop.post { gate.answer(true) }
            return nil
        }
        #expect(exchange.isBodySent)
        #expect(exchange.ending == .answered(HTTPAnswer(status: 200, body: Array("{}".utf8))))
        #expect(server.requests.first.map { Array($0.body.utf8) } == body)
    }

    @Test("it does not leave when the gate says no, at once or later", arguments: [true, false], [true, false])
    func shut(_ isAtOnce: Bool, _ headGoesAhead: Bool) throws {
        let server = try ScriptedServer([.answerHead([], .nothing), .answer(200, "next")])
        let client = try client(headGoesAhead: headGoesAhead)
        let exchange = client.send(request(server)) { [loop = client.loop] gate in
            if isAtOnce { return false }
            DispatchQueue.global().async { loop.post { gate.answer(false) } }
            return nil
        }
        #expect(exchange.ending == .notConnected(.heldBack) && !exchange.isBodySent)
        let bodies = bodies(at: server, by: client)
        #expect(isAtOnce ? bodies.isEmpty : bodies == [""] || !headGoesAhead && bodies.isEmpty)
    }

    @Test("the gate is not asked when nobody can be reached, nor for a request without a body")
    func unasked() throws {
        let (nobody, server) = (try LoopbackSocket.unused(), try ScriptedServer([.answer(200, "{}")]))
        let questions = Lock(0)
        let ask: @Sendable (BodyGate) -> Bool? = { _ in
            questions.withLock { $0 += 1 }
            return true
        }
        let client = try Client()
        let url = "http://\(nobody.host):\(nobody.port)/"
        let refused = client.send(HTTPRequest(.post(body: Self.edit), url: url), gate: ask)
        #expect(refused.ending == .notConnected(.refused))
        let answered = client.send(HTTPRequest(.get, url: server.url()), gate: ask)
        #expect(answered.ending == .answered(HTTPAnswer(status: 200, body: Array("{}".utf8))))
        #expect(questions.withLock { $0 } == 0)
    }

    @Test(
        "an answer that comes before it is read, and it does not leave any more",
        arguments: [
            (answer(200, refusal), .nothing), (answer(200, refusal), .close), (answer(401, refusal), .nothing),
            (answer(401, refusal, headers: "Connection: close\r\n"), .close), (answer(503, []), .nothing),
            (Array("HTTP/1.1 200 OK\r\n\r\n".utf8) + refusal, .close),
        ] as [([UInt8], ScriptedServer.Act.Farewell)], [true, false])
    func earlyAnswer(_ answer: ([UInt8], ScriptedServer.Act.Farewell), _ headGoesAhead: Bool) throws {
        let (bytes, farewell) = answer
        let server = try ScriptedServer([.answerHead(bytes, farewell), .answer(200, "next")])
        let gates = Lock<[BodyGate]>([])
        // A head that has to wait goes ahead after a while.
        let client = try client(headGoesAhead: headGoesAhead)
        let early = client.send(request(server)) { gate in
            gates.withLock { $0.append(gate) }
            return nil
        }
        guard case .answered(let answer) = early.ending else {
            Issue.record("an answer came: \(early.ending)")
            return
        }
        #expect(!early.isBodySent && (answer.body == Self.refusal || answer.status == 503))
        // What is allowed too late must not reach the next request.
        client.onLoop { _ in gates.withLock { $0.first }?.answer(true) }
        #expect(bodies(at: server, by: client) == [""])
    }

    @Test("an answer that lies there when the gate opens is read, and nothing leaves any more but the head")
    func answerAtTheGate() throws {
        let isFound = try (0..<50).contains { _ in
            let server = try ScriptedServer([.talk(Self.answer(401, Self.refusal))])
            let client = try client(headGoesAhead: false)
            let exchange = client.send(request(server)) { [loop = client.loop] gate in
                DispatchQueue.global().async {
                    usleep(50_000)
                    loop.post { gate.answer(true) }
                }
                return nil
            }
            #expect(exchange.ending == .answered(HTTPAnswer(status: 401, body: Self.refusal)))
            return !exchange.isBodySent
        }
        #expect(isFound)
    }

    @Test("a body has not left that libcurl stops sending because the server is in trouble")
    func earlyAnswerToAPart() throws {
        let server = try ScriptedServer([.talk(Self.answer(500, Self.refusal))])
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 32 << 20)
        let exchange = try Client().send(HTTPRequest(.post(body: body), url: server.url())) { _ in true }
        #expect(!exchange.isBodySent, "\(exchange.ending)")
    }

    @Test("a server that goes meanwhile is not waited for", arguments: [true, false])
    func earlyEnd(_ isReset: Bool) throws {
        let server = try ScriptedServer([.answerHead([], isReset ? .reset : .close), .answer(200, "next")])
        let client = try client(headGoesAhead: true)
        let exchange = client.send(request(server)) { _ in nil }
        #expect(exchange.ending == .unanswered(isReset ? .reset : .closed, status: nil))
        #expect(!exchange.isBodySent)
        #expect(bodies(at: server, by: client) == (isReset ? [] : [""]))
    }

    @Test("nor is one that goes before anything was sent", arguments: [true, false])
    func earlyEndOfConnection(_ isReset: Bool) throws {
        let server = try ScriptedServer([isReset ? .resetUnread : .closeUnread, .answer(200, "next")])
        let client = try client(headGoesAhead: false)
        let exchange = client.send(request(server)) { _ in nil }
        // What libcurl hears first is chance.
        let endings: [HTTPExchange.Ending] = [
            .unanswered(.reset, status: nil), .unanswered(.closed, status: nil), .notConnected(.refused),
        ]
        #expect(endings.contains(exchange.ending), "\(exchange.ending)")
        #expect(!exchange.isBodySent)
        #expect(bodies(at: server, by: client) == [])
    }

    @Test("a server that reads no body gives an answer that says nothing about it")
    func unreadBody() throws {
        let server = try TLSServer()
        let request = HTTPRequest(.post(body: Self.edit), url: server.url, pin: server.pin)
        let exchange = try Client().send(request) { _ in nil }
        #expect(exchange.ending == .answered(HTTPAnswer(status: 200, body: Array("secure".utf8))))
        #expect(!exchange.isBodySent)
    }

    @Test("when its time is over at the gate, that is not the server's fault", arguments: [true, false])
    func timeout(_ headGoesAhead: Bool) throws {
        let server = try ScriptedServer([.answerHead([], .nothing), .answer(200, "next")])
        let client = try client(headGoesAhead: headGoesAhead)
        let exchange = client.send(request(server, timeout: .seconds(1))) { _ in nil }
        #expect(exchange.ending == .notConnected(.heldBack) && !exchange.isBodySent)
        // A head that has to wait goes ahead after a while.
        #expect(bodies(at: server, by: client) == [""])
    }

    @Test("a cut leaves it here")
    func cut() throws {
        let server = try ScriptedServer([.answerHead([], .nothing), .answer(200, "next")])
        let client = try client(headGoesAhead: true)
        let exchange = try cut(client, server)
        #expect(exchange.ending == .unanswered(.cut, status: nil) && !exchange.isBodySent)
        #expect(bodies(at: server, by: client) == [""])
    }

    @Test("a cut leaves the head here, too, unless it waited long")
    func cutOfPlainHTTP() throws {
        let isHere = try (0..<50).contains { _ in
            let server = try ScriptedServer([.answerHead([], .nothing), .answer(200, "next")])
            let client = try client(headGoesAhead: false)
            let exchange = try cut(client, server)
            #expect(!exchange.isBodySent)
            guard exchange.ending == .notConnected(.cut) else {
                #expect(exchange.ending == .unanswered(.cut, status: nil))
                return false
            }
            #expect(bodies(at: server, by: client).isEmpty)
            return true
        }
        #expect(isHere)
    }

    /// Cuts a request as soon as its gate was asked.
    private func cut(_ client: Client, _ server: ScriptedServer) throws -> HTTPExchange {
        let line = try client.anotherLine()
        return client.send(request(server), on: line) { _ in
            line.loop.post { line.loop.cut(line.handle) }
            return nil
        }
    }

    @Test("the time at the gate is no part of the latency", arguments: [true, false])
    func latency(_ headGoesAhead: Bool) throws {
        let server = try ScriptedServer([.answer(200, "{}")])
        let (client, clock, held) = (try client(headGoesAhead: headGoesAhead), SystemClock(), Lock(Duration.zero))
        let start = clock.now()
        let exchange = client.send(request(server)) { [loop = client.loop] gate in
            let question = clock.now()
            DispatchQueue.global().async {
                usleep(100_000)
                held.withLock { $0 = clock.now() - question }
                loop.post { gate.answer(true) }
            }
            return nil
        }
        #expect(exchange.latency + held.withLock { $0 } <= clock.now() - start)
    }

    @Test("many wait at once, and each goes by its own word", arguments: [true, false])
    func many(_ isTLS: Bool) throws {
        let count = 10
        let back = try ScriptedServer(Array(repeating: .answer(200, "{}"), count: count))
        let server = isTLS ? try TLSServer(upstream: "http://\(back.host):\(back.port)") : nil
        let client = try Client(.make(timeout: .seconds(60), pin: server?.pin))
        let url = server?.url ?? back.url()
        let (asked, gates) = (DispatchSemaphore(value: 0), Lock<[Int: BodyGate]>([:]))
        let ends = try (0..<count).map { index in
            client.begin(HTTPRequest(.post(body: Self.edit), url: url), on: try client.anotherLine()) { gate in
                gates.withLock { $0[index] = gate }
                asked.signal()
                return nil
            }
        }
        for _ in 0..<count { asked.wait() }
        client.onLoop { _ in
            for (index, gate) in gates.withLock({ $0 }) { gate.answer(index.isMultiple(of: 2)) }
        }
        let exchanges = ends.map { $0() }
        let answered = HTTPExchange.Ending.answered(HTTPAnswer(status: 200, body: Array("{}".utf8)))
        for (index, exchange) in exchanges.enumerated() {
            #expect(exchange.ending == (index.isMultiple(of: 2) ? answered : .notConnected(.heldBack)))
            #expect(exchange.isBodySent == index.isMultiple(of: 2))
        }
        #expect(back.requests.count == count / 2)
    }
}
