/// How a host is written in a URL, and whether it is this machine.
package enum HostForm: Hashable, Sendable {
    /// An address of IPv4, or one of IPv6 in its brackets.
    case address(isLoopback: Bool)
    /// `localhost`, which needs no look-up.
    case localName
    /// Any other name; one like `127.example.org` is no address.
    case name

    /// Reads a host without its port, in any case.
    package init(_ host: Bytes) {
        if host.first == UInt8(ascii: "[") {
            self = .address(isLoopback: host.equals("[::1]"))
        } else if !host.isEmpty, host.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }) {
            self = .address(isLoopback: host.starts(with: "127."))
        } else {
            self = host.equalsIgnoringCase("localhost") ? .localName : .name
        }
    }

    /// Whether connecting stays on this machine: `localhost`, `[::1]` or an address of 127.0.0.0/8.
    package var isLoopback: Bool { self == .localName || self == .address(isLoopback: true) }
}
