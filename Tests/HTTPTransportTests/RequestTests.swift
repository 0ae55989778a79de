import Platform
import Glibc
import HTTPTransport
import TestSupport
import Testing

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

    @Test("a GET after a POST on the same transport carries nothing of it")
    func getAfterPost() throws {
        let server = try ScriptedServer([.answer(200, "{}"), .answer(200, "{}")])
        let transport = try HTTPTransport(.make())
        _ = transport.send(HTTPRequest(.post(body: Array("{}".utf8)), url: server.url()))
        _ = transport.send(HTTPRequest(.get, url: server.url("http", "/second")))
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
        let transport = try HTTPTransport(.make())
        let endings = (0..<2).map { _ in transport.send(HTTPRequest(.get, url: server.url())).ending }
        let expected = HTTPExchange.Ending.answered(HTTPAnswer(status: 200, body: Array("OK".utf8)))
        #expect(endings == [expected, expected])
        #expect(server.requests.count == 2)
    }

    @Test("a request leaves when it may, which is asked once and only when the connection stands")
    func question() throws {
        let server = try ScriptedServer([.answer(200, "OK"), .answer(200, "OK")])
        let transport = try HTTPTransport(.make())
        var questions = 0
        let ask = {
            questions += 1
            return questions > 1
        }
        let nobody = try LoopbackSocket.unused()
        let refused = transport.send(HTTPRequest(.get, url: "http://\(nobody.host):\(nobody.port)/"), mayLeave: ask)
        #expect(refused.ending == .notConnected(.refused) && questions == 0)
        let request = HTTPRequest(.get, url: server.url())
        #expect(transport.send(request, mayLeave: ask).ending == .notConnected(.heldBack))
        #expect(server.requests.isEmpty)
        let expected = HTTPExchange.Ending.answered(HTTPAnswer(status: 200, body: Array("OK".utf8)))
        #expect(transport.send(request, mayLeave: ask).ending == expected)
        #expect(server.requests.count == 1 && questions == 2)
    }

    @Test("a request that may leave too late does not")
    func lateAnswer() throws {
        let server = try ScriptedServer([.answer(200, "OK")])
        let request = HTTPRequest(.get, url: server.url(), timeout: .milliseconds(50))
        let exchange = try HTTPTransport(.make()).send(request) {
            usleep(60_000)
            return true
        }
        #expect(exchange.ending == .notConnected(.heldBack))
        #expect(server.requests.isEmpty)
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
