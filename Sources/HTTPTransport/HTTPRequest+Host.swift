import Platform

extension HTTPRequest {
    /// What stands in the URL between the scheme and the port or path, as far as the transport must know it.
    struct Host {
        /// Whether it is an address, for which there is nothing to look up.
        ///
        /// libcurl keeps addresses in its cache of lookups too and walks through all of them with every request.
        let isNumeric: Bool
        /// Whether it is this machine: `localhost`, `[::1]` or an address of 127.0.0.0/8.
        let isLoopback: Bool

        fileprivate init(_ name: Slice<UnsafeBufferPointer<UInt8>>) {
            let isIPv6 = name.first == UInt8(ascii: "[")
            let isIPv4 = !isIPv6 && !name.isEmpty && name.allSatisfy(Self.isOfIPv4)
            isNumeric = isIPv6 || isIPv4
            let isOwnAddress = isIPv4 && name.starts(with: "127.".utf8)
            isLoopback = isOwnAddress || !isIPv4 && Self.isOwnName(String(decoding: name, as: UTF8.self).lowercased())
        }

        private static func isOwnName(_ name: String) -> Bool { name == "localhost" || name == "[::1]" }

        private static func isOfIPv4(_ byte: UInt8) -> Bool {
            byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: ".")
        }
    }

    var host: Host {
        var url = url
        return url.withUTF8 { text in
            guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return Host(text[..<0]) }
            let rest = text[colon...].dropFirst("://".utf8.count)
            if rest.first == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "]")) {
                return Host(rest[...end])
            }
            return Host(rest.prefix { !Self.endsHost($0) })
        }
    }

    private static func endsHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"): true
        default: false
        }
    }
}
