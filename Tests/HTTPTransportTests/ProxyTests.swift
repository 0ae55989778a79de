import Glibc
import HTTPTransport
import TestSupport
import Testing

/// The environment belongs to the whole process, so each of these runs in one of its own.
@Suite("A proxy from the environment")
struct ProxyTests {
    @Test("an http request goes to the proxy, which may have passed it on when it does not answer")
    func plain() async {
        await #expect(processExitsWith: .success) {
            let proxy = try ScriptedServer([.answer(200, "by proxy"), .answer([])])
            setenv("http_proxy", proxy.url(), 1)
            let answered = try exchange("http://127.0.0.2:1/path")
            #expect(answered == .answered(HTTPAnswer(status: 200, body: Array("by proxy".utf8))))
            #expect(proxy.requests.first?.line == "GET http://127.0.0.2:1/path HTTP/1.1")
            let closed = try exchange("http://127.0.0.2:1/path")
            #expect(closed == .unanswered(.closed, status: nil))
        }
    }

    @Test("an https request has not left when the proxy does not connect")
    func tunnel() async {
        await #expect(processExitsWith: .success) {
            let connected = Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)
            let proxy = try ScriptedServer([
                .answer(403, ""), .answer([]), .answerAndReset([]), .answer(connected), .silence,
            ])
            setenv("https_proxy", proxy.url(), 1)
            let settings = TransportSettings.make(timeout: .milliseconds(500))
            let endings = try (0..<5).map { _ in try exchange("https://127.0.0.2:1/secret", settings: settings) }
            #expect(
                endings == [
                    .notConnected(.proxy(status: 403)), .notConnected(.handshake), .notConnected(.handshake),
                    .notConnected(.handshake), .notConnected(.timedOut(.handshake)),
                ])
            #expect(proxy.requests.map(\.line) == Array(repeating: "CONNECT 127.0.0.2:1 HTTP/1.1", count: 5))
        }
    }

    @Test("a proxy that has no address is told from a host that has none")
    func unknownProxy() async {
        await #expect(processExitsWith: .success) {
            setenv("http_proxy", "http://proxy.invalid:3128", 1)
            let ending = try exchange("http://127.0.0.2:1/")
            #expect(ending == .notConnected(.proxy(status: nil)))
        }
    }

    @Test("no_proxy exempts a host")
    func exemption() async {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer([.answer(200, "direct")])
            setenv("http_proxy", "http://proxy.invalid:3128", 1)
            setenv("no_proxy", server.host, 1)
            let ending = try exchange(server.url())
            #expect(ending == .answered(HTTPAnswer(status: 200, body: Array("direct".utf8))))
        }
    }
}
