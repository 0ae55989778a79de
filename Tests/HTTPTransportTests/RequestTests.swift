import TestSupport
import Testing

@testable import HTTPTransport

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

@Suite("Where a URL leads")
struct RequestHostTests {
    @Test(
        "to an address, a name of this machine or a name to look up, on its own port or the usual one",
        arguments: [
            ("http://127.0.0.1:8088/openapi", .address, 8088, true), ("https://10.0.0.1/", .address, 443, false),
            ("http://[::1]:80/", .address, 80, true), ("https://[2001:db8::1]", .address, 443, false),
            ("http://127.53.0.9?x", .address, 80, true), ("http://128.0.0.1/", .address, 80, false),
            ("HTTPS://LocalHost:1/a:b", .localName, 1, true), ("http://pbx.example/", .name("pbx.example"), 80, false),
            ("https://1PBX.example:8088", .name("1pbx.example"), 8088, false),
            ("http://1.2.3.4.example:80/", .name("1.2.3.4.example"), 80, false),
            ("http://127.example.org/", .name("127.example.org"), 80, false),
            ("https://mylocalhost#", .name("mylocalhost"), 443, false), ("http:", .name(""), 80, false),
            ("", .name(""), 80, false),
        ] as [(String, HTTPRequest.Host.Kind, Int, Bool)])
    func host(_ url: String, _ kind: HTTPRequest.Host.Kind, _ port: Int, _ isLoopback: Bool) {
        let host = HTTPRequest(.get, url: url).host
        #expect(host.kind == kind && host.port == port && host.isLoopback == isLoopback)
    }
}
