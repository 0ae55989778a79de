import Dispatch
import Glibc
@testable import HTTPTransport
import Platform
import TestSupport
import Testing

/// Resolves names as a test says, and takes note of how.
final class Resolver: Sendable {
    private struct Log {
        var names: [String] = []
        var current = 0
        var most = 0
    }

    private let log = Lock(Log())
    private let answer: @Sendable (String) -> NameLookups.Finding

    init(_ answer: @escaping @Sendable (String) -> NameLookups.Finding) {
        self.answer = answer
    }

    /// The names that were looked up.
    var names: [String] { log.withLock { $0.names } }
    /// How many were looked up at once at most.
    var most: Int { log.withLock { $0.most } }

    func lookups(threads: Int = 64) -> NameLookups {
        NameLookups(threadLimit: threads) { [self] name in
            log.withLock { log in
                log.names.append(name)
                log.current += 1
                log.most = max(log.most, log.current)
            }
            defer { log.withLock { $0.current -= 1 } }
            return answer(name)
        }
    }
}

@Suite("A name that is looked up")
struct NameLookupsTests {
    private static let answered = HTTPExchange.Ending.answered(HTTPAnswer(status: 200, body: Array("OK".utf8)))

    private func url(_ name: String, _ server: ScriptedServer) -> String { "http://\(name):\(server.port)/" }

    @Test("leads to its addresses, in their order, under its own name", arguments: [0, 1])
    func addresses(_ dead: Int) throws {
        let server = try ScriptedServer([.answer(200, "OK"), .answer(200, "OK")])
        let addresses = Array(repeating: "127.53.0.1", count: dead) + ["127.0.0.1", "[2001:db8::1]"]
        let resolver = Resolver { _ in .addresses(addresses) }
        let client = try Client(lookups: resolver.lookups())
        for name in ["pbx.test", "PBX.test"] {
            #expect(client.send(HTTPRequest(.get, url: url(name, server))).ending == Self.answered)
            #expect(server.requests.last?.headers.contains("Host: \(name):\(server.port)") == true)
        }
        #expect(resolver.names == ["pbx.test"])
    }

    @Test("is what the server's certificate must be for")
    func certificate() throws {
        let server = try TLSServer(name: "DNS:pbx.test")
        let resolver = Resolver { _ in .addresses([TLSServer.host]) }
        let client = try Client(.make(caFile: server.certificateFile), lookups: resolver.lookups())
        let endings = ["pbx.test", "other.test"].map {
            client.send(HTTPRequest(.get, url: "https://\($0):\(server.port)/")).ending
        }
        #expect(endings.first == .answered(HTTPAnswer(status: 200, body: Array("secure".utf8))))
        #expect(endings.last == .notConnected(.untrusted(.wrongName)))
    }

    @Test("is not looked up when it is an address, or a name of this machine")
    func ownNames() throws {
        let server = try ScriptedServer(Array(repeating: .answer(200, "OK"), count: 3))
        let resolver = Resolver { _ in .unknown }
        let client = try Client(lookups: resolver.lookups())
        for name in ["127.0.0.1", "localhost", "pbx.localhost"] {
            #expect(client.send(HTTPRequest(.get, url: url(name, server))).ending == Self.answered)
        }
        #expect(resolver.names.isEmpty)
    }

    @Test("is asked for once however many wait for it, by any loop")
    func sharing() throws {
        let server = try ScriptedServer(Array(repeating: .answer(200, "OK"), count: 20))
        let (isAsked, mayAnswer) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let resolver = Resolver { _ in
            isAsked.signal()
            mayAnswer.wait()
            return .addresses(["127.0.0.1"])
        }
        let lookups = resolver.lookups()
        let clients = try (0..<2).map { _ in try Client(lookups: lookups) }
        let ends = try (0..<20).map { index in
            let client = clients[index % 2]
            return client.begin(HTTPRequest(.get, url: url("pbx.test", server)), on: try client.anotherLine())
        }
        isAsked.wait()
        mayAnswer.signal()
        #expect(ends.allSatisfy { $0().ending == Self.answered })
        #expect(resolver.names == ["pbx.test"])
    }

    @Test("waits when too many are looked up, without losing time for it")
    func limit() throws {
        let server = try ScriptedServer([.answer(200, "OK")])
        let mayAnswer = DispatchSemaphore(value: 0)
        let resolver = Resolver { name in
            if name == "dead.test" { mayAnswer.wait() }
            return name == "dead.test" ? .noAnswer : .addresses(["127.0.0.1"])
        }
        let short = Duration.milliseconds(200)
        let client = try Client(.make(connectTimeout: short), lookups: resolver.lookups(threads: 1))
        let dead = client.begin(HTTPRequest(.get, url: "http://dead.test/"))
        let good = client.begin(HTTPRequest(.get, url: url("good.test", server)), on: try client.anotherLine())
        let hasty = HTTPRequest(.get, url: url("good.test", server), timeout: short)
        // Their time was over while they waited for the one thread.
        #expect(dead().ending == .notConnected(.timedOut(.lookup)))
        #expect(client.send(hasty, on: try client.anotherLine()).ending == .notConnected(.heldBack))
        mayAnswer.signal()
        #expect(good().ending == Self.answered)
        #expect(resolver.most == 1 && resolver.names == ["dead.test", "good.test"])
    }

    @Test("stands among 200 of which 8 are looked up at once")
    func many() throws {
        let resolver = Resolver { _ in
            usleep(1000)
            return .unknown
        }
        let client = try Client(lookups: resolver.lookups(threads: 8))
        let ends = try (0..<200).map {
            client.begin(HTTPRequest(.get, url: "http://pbx\($0).test/"), on: try client.anotherLine())
        }
        #expect(ends.allSatisfy { $0().ending == .notConnected(.unknownHost) })
        #expect(resolver.most <= 8 && Set(resolver.names).count == 200)
    }

    @Test(
        "is asked for again when it was unknown, and not at once when nobody answered",
        arguments: [(NameLookups.Finding.unknown, 2), (.noAnswer, 1)])
    func again(_ finding: NameLookups.Finding, _ count: Int) throws {
        let resolver = Resolver { _ in finding }
        let client = try Client(lookups: resolver.lookups())
        for _ in 0..<2 {
            #expect(client.send(HTTPRequest(.get, url: "http://pbx.test/")).ending == .notConnected(.unknownHost))
        }
        #expect(resolver.names.count == count)
    }

    @Test("holds up no other request while it hangs")
    func hanging() throws {
        let server = try ScriptedServer([.answer(200, "OK")])
        let mayAnswer = DispatchSemaphore(value: 0)
        let resolver = Resolver { _ in
            mayAnswer.wait()
            return .noAnswer
        }
        let client = try Client(.make(connectTimeout: .seconds(60), timeout: .seconds(60)), lookups: resolver.lookups())
        let ends = try (0..<100).map {
            client.begin(HTTPRequest(.get, url: "http://pbx\($0).test/"), on: try client.anotherLine())
        }
        #expect(client.send(HTTPRequest(.get, url: server.url())).ending == Self.answered)
        client.onLoop { $0.loop.cutAll() }
        #expect(ends.allSatisfy { $0().ending == .notConnected(.cut) })
        for _ in 0..<100 { mayAnswer.signal() }
    }

    @Test("is looked up although all names of another domain hang")
    func domains() throws {
        let server = try ScriptedServer([.answer(200, "OK")])
        let mayAnswer = DispatchSemaphore(value: 0)
        let resolver = Resolver { name in
            if name.hasSuffix(".dead.test") { mayAnswer.wait() }
            return name.hasSuffix(".dead.test") ? .noAnswer : .addresses(["127.0.0.1"])
        }
        let client = try Client(
            .make(connectTimeout: .seconds(60), timeout: .seconds(60)), lookups: resolver.lookups(threads: 8))
        let dead = try (0..<20).map {
            client.begin(HTTPRequest(.get, url: "http://pbx\($0).dead.test/"), on: try client.anotherLine())
        }
        #expect(client.send(HTTPRequest(.get, url: url("pbx.good.test", server))).ending == Self.answered)
        for _ in 0..<20 { mayAnswer.signal() }
        #expect(dead.allSatisfy { $0().ending == .notConnected(.unknownHost) })
        #expect(resolver.most <= 7 && resolver.names.count == 21)
    }

    @Test(
        "is not to blame for what this machine lacks",
        arguments: [
            (EAI_NONAME, 0, .unknown), (EAI_NONAME, ENOENT, .unknown), (EAI_AGAIN, 0, .noAnswer),
            (EAI_AGAIN, EAGAIN, .noAnswer), (EAI_AGAIN, ETIMEDOUT, .noAnswer), (EAI_SYSTEM, EIO, .unknown),
            (EAI_MEMORY, 0, .machine(.memory)), (EAI_SYSTEM, EINVAL, .machine(.files)),
            (EAI_SYSTEM, EMFILE, MachineLimit(EMFILE).map { .machine($0) }),
            (EAI_AGAIN, ENFILE, MachineLimit(ENFILE).map { .machine($0) }),
        ] as [(Int32, Int32, NameLookups.Finding?)])
    func failures(_ code: Int32, _ systemError: Int32, _ expected: NameLookups.Finding?) {
        #expect(NameLookups.Finding(failure: code, systemError: systemError) == expected)
    }

    @Test("is found by the system")
    func system() {
        let (found, isDone) = (Lock<NameLookups.Finding?>(nil), DispatchSemaphore(value: 0))
        let known = NameLookups().find("localhost") { answer in
            found.withLock { $0 = answer.finding }
            isDone.signal()
        }
        isDone.wait()
        guard known == nil, case .addresses(let addresses) = found.withLock({ $0 }) else {
            Issue.record("localhost has an address")
            return
        }
        #expect(addresses.contains("127.0.0.1") || addresses.contains("[::1]"))
    }
}
