import JSONText

/// The calls that a simulated PBX answers.
package enum Endpoint: String, Sendable, CaseIterable {
    /// Login with the application's credentials.
    case getToken = "get_token"
    /// Revocation of the token in the query.
    case delToken = "del_token"
    /// The edit of one certificate.
    case certificateUpdate = "certificate/update"

    /// GET queries and deletes, POST adds and acts.
    var method: String {
        switch self {
        case .delToken: "GET"
        case .getToken, .certificateUpdate: "POST"
        }
    }
}

/// One request as it came over the connection.
struct ReceivedRequest: Sendable {
    let method: String
    /// The call's name, such as `certificate/update`; the whole path when it is not under the API's.
    let call: String
    /// What stood after `?`, as it came.
    let query: String
    let userAgent: String?
    /// The caller's IP address.
    let client: String
    let body: [UInt8]
    /// When its head had been read, on the monotonic clock.
    let started: Duration

    /// - Parameter uri: path and query as the request line has them.
    init(
        method: String, uri: String, userAgent: String?, client: String, body: [UInt8], started: Duration
    ) {
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.method = method
        call = String(parts[0].hasPrefix(Self.apiPath) ? parts[0].dropFirst(Self.apiPath.count) : parts[0])
        query = parts.count > 1 ? String(parts[1]) : ""
        self.userAgent = userAgent
        self.client = client
        self.body = body
        self.started = started
    }

    /// What stands before the name of a call in a path.
    private static let apiPath = "/openapi/v1.0/"

    /// The call by the path alone; nil for a path that names none.
    var endpoint: Endpoint? { Endpoint(rawValue: call) }

    /// A decoded value of the query; nil when it has none of that name.
    func parameter(_ name: String) -> String? {
        let item = query.split(separator: "&").first { $0.hasPrefix(name + "=") }
        return item?.dropFirst(name.count + 1).percentDecoded
    }
}

extension Substring {
    /// The text with each `%XX` as the byte it stands for; a broken escape stays as it is.
    fileprivate var percentDecoded: String {
        guard utf8.contains(UInt8(ascii: "%")) else { return String(self) }
        let parts = split(separator: "%", omittingEmptySubsequences: false)
        var bytes = Array(parts[0].utf8)
        for part in parts.dropFirst() {
            if let byte = UInt8(part.prefix(2), radix: 16), part.utf8.count >= 2 {
                bytes.append(byte)
                bytes.append(contentsOf: part.utf8.dropFirst(2))
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(contentsOf: part.utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The fields of an object in a request's body. An absent field is nil; one of another type is a syntax error.
struct BodyFields {
    private let object: JSONValue

    /// - Parameter known: the fields that the call has. A real PBX may let another one pass: here a misspelt one must not.
    init(_ body: [UInt8], known: Set<String>) throws(ErrorCode) {
        guard let value = try? JSONValue(parsing: body) else { throw .parameterSyntax }
        try self.init(value, known: known)
    }

    init(_ value: JSONValue, known: Set<String>) throws(ErrorCode) {
        guard case .object(let members) = value, members.allSatisfy({ known.contains($0.key) }) else {
            throw .parameterSyntax
        }
        object = value
    }

    func string(_ name: String) throws(ErrorCode) -> String? { try field(name) { $0.text } }

    /// A number that is written as a plain integer: `5` is one, `5.0` is none.
    func integer(_ name: String) throws(ErrorCode) -> Int? {
        try field(name) { if case .number(let text) = $0 { Int(text) } else { nil } }
    }

    func boolean(_ name: String) throws(ErrorCode) -> Bool? {
        try field(name) { if case .boolean(let value) = $0 { value } else { nil } }
    }

    func array(_ name: String) throws(ErrorCode) -> [JSONValue]? {
        try field(name) { if case .array(let elements) = $0 { elements } else { nil } }
    }

    private func field<Value>(_ name: String, _ read: (JSONValue) -> Value?) throws(ErrorCode) -> Value? {
        guard let value = object[name] else { return nil }
        guard let typed = read(value) else { throw .parameterSyntax }
        return typed
    }
}
