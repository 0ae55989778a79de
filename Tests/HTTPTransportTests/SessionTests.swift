import HTTPTransport
import Platform
import TestSupport
import Testing

@Suite("A TLS session")
struct SessionTests {
    /// How nginx lets sessions be resumed, and in which version of TLS.
    static let kinds: [(TLSServer.Resumption, String)] = [
        (.byID, "TLSv1.2"), (.byTicket, "TLSv1.2"), (.byID, "TLSv1.3"), (.byTicket, "TLSv1.3"),
    ]

    private static let (full, resumed) = (answer("."), answer("r"))
    private static let mismatch = HTTPExchange.Ending.notConnected(.untrusted(.pinMismatch))
    private static let otherPin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

    private static func answer(_ text: String) -> HTTPExchange.Ending {
        .answered(HTTPAnswer(status: 200, body: Array(text.utf8)))
    }

    private func endings(
        _ client: Client, _ server: TLSServer, _ pins: [String?], on line: Client.Line? = nil
    ) -> [HTTPExchange.Ending] {
        pins.map { client.send(HTTPRequest(.get, url: server.url, pin: $0), on: line).ending }
    }

    @Test("is resumed by the requests of one handle, and by no other's", arguments: kinds)
    func resumption(_ resumption: TLSServer.Resumption, _ version: String) throws {
        let server = try TLSServer(resumption: resumption, version: version)
        let client = try Client(.make(caFile: server.certificateFile))
        #expect(endings(client, server, [nil, nil, nil]) == [Self.full, Self.resumed, Self.resumed])
        #expect(endings(client, server, [nil, nil], on: try client.anotherLine()) == [Self.full, Self.resumed])
    }

    @Test("is not kept where nobody asks for that, until somebody does", arguments: kinds)
    func unkept(_ resumption: TLSServer.Resumption, _ version: String) throws {
        let server = try TLSServer(resumption: resumption, version: version)
        let client = try Client(.make(caFile: server.certificateFile))
        client.onLoop { $0.handle.keepsSession = false }
        #expect(endings(client, server, [nil, nil]) == [Self.full, Self.full])
        client.onLoop { $0.handle.keepsSession = true }
        #expect(endings(client, server, [nil, nil]) == [Self.full, Self.resumed])
    }

    @Test("is given up for good when the server's key may have changed", arguments: kinds)
    func forgotten(_ resumption: TLSServer.Resumption, _ version: String) throws {
        let server = try TLSServer(resumption: resumption, version: version)
        let client = try Client(.make(pin: server.pin))
        #expect(endings(client, server, [nil, nil]) == [Self.full, Self.resumed])
        server.changeKey()
        // A session that is resumed does not show the key.
        #expect(endings(client, server, [nil]) == [Self.resumed])
        client.onLoop { $0.handle.keepsSession = false }
        #expect(endings(client, server, [nil, nil]) == [Self.mismatch, Self.mismatch])
    }

    @Test("is not resumed without the pin it began with", arguments: kinds)
    func wrongPin(_ resumption: TLSServer.Resumption, _ version: String) throws {
        let server = try TLSServer(resumption: resumption, version: version)
        let client = try Client(.make(caFile: server.certificateFile))
        let pins = [server.pin, server.pin, Self.otherPin, Self.otherPin, server.pin, nil, Self.otherPin]
        #expect(
            endings(client, server, pins) == [
                Self.full, Self.resumed, Self.mismatch, Self.mismatch, Self.resumed, Self.full, Self.mismatch,
            ])
    }

    @Test("one of several pins is enough", arguments: [true, false])
    func pins(_ isFirst: Bool) throws {
        let server = try TLSServer(resumption: .byID)
        let pins = isFirst ? "\(server.pin);\(Self.otherPin)" : "\(Self.otherPin);\(server.pin)"
        #expect(endings(try Client(.make(pin: pins)), server, [nil, nil]) == [Self.full, Self.resumed])
        #expect(endings(try Client(), server, ["\(Self.otherPin);\(Self.otherPin)"]) == [Self.mismatch])
    }
}
