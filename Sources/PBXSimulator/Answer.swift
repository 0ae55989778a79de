import JSONText
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

    /// What the API answers: HTTP 200 with `{"errcode":…,"errmsg":…}` and what else the call brings.
    init(errcode: Int, message: String? = nil, members: [JSONMember] = []) {
        var body = JSONWriter()
        body.beginObject()
        body.member("errcode", Int64(errcode))
        body.member("errmsg", message ?? ErrorCode.message(of: errcode))
        for member in members { body.member(member.key, member.value) }
        body.endObject()
        self.init(status: 200, headers: [("Content-Type", "application/json")], body: body.bytes, errcode: errcode)
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

/// The codes a simulated PBX answers with by itself, by the names the PBX's own table gives them.
enum ErrorCode: Int, Error {
    case success = 0
    case interfaceNotExisted = 10001
    case tokenExpired = 10004
    case parameterSyntax = 40001
    case parameter = 40002
    case fileSizeExceeded = 40004
    case dataNotFound = 60001
    case limitExceeded = 60002
    case accountIPBlocked = 70004

    /// The errmsg of any code; a neutral one for a code that is not documented.
    static func message(of code: Int) -> String {
        messages[code] ?? "ERROR"
    }

    private static let messages = [
        -2: "INTERNAL SERVER ERROR",
        -1: "FAILURE",
        0: "SUCCESS",
        1: "PARTIAL SUCCESS",
        2: "PROCESSING",
        10001: "INTERFACE NOT EXISTED",
        10002: "API VERSION OUT OF MAINTENANCE",
        10003: "API VERSION UNSUPPORTED",
        10004: "TOKEN EXPIRED",
        10005: "ACCESS DENIED",
        10009: "OPERATION FAILED",
        40001: "PARAMETER SYNTAX ERROR",
        40002: "PARAMETER ERROR",
        40003: "DUPLICATE KEY VALUE",
        40004: "FILE SIZE EXCEEDED",
        60001: "DATA NOT FOUND",
        60002: "MAX LIMITATION EXCEEDED",
        70004: "ACCOUNT IP BLOCKED",
        70082: "OVERLOAD_TASK_RUNNING",
        70084: "ACTION FORBIDDEN",
        70087: "IP FORBIDDEN",
        70123: "API UNAVAILABLE",
    ]
}
