import Platform

/// The calls that a simulated PBX answers.
package enum Endpoint: String, Sendable, CaseIterable {
    /// Login with the application's credentials.
    case getToken = "get_token"
    /// New tokens for those of a login.
    case refreshToken = "refresh_token"
    /// Revocation of the token in the query.
    case delToken = "del_token"
    /// What one certificate is.
    case certificateGet = "certificate/get"
    /// What some certificates are.
    case certificateQuery = "certificate/query"
    /// What all certificates are, page by page.
    case certificateList = "certificate/list"
    /// A file for an edit or a new certificate to name.
    case certificateUpload = "certificate/upload"
    /// A new certificate.
    case certificateCreate = "certificate/create"
    /// The edit of one certificate.
    case certificateUpdate = "certificate/update"
    /// The end of one certificate.
    case certificateDelete = "certificate/delete"

    /// GET queries and deletes, POST adds and acts.
    var method: String {
        switch self {
        case .delToken, .certificateGet, .certificateQuery, .certificateList, .certificateDelete: "GET"
        case .getToken, .refreshToken, .certificateUpload, .certificateCreate, .certificateUpdate: "POST"
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
    let contentType: String?
    /// The caller's IP address.
    let client: String
    let body: [UInt8]
    /// When its head had been read, on the monotonic clock.
    let started: Duration

    /// - Parameter uri: path and query as the request line has them.
    init(
        method: String, uri: String, userAgent: String?, contentType: String?, client: String, body: [UInt8],
        started: Duration
    ) {
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.method = method
        call = String(parts[0].hasPrefix(Self.apiPath) ? parts[0].dropFirst(Self.apiPath.count) : parts[0])
        query = parts.count > 1 ? String(parts[1]) : ""
        self.userAgent = userAgent
        self.contentType = contentType
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

    /// A value of the query that is a whole number from 1; nil when it has none of that name.
    func number(_ name: String) throws(ErrorCode) -> Int? {
        guard let text = parameter(name) else { return nil }
        guard let number = Int(digits: text.utf8), number > 0 else { throw .parameter }
        return number
    }

    /// A value of the query that is one of a few words; nil when it has none of that name.
    func word<Word: RawRepresentable<String>>(_ name: String) throws(ErrorCode) -> Word? {
        guard let text = parameter(name) else { return nil }
        guard let word = Word(rawValue: text) else { throw .parameter }
        return word
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
