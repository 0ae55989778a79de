import Platform
import FleetModel

/// What a cell `base_url` says: how to reach a PBX, and which one it is.
///
/// `https://host[:port]` or `http://…` with the scheme's own port when none is given; a bare `host[:port]` means https
/// and port 8088 when none is given. One final `/` is dropped; anything else behind the port is an error.
struct BaseURL {
    let scheme: PBXAddress.Scheme
    /// Lower case; an IPv6 address in its shortest form and in brackets. Borrowed from the scratch space.
    let name: Bytes
    let port: UInt16

    /// Reads a cell.
    ///
    /// - Parameters:
    ///   - cell: the value without blanks at its ends.
    ///   - scratch: where the name is put; it serves cell after cell.
    /// - Throws: ``Flaw`` with code `base-url-malformed`.
    init(_ cell: Bytes, scratch: HostNameScratch) throws(Flaw) {
        var rest = cell
        var port: UInt16 = 8088
        if let end = Self.schemeEnd(in: cell) {
            scheme = try Self.scheme(cell.part(0..<end))
            port = scheme == .https ? 443 : 80
            rest = cell.part(end + 3..<cell.count)
        } else {
            scheme = .https
        }
        if rest.last == UInt8(ascii: "/") { rest = rest.part(0..<rest.count - 1) }
        name = try HostName.read(&rest, into: scratch)
        if !rest.isEmpty { port = try Self.port(rest) }
        self.port = port
    }

    /// Whether connecting stays on this machine.
    var isLoopback: Bool {
        // A name like 127.example.org is no address.
        let isAddress = name.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
        return isAddress && name.starts(with: "127.") || name.equals("localhost") || name.equals("[::1]")
    }

    private static func schemeEnd(in cell: Bytes) -> Int? {
        guard let colon = cell.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return cell.part(colon..<cell.count).starts(with: "://") ? colon : nil
    }

    private static func scheme(_ bytes: Bytes) throws(Flaw) -> PBXAddress.Scheme {
        if bytes.equalsIgnoringCase("https") { return .https }
        if bytes.equalsIgnoringCase("http") { return .http }
        throw Flaw(
            .baseURLMalformed, "the address must start with https:// or http://, not \(Quotation.of(bytes))")
    }

    /// Reads what follows the host name: a colon and the port.
    private static func port(_ bytes: Bytes) throws(Flaw) -> UInt16 {
        guard bytes[0] == UInt8(ascii: ":") else { throw tail(bytes) }
        var value = 0
        var index = 1
        while index < bytes.count, bytes[index].isDigit, value <= Int(UInt16.max) {
            value = value * 10 + Int(bytes[index] - UInt8(ascii: "0"))
            index += 1
        }
        let rest = bytes.part(index..<bytes.count)
        if index > 1, let first = rest.first, HostName.ending(first) != nil { throw tail(rest) }
        guard rest.isEmpty, value >= 1, let port = UInt16(exactly: value) else { throw badPort }
        return port
    }

    private static var badPort: Flaw {
        Flaw(
            .baseURLMalformed, "the port must be a number from 1 to 65535 (an IPv6 address is written in brackets)")
    }

    /// The flaw of an address in what stands behind host and port; it quotes nothing, since a query may hold a token.
    private static func tail(_ bytes: Bytes) -> Flaw {
        let what = bytes.first.flatMap(HostName.ending) ?? "something"
        let hint = what == "a path" ? " (the path of the API goes into 'api_path')" : ""
        return Flaw(.baseURLMalformed, "the address has \(what) beside host and port\(hint)")
    }
}
