import Foundation
import HTTPTransport
import Platform
import TestSupport
import Testing

@Suite("Whom a transport trusts")
struct TrustTests {
    private static let secure = HTTPExchange.Ending.answered(HTTPAnswer(status: 200, body: Array("secure".utf8)))
    private static let otherPin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

    @Test("a certificate that no authority signed is not trusted")
    func systemRoots() throws {
        let server = try TLSServer()
        #expect(try exchange(server.url) == .notConnected(.untrusted(.unknownAuthority)))
    }

    @Test("any certificate will do when told so")
    func insecure() throws {
        let server = try TLSServer(name: "IP:127.0.0.9", days: -1)
        #expect(try exchange(server.url, settings: .make(isInsecure: true)) == Self.secure)
    }

    @Test("a CA file is trusted in place of the system's")
    func caFile() throws {
        let (server, other) = (try TLSServer(), try TLSServer())
        let settings = TransportSettings.make(caFile: server.certificateFile)
        #expect(try exchange(server.url, settings: settings) == Self.secure)
        #expect(try exchange(other.url, settings: settings) == .notConnected(.untrusted(.unknownAuthority)))
    }

    @Test("a trusted certificate must be for the name")
    func wrongName() throws {
        let server = try TLSServer(name: "IP:127.0.0.9")
        let settings = TransportSettings.make(caFile: server.certificateFile)
        #expect(try exchange(server.url, settings: settings) == .notConnected(.untrusted(.wrongName)))
    }

    @Test("a trusted certificate must not have expired")
    func expired() throws {
        let server = try TLSServer(days: -1)
        let settings = TransportSettings.make(caFile: server.certificateFile)
        #expect(try exchange(server.url, settings: settings) == .notConnected(.untrusted(.expired)))
    }

    @Test("a CA file that only looks like one makes every server untrusted")
    func brokenCAFile() throws {
        let server = try TLSServer()
        let folder = try WorkDirectory()
        let file = try folder.write("roots.pem", "-----BEGIN CERTIFICATE-----\nbm8=\n-----END CERTIFICATE-----\n")
        #expect(
            try exchange(server.url, settings: .make(caFile: file)) == .notConnected(.untrusted(.unusableCAFile)))
    }

    @Test("the right pin is trust enough, without authority, name or date")
    func rightPin() throws {
        let server = try TLSServer(name: "IP:127.0.0.9", days: -1)
        #expect(try exchange(server.url, settings: .make(pin: server.pin)) == Self.secure)
    }

    @Test("a wrong pin is never trusted", arguments: [true, false])
    func wrongPin(isInsecure: Bool) throws {
        let server = try TLSServer()
        let settings = TransportSettings.make(
            caFile: server.certificateFile, pin: Self.otherPin, isInsecure: isInsecure)
        #expect(try exchange(server.url, settings: settings) == .notConnected(.untrusted(.pinMismatch)))
    }

    @Test("whoever is not trusted shows which key it has")
    func serverKey() throws {
        let server = try TLSServer()
        let url = server.url
        for (settings, isTrusted) in [
            (.make(), false), (.make(pin: Self.otherPin), false), (.make(isInsecure: true), true),
            (.make(caFile: server.certificateFile), true),
        ] as [(TransportSettings, Bool)] {
            let exchange = try Client(settings).send(HTTPRequest(.get, url: url))
            #expect(exchange.serverKey == server.pin)
            #expect((exchange.ending == Self.secure) == isTrusted)
        }
    }

    @Test("nginx says in words that it wants TLS")
    func plainRequest() throws {
        let server = try TLSServer()
        let ending = try exchange(server.url.replacing("https", with: "http"))
        #expect(ending == .notConnected(.untrusted(.tlsExpected)))
    }

    @Test("a request's pin beats the settings' for that request alone")
    func requestPin() throws {
        let server = try TLSServer()
        let client = try Client(.make(pin: Self.otherPin))
        let endings = [nil, server.pin, nil].map { pin in
            client.send(HTTPRequest(.get, url: server.url, pin: pin)).ending
        }
        let mismatch = HTTPExchange.Ending.notConnected(.untrusted(.pinMismatch))
        #expect(endings == [mismatch, Self.secure, mismatch])
    }

    @Test("after a request with a pin the chain is checked again")
    func chainAfterPin() throws {
        let server = try TLSServer()
        let client = try Client(.make())
        let endings = [server.pin, nil].map { pin in
            client.send(HTTPRequest(.get, url: server.url, pin: pin)).ending
        }
        #expect(endings == [Self.secure, .notConnected(.untrusted(.unknownAuthority))])
    }

    @Test("a CA file is read once for all requests")
    func caFileOnce() throws {
        let (server, folder) = (try TLSServer(), try WorkDirectory())
        let path = try folder.write("roots.pem", String(contentsOfFile: server.certificateFile, encoding: .utf8))
        let client = try Client(.make(caFile: path))
        let lines = [nil, try client.anotherLine()]
        let endings = lines.map { line in
            let ending = client.send(HTTPRequest(.get, url: server.url), on: line).ending
            unlink(path)
            return ending
        }
        #expect(endings == [Self.secure, Self.secure])
    }

    @Test("SSL_CERT_FILE names a CA file as for curl, unless another one is given; no key of a session is written")
    func variables() async {
        await #expect(processExitsWith: .success) {
            let (server, other, folder) = (try TLSServer(), try TLSServer(), try WorkDirectory())
            setenv("SSL_CERT_FILE", server.certificateFile, 1)
            setenv("SSLKEYLOGFILE", folder.file("keys"), 1)
            let byVariable = try exchange(server.url)
            #expect(byVariable == Self.secure)
            let byFlag = try exchange(server.url, settings: .make(caFile: other.certificateFile))
            #expect(byFlag == .notConnected(.untrusted(.unknownAuthority)))
            #expect(access(folder.file("keys"), F_OK) != 0)
            setenv("SSL_CERT_FILE", folder.file("none"), 1)
            #expect(throws: ToolError.self) { try exchange(server.url) }
        }
    }
}
