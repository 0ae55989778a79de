import Platform
import Glibc

/// A request as a ``ScriptedServer`` read it.
package struct ScriptedRequest: Sendable {
    /// `POST /path?query HTTP/1.1`.
    package let line: String
    /// The header lines.
    package let headers: [String]
    package let body: String

    /// Reads up to the end of the body that `Content-Length` announces; nil when the client goes before.
    init?(readFrom connection: Int32) {
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let request = Self(whole: text) {
                self = request
                return
            }
            let count = recv(connection, &chunk, chunk.count, 0)
            guard count > 0 else { return nil }
            text += chunk.prefix(count)
        }
    }

    private init?(whole text: [UInt8]) {
        guard let end = text.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: text[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n").map(String.init)
        let prefix = "content-length: "
        let length = lines.first { $0.lowercased().hasPrefix(prefix) }.flatMap { Int($0.dropFirst(prefix.count)) } ?? 0
        guard text.count >= end.upperBound + length else { return nil }
        line = lines.first ?? ""
        headers = Array(lines.dropFirst())
        body = String(decoding: text[end.upperBound...].prefix(length), as: UTF8.self)
    }
}
