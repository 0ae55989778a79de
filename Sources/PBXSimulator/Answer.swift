import NIOHTTP1

/// An HTTP answer that is not yet bytes.
struct Answer: Sendable {
    let status: Int
    /// Header lines beside those every answer has.
    let headers: [(name: String, value: String)]
    let body: [UInt8]
    /// The errcode in the body, for the record; nil when it has none.
    let errcode: Int?

    init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8], errcode: Int? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.errcode = errcode
    }

    /// What the API answers: HTTP 200 with `{"errcode":…,"errmsg":…}`.
    ///
    /// - Parameter members: further members as JSON text, each with a comma before it.
    init(errcode: Int, message: String? = nil, members: String = "") {
        let errmsg = (message ?? ErrorCode.message(of: errcode)).jsonQuoted
        self.init(
            status: 200, headers: [("Content-Type", "application/json")],
            body: Array("{\"errcode\":\(errcode),\"errmsg\":\(errmsg)\(members)}".utf8), errcode: errcode)
    }

    /// A refusal that repeats the request's query and body in errmsg.
    init(echoing request: ReceivedRequest) {
        let code = ErrorCode.parameter.rawValue
        let body = String(decoding: request.body, as: UTF8.self)
        self.init(errcode: code, message: "\(ErrorCode.message(of: code)): \(request.query) \(body)")
    }

    /// Status line and header, up to the empty line.
    ///
    /// - Parameter length: what `Content-Length` says; nil leaves it out, so that the body ends with the connection.
    func head(length: Int?) -> String {
        var lines = "HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n"
        for header in headers { lines += "\(header.name): \(header.value)\r\n" }
        if let length { lines += "Content-Length: \(length)\r\n" }
        return lines + "Connection: close\r\n\r\n"
    }
}
