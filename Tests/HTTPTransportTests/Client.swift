import Dispatch
import FleetModel
import HTTPTransport
import Platform
import TestSupport

/// A loop on a queue of its own, and one host's handle.
final class Client {
    /// A host's handle and its loop.
    // Safe because the handle is only used on the loop.
    struct Line: @unchecked Sendable {
        let loop: TransportLoop
        let handle: HostHandle
    }

    let loop: TransportLoop
    private let ownLine: Line
    private let isOver = DispatchSemaphore(value: 0)

    init(_ settings: TransportSettings = .make(), lookups: NameLookups = NameLookups()) throws {
        loop = try TransportLoop(settings, lookups: lookups)
        ownLine = try Line(loop: loop, handle: loop.makeHandle())
        DispatchQueue(label: "test.loop").async { [loop, isOver] in
            loop.run()
            isOver.signal()
        }
    }

    deinit {
        loop.stop()
        isOver.wait()
    }

    /// Another host's handle.
    func anotherLine() throws -> Line { try Line(loop: loop, handle: loop.makeHandle()) }

    /// Makes a request and waits for its end.
    func send(
        _ request: HTTPRequest, on line: Line? = nil, gate: (@Sendable (BodyGate) -> Bool?)? = nil
    ) -> HTTPExchange {
        begin(request, on: line, gate: gate)()
    }

    /// Makes a request.
    ///
    /// - Returns: waits for its end.
    func begin(
        _ request: HTTPRequest, on line: Line? = nil, gate: (@Sendable (BodyGate) -> Bool?)? = nil,
        aged: (@Sendable () -> Void)? = nil
    ) -> () -> HTTPExchange {
        let (result, isDone) = (Lock<HTTPExchange?>(nil), DispatchSemaphore(value: 0))
        onLoop(with: line) { line in
            line.loop.start(request, on: line.handle, gate: gate, aged: aged) { exchange in
                result.withLock { $0 = exchange }
                isDone.signal()
            }
        }
        return {
            isDone.wait()
            guard let exchange = result.withLock({ $0 }) else { preconditionFailure("it was said to be over") }
            return exchange
        }
    }

    /// Has something done on the loop.
    func onLoop(with line: Line? = nil, _ work: @escaping @Sendable (Line) -> Void) {
        loop.post { [line = line ?? ownLine] in work(line) }
    }
}

extension TransportSettings {
    /// Settings with limits that a test can wait for.
    static func make(
        connectTimeout: Duration = .seconds(5), timeout: Duration = .seconds(5), caFile: String? = nil,
        pin: String? = nil, isInsecure: Bool = false, hasProxy: Bool = TransportSettings.namesProxy
    ) -> TransportSettings {
        TransportSettings(
            connectTimeout: connectTimeout, timeout: timeout, caFile: caFile, pin: pin, isInsecure: isInsecure,
            hasProxy: hasProxy)
    }
}

/// Makes one request with a loop of its own.
func exchange(
    _ url: String, _ method: HTTPRequest.Method = .get, settings: TransportSettings = .make()
) throws -> HTTPExchange.Ending {
    try Client(settings).send(HTTPRequest(method, url: url)).ending
}

extension HTTPRequest {
    /// A request to whatever host a URL names.
    init(_ method: Method, url: String, pin: String? = nil, timeout: Duration? = nil) {
        let parts = url.firstMatch(of: /:\/\/(\[.*\]|[^:\/?#]*)(?::(\d+))?/)?.output
        let port = parts?.2.flatMap { UInt16($0) } ?? (url.hasPrefix("https:") ? 443 : 80)
        let key = HostKey(name: parts.map { String($0.1) } ?? "", port: port)
        let start = url.utf8.index(url.startIndex, offsetBy: 8, limitedBy: url.endIndex) ?? url.endIndex
        let slash = url[start...].firstIndex(of: "/") ?? url.endIndex
        let host = Host(
            origin: String(url[..<slash]), nameToLookUp: key.form == .name ? key.name : nil, port: Int(port),
            isLoopback: key.form.isLoopback)
        let target = slash == url.endIndex ? "/" : String(url[slash...])
        self.init(method, of: host, target: target, pin: pin, timeout: timeout)
    }
}

extension ScriptedServer {
    /// The server's URL with a scheme.
    func url(_ scheme: String = "http", _ path: String = "/") -> String { "\(scheme)://\(host):\(port)\(path)" }
}
