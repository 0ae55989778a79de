import HTTPTransport
import TestSupport
import Testing

@Suite("Requests with a form")
struct FormTests {
    private static func form(_ content: [UInt8], name: String = "a b.pem") -> HTTPRequest.Method {
        .form([
            HTTPRequest.FormField(name: "type", content: Array("server".utf8)),
            HTTPRequest.FormField(name: "file", fileName: name, content: content),
        ])
    }

    @Test("the fields arrive in their order, each to the byte, and nothing is waited for")
    func fields() throws {
        let server = try ScriptedServer([.answer(200, "one"), .answer(200, "two"), .answer(200, "three")])
        let client = try Client()
        let content = Array("-----BEGIN X-----\r\n--no boundary\n\u{0}".utf8)
        for method in [Self.form(content), .post(body: [0x7B, 0x7D]), .get] {
            let ending = client.send(HTTPRequest(method, url: server.url())).ending
            guard case .answered(let answer) = ending else { throw NoAnswer() }
            #expect(answer.status == 200)
        }
        let (form, post, get) = (server.requests[0], server.requests[1], server.requests[2])
        let type = try #require(form.headers.first { $0.hasPrefix("Content-Type: ") })
        let boundary = try #require(type.split(separator: "boundary=").last)
        #expect(type.hasPrefix("Content-Type: multipart/form-data; boundary="))
        #expect(!form.headers.contains { $0.hasPrefix("Expect") })
        let parts = form.body.components(boundary: String(boundary))
        #expect(parts[0].hasPrefix("\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nserver\r\n"))
        #expect(parts[1].hasPrefix("\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.pem\"\r\n"))
        #expect(parts[1].hasSuffix("\r\n\r\n" + String(decoding: content, as: UTF8.self) + "\r\n"))
        #expect(parts.count == 3 && parts[2].hasPrefix("--"))
        #expect(post.body == "{}" && post.headers.contains("Content-Type: application/json"))
        #expect(get.line.hasPrefix("GET ") && get.body.isEmpty)
    }

    @Test("a file of 1 MiB arrives whole, and a refusal before its end is heard")
    func large() throws {
        let answer = ScriptedServer.Act.answer(200, "ok")
        let refusal = Array("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8)
        let server = try ScriptedServer([answer, .answerHead(refusal, .close)])
        let client = try Client()
        let content = [UInt8](repeating: 0x61, count: 1 << 20)
        guard case .answered(let taken) = client.send(HTTPRequest(Self.form(content), url: server.url())).ending
        else { throw NoAnswer() }
        #expect(taken.status == 200 && server.requests[0].body.utf8.count > 1 << 20)
        guard case .answered(let refused) = client.send(HTTPRequest(Self.form(content), url: server.url())).ending
        else { throw NoAnswer() }
        #expect(refused.status == 413)
    }

    @Test("a name cannot break out of its field")
    func name() throws {
        let server = try ScriptedServer([.answer(200, "")])
        _ = try exchange(server.url(), Self.form([1], name: "a\"; x=\"b\r\nX: y"))
        #expect(server.requests[0].body.contains("filename=\"a%22; x=%22b%0D%0AX: y\"\r\n"))
    }

    private struct NoAnswer: Error {}
}

extension String {
    /// What stands between the lines of a boundary.
    fileprivate func components(boundary: String) -> [String] {
        var (parts, rest) = ([String](), self[...])
        while let range = rest.firstRange(of: "--\(boundary)") {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return Array(parts.dropFirst()) + [String(rest)]
    }
}
