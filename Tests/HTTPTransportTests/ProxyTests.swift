import Glibc
import HTTPTransport
import Platform
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
            let answered = try exchange("http://pbx.test:1/path")
            #expect(answered == .answered(HTTPAnswer(status: 200, body: Array("by proxy".utf8))))
            #expect(proxy.requests.first?.line == "GET http://pbx.test:1/path HTTP/1.1")
            let closed = try exchange("http://pbx.test:1/path")
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
            let endings = try (0..<5).map { _ in try exchange("https://pbx.test:1/secret", settings: settings) }
            #expect(
                endings == [
                    .notConnected(.proxy(status: 403)), .notConnected(.handshake), .notConnected(.handshake),
                    .notConnected(.handshake), .notConnected(.timedOut(.handshake)),
                ])
            #expect(proxy.requests.map(\.line) == Array(repeating: "CONNECT pbx.test:1 HTTP/1.1", count: 5))
        }
    }

    @Test("a proxy that has no address is told from a host that has none")
    func unknownProxy() async {
        await #expect(processExitsWith: .success) {
            setenv("http_proxy", "http://proxy.invalid:3128", 1)
            let ending = try exchange("http://pbx.test:1/")
            #expect(ending == .notConnected(.proxy(status: nil)))
        }
    }

    @Test("nor is one that refuses the connection the host's fault", arguments: ["http", "https", "socks5h"])
    func deadProxy(scheme: String) async {
        await #expect(processExitsWith: .success) { [scheme] in
            let nobody = try LoopbackSocket.unused()
            for name in ["http_proxy", "https_proxy"] { setenv(name, "\(scheme)://\(nobody.host):\(nobody.port)", 1) }
            for url in ["http://pbx.test:1/", "https://pbx.test:1/"] {
                let ending = try exchange(url)
                #expect(ending == .notConnected(.proxy(status: nil)), "\(url)")
            }
        }
    }

    @Test("no_proxy exempts a host")
    func exemption() async {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer([.answer(200, "direct")])
            setenv("http_proxy", "http://proxy.invalid:3128", 1)
            let url = "http://pbx.localhost:\(server.port)/"
            let lost = try exchange(url)
            #expect(lost == .notConnected(.proxy(status: nil)))
            setenv("no_proxy", "pbx.localhost", 1)
            let ending = try exchange(url)
            #expect(ending == .answered(HTTPAnswer(status: 200, body: Array("direct".utf8))))
        }
    }

    @Test("no proxy is used to reach this machine, be it before or after a host that is reached by one")
    func loopback() async {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer(Array(repeating: .answer(200, "direct"), count: 4))
            let proxy = try ScriptedServer(Array(repeating: .answer(200, "by proxy"), count: 4))
            for name in ["http_proxy", "https_proxy", "all_proxy"] { setenv(name, proxy.url(), 1) }
            let client = try Client(.make())
            let near = ["127.0.0.1", "localhost", "LocalHost", "127.0.0.1"]
            let far = ["pbx.test", "127.example.org", "localhost.test", "mylocalhost"]
            for (near, far) in zip(near, far) {
                let direct = client.send(HTTPRequest(.get, url: "http://\(near):\(server.port)/"))
                #expect(direct.ending == .answered(HTTPAnswer(status: 200, body: Array("direct".utf8))), "\(near)")
                let proxied = client.send(HTTPRequest(.get, url: "http://\(far):1/"))
                #expect(proxied.ending == .answered(HTTPAnswer(status: 200, body: Array("by proxy".utf8))), "\(far)")
            }
            #expect(proxy.requests.map(\.line) == far.map { "GET http://\($0):1/ HTTP/1.1" })
        }
    }

    @Test("every address of this machine is told from one that only looks like it, with a proxy that nobody answers")
    func addresses() async {
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "https_proxy"] { setenv(name, "http://proxy.invalid:3128", 1) }
            for url in ["http://[::1]:1/", "https://127.53.0.9:1", "http://127.53.0.9:1?x", "https://localhost:1/a:b"] {
                let ending = try exchange(url)
                #expect(ending == .notConnected(.refused), "\(url)")
            }
            for url in ["http://[::2]:1/", "http://128.0.0.1:1/", "https://127.test/", "http://localhost.test"] {
                let ending = try exchange(url)
                #expect(ending == .notConnected(.proxy(status: nil)), "\(url)")
            }
        }
    }
}
