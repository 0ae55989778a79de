package import Platform

/// What makes two rows rows of one PBX: the host name in lower case, and the port.
package struct HostKey: Hashable, Sendable, CustomStringConvertible {
    /// Host name or address in lower case; an IPv6 address in its brackets.
    package let name: String
    /// TCP port, 1–65535.
    package let port: UInt16
    /// How it is written.
    package let form: HostForm

    /// - Parameters:
    ///   - name: host name or address in any case.
    ///   - port: TCP port, 1–65535.
    package init(name: String, port: UInt16) {
        var name = name
        if name.withUTF8({ $0.contains { $0.isCapital || $0 >= 0x80 } }) { name = name.lowercased() }
        form = name.withUTF8 { HostForm($0) }
        self.name = name
        self.port = port
    }

    /// `name:port`.
    package var description: String { "\(name):\(port)" }
}

/// How a host is written, and whether it is this machine.
package enum HostForm: Hashable, Sendable {
    /// An address of IPv4, or one of IPv6 in its brackets.
    case address(isLoopback: Bool)
    /// `localhost`, which needs no look-up.
    case localName
    /// Any other name; one like `127.example.org` is no address.
    case name

    /// - Parameter host: name or address, in any case.
    package init(_ host: Bytes) {
        if host.first == UInt8(ascii: "[") {
            self = .address(isLoopback: host.equals("[::1]"))
        } else if host.last?.isDigit == true,
            host.reversed().prefix(while: { $0 != UInt8(ascii: ".") }).allSatisfy(\.isDigit)
        {
            // Everybody reads a name that ends in a number as an address.
            self = .address(isLoopback: host.starts(with: "127."))
        } else {
            self = host.equalsIgnoringCase("localhost") ? .localName : .name
        }
    }

    /// Whether connecting stays on this machine: `localhost`, `[::1]` or an address of 127.0.0.0/8.
    package var isLoopback: Bool { self == .localName || self == .address(isLoopback: true) }
}

/// Where the API of a PBX answers: `{scheme}://{host}/{apiPath}/…`.
package struct PBXAddress: Hashable, Sendable {
    /// The URL schemes a PBX is reached by.
    package enum Scheme: String, Sendable {
        case http, https
    }

    /// How to connect; `http` sends credentials in the clear.
    package let scheme: Scheme
    /// Whom to connect to.
    package let host: HostKey
    /// Path of the API without slashes at its ends, usually `openapi/v1.0`.
    package let apiPath: String

    /// - Parameters:
    ///   - scheme: how to connect.
    ///   - host: whom to connect to.
    ///   - apiPath: path of the API without slashes at its ends.
    package init(scheme: Scheme, host: HostKey, apiPath: String = PBXAddress.defaultAPIPath) {
        self.scheme = scheme
        self.host = host
        self.apiPath = apiPath
    }

    /// The API path of every firmware documented so far.
    package static let defaultAPIPath = "openapi/v1.0"
}
