/// One request as it came over the connection.
struct ReceivedRequest: Sendable {
    let method: String
    /// Path of the URL, still percent-encoded, without the query.
    let path: String
    /// What stood after `?`, as it came.
    let query: String
    let userAgent: String?
    /// The caller's IP address.
    let client: String
    let body: [UInt8]
    /// When its head had been read, on the monotonic clock.
    let started: Duration

    /// The call by the path alone; nil for a path that names none.
    var endpoint: Endpoint? { Endpoint(rawValue: call) }

    /// The path without what stands before every call; all of it when it stands elsewhere.
    var call: String {
        path.hasPrefix(Endpoint.pathPrefix) ? String(path.dropFirst(Endpoint.pathPrefix.count)) : path
    }

    /// The decoded `access_token` of the query; empty when there is none.
    var accessToken: String {
        let name = "access_token="
        let item = query.split(separator: "&").first { $0.hasPrefix(name) }
        return item.map { $0.dropFirst(name.count).percentDecoded } ?? ""
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
