import Dispatch
import Glibc
@testable import HTTPTransport
import Platform
import TestSupport
import Testing

/// Takes connections and never answers, however many there are.
private struct SilentServer: ~Copyable {
    private let listener: LoopbackSocket
    let url: String

    init() throws {
        listener = try LoopbackSocket.listening(on: "127.0.0.1", backlog: 2000)
        url = "http://127.0.0.1:\(listener.port)/"
    }
}

@Suite("An event loop")
struct TransportLoopTests {
    @Test("does what is posted in its order, whoever posts")
    func posting() throws {
        let client = try Client()
        let (loop, done, isOver) = (client.loop, Lock<[Int]>([]), DispatchSemaphore(value: 0))
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for number in 0..<1000 {
                loop.post {
                    let count = done.withLock { done in
                        done.append(thread * 1000 + number)
                        return done.count
                    }
                    if count == 4000 { isOver.signal() }
                }
            }
        }
        isOver.wait()
        let order = done.withLock { $0 }
        for thread in 0..<4 {
            #expect(order.filter { $0 / 1000 == thread } == Array(thread * 1000..<(thread + 1) * 1000))
        }
    }

    @Test("carries hundreds of requests at once, and cuts them off at once")
    func cutting() throws {
        let server = try SilentServer()
        let client = try Client(.make(connectTimeout: .seconds(60), timeout: .seconds(60)))
        let count = 300
        let aged = DispatchSemaphore(value: 0)
        let ends = try (0..<count).map { _ in
            client.begin(
                HTTPRequest(.post(body: [1]), url: server.url), on: try client.anotherLine(), aged: { aged.signal() })
        }
        // None has ended when the last one has waited for long.
        for _ in 0..<count { aged.wait() }
        client.onLoop { $0.loop.cutAll() }
        #expect(ends.allSatisfy { $0().ending == .unanswered(.cut, status: nil) })
    }

    @Test("cuts a request that waits for a connection, and its handle serves again")
    func cuttingOne() throws {
        let (hole, server) = (try BlackHole(), try ScriptedServer([.answer(200, "OK")]))
        let client = try Client()
        let end = client.begin(HTTPRequest(.get, url: "http://127.0.0.1:\(hole.port)/"))
        client.onLoop { $0.loop.cut($0.handle) }
        #expect(end().ending == .notConnected(.cut))
        let next = client.send(HTTPRequest(.get, url: server.url())).ending
        #expect(next == .answered(HTTPAnswer(status: 200, body: Array("OK".utf8))))
    }

    @Test("cuts what is under way when it is stopped")
    func stopping() throws {
        let server = try SilentServer()
        let client = try Client(.make(timeout: .seconds(60)))
        let isAged = DispatchSemaphore(value: 0)
        let end = client.begin(HTTPRequest(.get, url: server.url), aged: { isAged.signal() })
        isAged.wait()
        client.loop.stop()
        #expect(end().ending == .unanswered(.cut, status: nil))
    }

    @Test("says once that a request waits for long")
    func aging() throws {
        let server = try SilentServer()
        let client = try Client(.make(timeout: .seconds(60)))
        let (count, isAged) = (Lock(0), DispatchSemaphore(value: 0))
        let first = client.begin(HTTPRequest(.get, url: server.url), aged: { count.withLock { $0 += 1 } })
        let second = client.begin(
            HTTPRequest(.get, url: server.url), on: try client.anotherLine(), aged: { isAged.signal() })
        isAged.wait()
        let third = client.begin(
            HTTPRequest(.get, url: server.url), on: try client.anotherLine(), aged: { isAged.signal() })
        isAged.wait()
        client.onLoop { $0.loop.cutAll() }
        for end in [first, second, third] { #expect(end().ending == .unanswered(.cut, status: nil)) }
        #expect(count.withLock { $0 } == 1)
    }

    @Test("starts a request from the end of another")
    func chaining() throws {
        let server = try ScriptedServer(Array(repeating: .answer(200, "OK"), count: 5))
        let client = try Client()
        let (endings, isOver) = (Lock<[HTTPExchange.Ending]>([]), DispatchSemaphore(value: 0))
        let request = HTTPRequest(.get, url: server.url())
        @Sendable func next(_ line: Client.Line) {
            line.loop.start(request, on: line.handle) { exchange in
                let isLast = endings.withLock { endings in
                    endings.append(exchange.ending)
                    return endings.count == 5
                }
                if isLast { isOver.signal() } else { next(line) }
            }
        }
        client.onLoop { next($0) }
        isOver.wait()
        let expected = HTTPExchange.Ending.answered(HTTPAnswer(status: 200, body: Array("OK".utf8)))
        #expect(endings.withLock { $0 } == Array(repeating: expected, count: 5))
    }
}

@Suite("What the machine lacks")
struct MachineLimitTests {
    /// Lets this process open so many files more.
    private static func limitFiles(to more: Int) {
        let next = open("/dev/null", O_RDONLY)
        close(next)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = rlim_t(Int(next) + more)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        // Whatever another thread closed meanwhile is taken too.
        for file in takeFiles().suffix(more) { close(file) }
    }

    /// Opens whatever this process may still open.
    private static func takeFiles() -> [Int32] {
        var files: [Int32] = []
        while case let file = open("/dev/null", O_RDONLY), file >= 0 { files.append(file) }
        return files
    }

    @Test(
        "is told from what a host does",
        arguments: [
            (EMFILE, true), (ENFILE, true), (ENOBUFS, true), (ENOMEM, true), (EAGAIN, true), (EADDRNOTAVAIL, true),
            (ECONNREFUSED, false), (EHOSTUNREACH, false), (ENETUNREACH, false), (ETIMEDOUT, false), (0, false),
        ])
    func limits(_ code: Int32, _ isLimit: Bool) {
        #expect((MachineLimit(code) != nil) == isLimit)
    }

    @Test("requests wait for the files of others")
    func waiting() async {
        await #expect(processExitsWith: .success) {
            let server = try TLSServer()
            let client = try Client(.make(timeout: .seconds(60), pin: server.pin))
            // The first one loads what libraries open once.
            let request = HTTPRequest(.get, url: server.url)
            let answered = HTTPExchange.Ending.answered(HTTPAnswer(status: 200, body: Array("secure".utf8)))
            let first = client.send(request).ending
            #expect(first == answered)
            let other = try Client(.make(timeout: .seconds(60), pin: server.pin))
            Self.limitFiles(to: 3)
            let ends = try (0..<30).map { _ in client.begin(request, on: try client.anotherLine()) }
            // Another loop has none left for it, and gets its share all the same.
            let others = try (0..<30).map { _ in other.begin(request, on: try other.anotherLine()) }
            let endings = (ends + others).map { $0().ending }
            #expect(endings == Array(repeating: answered, count: 60))
        }
    }

    @Test("a request for which there will be none ends as what it is")
    func hopeless() async {
        await #expect(processExitsWith: .success) {
            let client = try Client(.make(connectTimeout: .milliseconds(200)))
            Self.limitFiles(to: 0)
            var ending = client.send(HTTPRequest(.get, url: "http://127.0.0.1:1/")).ending
            // Another thread may have closed one of its own since.
            while ending == .notConnected(.refused), !Self.takeFiles().isEmpty {
                ending = client.send(HTTPRequest(.get, url: "http://127.0.0.1:1/")).ending
            }
            guard case .notConnected(.machine(let limit)) = ending else {
                Issue.record("it was said to be \(ending)")
                return
            }
            #expect(limit.description == "this machine cannot make another connection: too many open files")
            #expect(limit.error.hint == "raise the limit on open files (ulimit -n), or lower --jobs")
            let hasty = client.send(HTTPRequest(.get, url: "http://127.0.0.1:1/", timeout: .milliseconds(1)))
            #expect(hasty.ending == .notConnected(.heldBack))
        }
    }
}
