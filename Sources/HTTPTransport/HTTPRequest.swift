import Platform

/// One request to send. Its URL and body may hold secrets, so it shows only its method wherever it is printed.
package struct HTTPRequest: Sendable, CustomStringConvertible, CustomReflectable {
    /// What the request does, and with which body.
    package enum Method: Sendable {
        case get
        /// The body is sent as `application/json`.
        case post(body: [UInt8])
    }

    /// What it does, and with which body.
    package let method: Method
    /// Absolute `http` or `https` URL, percent-encoded.
    package let url: String
    /// Keys of which the server must have one, as ``TransportSettings/pin``; beats the one of the settings.
    package let pin: String?
    /// For the whole request, when that is shorter than what the settings allow.
    package let timeout: Duration?

    /// - Parameters:
    ///   - method: what the request does.
    ///   - url: absolute `http` or `https` URL, percent-encoded.
    ///   - pin: keys of which the server must have one; nil for those of the settings.
    ///   - timeout: for the whole request, when that is shorter than what the settings allow.
    package init(_ method: Method, url: String, pin: String? = nil, timeout: Duration? = nil) {
        self.method = method
        self.url = url
        self.pin = pin
        self.timeout = timeout
    }

    /// The method alone.
    package var description: String {
        switch method {
        case .get: "GET"
        case .post: "POST"
        }
    }

    /// Nothing, so that a dump shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Whether anything is sent behind the head.
    var hasBody: Bool {
        if case .post(let body) = method { !body.isEmpty } else { false }
    }

    /// Where the URL leads.
    var host: Host {
        var url = url
        return url.withUTF8 { Host(inURL: $0) }
    }
}

extension HTTPRequest {
    /// What stands in a URL between its scheme and its path, as far as the transport must know it.
    struct Host {
        /// How the server is named.
        enum Kind: Equatable {
            /// An address, for which there is nothing to look up.
            case address
            /// A name of this machine, which libcurl knows by itself.
            case localName
            /// A name to look up, in lower case.
            case name(String)
        }

        let kind: Kind
        /// As in the URL, or the usual one of its scheme.
        let port: Int
        /// Whether it is this machine: `localhost`, `[::1]` or an address of 127.0.0.0/8.
        let isLoopback: Bool

        init(inURL url: Bytes) {
            let schemeEnd = url.firstIndex(of: UInt8(ascii: ":")) ?? url.endIndex
            let rest = url.part(min(schemeEnd + "://".utf8.count, url.count)..<url.count)
            let name = rest.part(0..<Self.nameLength(rest))
            let isIPv6 = name.first == UInt8(ascii: "[")
            let isIPv4 = !isIPv6 && !name.isEmpty && name.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
            let isLocalName = name.equalsIgnoringCase("localhost")
            isLoopback = isIPv4 && name.starts(with: "127.") || isLocalName || name.equals("[::1]")
            kind = isIPv4 || isIPv6 ? .address : isLocalName ? .localName : .name(name.text.lowercased())
            let isSecure = url.part(0..<schemeEnd).equalsIgnoringCase("https")
            port = Self.port(rest.part(name.count..<rest.count)) ?? (isSecure ? 443 : 80)
        }

        private static func nameLength(_ bytes: Bytes) -> Int {
            if bytes.first == UInt8(ascii: "[") {
                return bytes.firstIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? bytes.count
            }
            return bytes.firstIndex { byte in
                switch byte {
                case UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"): true
                default: false
                }
            } ?? bytes.count
        }

        /// The port that stands behind a name; nil when none does.
        private static func port(_ bytes: Bytes) -> Int? {
            guard bytes.first == UInt8(ascii: ":") else { return nil }
            var number: Int?
            for byte in bytes.dropFirst().prefix(5) {
                guard byte.isDigit else { break }
                number = (number ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
            }
            return number
        }
    }
}
