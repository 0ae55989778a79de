extension HTTPRequest {
    /// What stands in the URL between the scheme and the port or path, as far as the transport must know it.
    struct Host {
        /// Whether it is an address, for which there is nothing to look up.
        ///
        /// libcurl keeps addresses in its cache of lookups too and walks through all of them with every request.
        let isNumeric: Bool
        /// Whether it is this machine: `localhost`, `[::1]` or an address of 127.0.0.0/8.
        let isLoopback: Bool

        fileprivate init(_ name: Substring) {
            let isIPv6 = name.utf8.first == UInt8(ascii: "[")
            let isIPv4 = !isIPv6 && !name.isEmpty && name.utf8.allSatisfy(Self.isOfIPv4)
            isNumeric = isIPv6 || isIPv4
            isLoopback = isIPv4 ? name.hasPrefix("127.") : name == "[::1]" || name.lowercased() == "localhost"
        }

        private static func isOfIPv4(_ byte: UInt8) -> Bool {
            byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: ".")
        }
    }

    var host: Host {
        let text = url.utf8
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return Host("") }
        let rest = text[colon...].dropFirst("://".utf8.count)
        if rest.first == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "]")) {
            return Host(Substring(rest[...end]))
        }
        let end = rest.firstIndex { byte in
            switch byte {
            case UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"): true
            default: false
            }
        }
        return Host(Substring(rest[..<(end ?? rest.endIndex)]))
    }
}
