package import FleetModel
import Glibc
import Platform
import TabularText

/// What a cell `base_url` says: how to reach a PBX, and which one it is.
///
/// `https://host[:port]` or `http://…` with the scheme's own port when none is given; a bare `host[:port]` means https
/// and port 8088 when none is given, but 443 for the relays of the manufacturer's cloud. One final `/` is dropped, and
/// the path of the row's API; anything else behind the port is an error.
struct AddressCell {
    let scheme: PBXAddress.Scheme
    /// Lower case; an IPv6 address in its shortest form and in brackets. Borrowed from the scratch space.
    let name: Bytes
    let port: UInt16

    /// Reads a cell.
    ///
    /// - Parameters:
    ///   - cell: the value without blanks at its ends, not empty.
    ///   - apiPath: the path that may stand behind host and port, without slashes at its ends; nil for any.
    ///   - scratch: where the name is put; it serves cell after cell.
    /// - Throws: ``Diagnostic`` with code `base-url-malformed`.
    init(_ cell: Bytes, apiPath: String?, scratch: HostNameScratch) throws(Diagnostic) {
        try CellText.refuseMarks(cell)
        var rest = cell
        var port: UInt16 = 8088
        if let end = Self.schemeEnd(in: cell) {
            scheme = try Self.scheme(cell.part(0..<end))
            if case .https = scheme { port = 443 } else { port = 80 }
            rest = cell.part(end + 3..<cell.count)
        } else {
            scheme = .https
        }
        if rest.last == UInt8(ascii: "/") { rest = rest.part(0..<rest.count - 1) }
        if let slash = rest.firstIndex(of: UInt8(ascii: "/")),
            apiPath.map({ rest.part(slash + 1..<rest.count).elementsEqual($0.utf8) }) ?? true
        {
            rest = rest.part(0..<slash)
        }
        name = try HostName.read(&rest, into: scratch)
        if name.equals("http") || name.equals("https"), rest.contains(UInt8(ascii: "/")) {
            throw Diagnostic(
                .baseURLMalformed, "the address must start with https:// or http://: a colon or a slash is missing")
        }
        if port == 8088, HostName.isRelay(name) { port = 443 }
        if !rest.isEmpty { port = try Self.port(rest) }
        self.port = port
    }

    /// Whom to connect to.
    var host: HostKey { HostKey(name: name.text, port: port) }

    private static func schemeEnd(in cell: Bytes) -> Int? {
        guard let colon = cell.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        return cell.part(colon..<cell.count).starts(with: "://") ? colon : nil
    }

    private static func scheme(_ bytes: Bytes) throws(Diagnostic) -> PBXAddress.Scheme {
        if bytes.equalsIgnoringCase("https") { return .https }
        if bytes.equalsIgnoringCase("http") { return .http }
        throw Diagnostic(
            .baseURLMalformed,
            "the address must start with https:// or http://, not \(PassThrough.quoted(bytes, of: .baseURL))")
    }

    /// Reads what follows the host name: a colon and the port.
    private static func port(_ bytes: Bytes) throws(Diagnostic) -> UInt16 {
        guard bytes[0] == UInt8(ascii: ":") else { throw tail(bytes) }
        var value = 0
        var index = 1
        while index < bytes.count, bytes[index].isDigit, value <= Int(UInt16.max) {
            value = value &* 10 &+ Int(bytes[index] &- UInt8(ascii: "0"))
            index &+= 1
        }
        let rest = bytes.part(index..<bytes.count)
        if index > 1, let first = rest.first, HostName.ending(first) != nil { throw tail(rest) }
        guard rest.isEmpty, value >= 1, let port = UInt16(exactly: value) else { throw badPort }
        return port
    }

    private static var badPort: Diagnostic {
        Diagnostic(
            .baseURLMalformed, "the port must be a number from 1 to 65535 (an IPv6 address is written in brackets)")
    }

    /// What is wrong with an address in what stands behind host and port.
    private static func tail(_ bytes: Bytes) -> Diagnostic {
        let what = bytes.first.flatMap(HostName.ending) ?? "something"
        let hint = what == "a path" ? " (the path of the API goes into 'api_path')" : ""
        return Diagnostic(.baseURLMalformed, "the address has \(what) beside host and port\(hint)")
    }
}

extension HostKey {
    /// The PBX that a cell `base_url` names; nil for what is no address.
    package init?(cell: String) {
        var text = cell
        let host = text.withUTF8 { bytes -> HostKey? in
            let cell = Whitespace.trimmed(bytes)
            if cell.isEmpty { return nil }
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: HostName.room) { scratch in
                try? AddressCell(cell, apiPath: nil, scratch: scratch).host
            }
        }
        guard let host else { return nil }
        self = host
    }
}

/// Room for one host name, used again for each row.
typealias HostNameScratch = UnsafeMutableBufferPointer<UInt8>

/// Host names as a PBX can have them: a DNS name, an IPv4 address, an IPv6 address in brackets.
enum HostName {
    /// Bytes of the longest name.
    static let limit = 253

    /// Bytes of room for one name of any form.
    static let room = limit + 3

    /// Room for one name of any form.
    static func makeScratch() -> HostNameScratch { .allocate(capacity: room) }

    /// Reads the name at the start of an address into the scratch space, in the one form in which equal hosts are
    /// equal.
    ///
    /// - Parameter address: the address; what follows the name is left in it.
    /// - Throws: ``Diagnostic`` with code `base-url-malformed`.
    static func read(_ address: inout Bytes, into scratch: HostNameScratch) throws(Diagnostic) -> Bytes {
        if address.first == UInt8(ascii: "[") { return try readIPv6(&address, into: scratch) }
        var labelStart = 0
        var isNumber = true
        var index = 0
        let end = min(address.count, limit)
        while index < end {
            let byte = address[index]
            if byte == UInt8(ascii: ".") {
                guard index > labelStart, index - labelStart <= 63 else { throw malformed(address) }
                labelStart = index + 1
                isNumber = true
            } else if !byte.isDigit {
                guard isNameByte(byte) else { break }
                isNumber = false
            }
            scratch[index] = byte.lowercased
            index += 1
        }
        if index == limit, index < address.count, isNameByte(address[index]) { throw tooLong }
        let rest = address.part(index..<address.count)
        try check(rest, of: address)
        guard index > labelStart, index - labelStart <= 63 else { throw malformed(address) }
        address = rest
        let name = Bytes(rebasing: UnsafeBufferPointer(scratch)[..<index])
        // Everybody reads a name that ends in a number as an address, so it must be one.
        if isNumber || isHexadecimal(name.part(labelStart..<name.count)), !isIPv4(name) {
            throw malformed(name)
        }
        return name
    }

    /// Whether a name is one of the manufacturer's cloud, which answers on the port of https.
    static func isRelay(_ name: Bytes) -> Bool {
        guard name.last == UInt8(ascii: "m") else { return false }
        return relays.contains { domain in
            let length = domain.utf8CodeUnitCount
            return name.count > length && name.part(name.count - length..<name.count).equals(domain)
        }
    }

    private static let relays: [StaticString] = [".ras.yeastar.com", ".ras.uccpbx.com", ".yeastarcloud.com"]

    /// Whether a label is a number as C writes it, `0x7f`.
    private static func isHexadecimal(_ label: Bytes) -> Bool {
        label.starts(with: "0x")
            && label.dropFirst(2).allSatisfy { $0.isDigit || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 }
    }

    /// What a byte starts that has no place beside host and port, if it does.
    static func ending(_ byte: UInt8) -> String? {
        switch byte {
        case UInt8(ascii: "/"): "a path"
        case UInt8(ascii: "?"): "a query"
        case UInt8(ascii: "#"): "a fragment"
        case UInt8(ascii: "@"): "a user name"
        default: nil
        }
    }

    /// Checks that a name ended where names may end, and that there is one.
    private static func check(_ rest: Bytes, of address: Bytes) throws(Diagnostic) {
        if let byte = rest.first, byte != UInt8(ascii: ":"), ending(byte) == nil { throw malformed(address) }
        if rest.count == address.count { throw Diagnostic(.baseURLMalformed, "there is no host name in the address") }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "_")
    }

    private static var tooLong: Diagnostic {
        Diagnostic(.baseURLMalformed, "the host name is longer than \(limit) characters")
    }

    /// What is wrong with a name that is none.
    private static func malformed(_ address: Bytes) -> Diagnostic {
        guard let name = PassThrough.quotable(ofAddress: address) else {
            return Diagnostic(
                .baseURLMalformed, "the address is more than host and port, perhaps a user name and password")
        }
        let quoted = PassThrough.quoted(name, of: .baseURL)
        if name.contains(where: { $0 >= 0x80 }) {
            return Diagnostic(
                .baseURLMalformed,
                "\(quoted) is no host name: write letters beyond ASCII in their 'xn--' form")
        }
        return Diagnostic(.baseURLMalformed, "\(quoted) is no host name or address")
    }

    /// Whether a name is four numbers, none of which could be taken for octal.
    private static func isIPv4(_ name: Bytes) -> Bool {
        // Below 0 where a number is to begin.
        var (dots, value) = (0, -1)
        for byte in name {
            if byte == UInt8(ascii: ".") {
                (dots, value) = (dots &+ 1, -1)
            } else {
                guard byte.isDigit, value != 0 else { return false }
                value = max(value, 0) &* 10 &+ Int(byte &- UInt8(ascii: "0"))
                guard value <= 255 else { return false }
            }
        }
        return dots == 3
    }

    private static func readIPv6(_ address: inout Bytes, into scratch: HostNameScratch) throws(Diagnostic) -> Bytes {
        guard let bracket = address.firstIndex(of: UInt8(ascii: "]")) else {
            throw Diagnostic(.baseURLMalformed, "the bracket of an IPv6 address is not closed")
        }
        let digits = address.part(1..<bracket)
        var binary = in6_addr()
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard digits.count < text.count, !digits.contains(0), inet_pton(AF_INET6, digits.text, &binary) == 1,
            inet_ntop(AF_INET6, &binary, &text, socklen_t(text.count)) != nil
        else {
            throw Diagnostic(
                .baseURLMalformed, "\(PassThrough.quoted(digits, of: .baseURL)) in brackets is no IPv6 address")
        }
        address = address.part(bracket + 1..<address.count)
        var name = [UInt8(ascii: "[")] + text.prefix { $0 != 0 }.map(UInt8.init) + [UInt8(ascii: "]")]
        // The same machine as the IPv4 address in it, and so in the same form.
        if name.starts(with: "[::ffff:".utf8), name.contains(UInt8(ascii: ".")) {
            name = Array(name[8..<name.count - 1])
        }
        for (index, byte) in name.enumerated() { scratch[index] = byte }
        return Bytes(rebasing: UnsafeBufferPointer(scratch)[..<name.count])
    }
}

/// The path of a PBX's API, as the column `api_path` gives it.
enum APIPath {
    /// The path without slashes at its ends.
    ///
    /// - Throws: ``Diagnostic`` with code `api-path-malformed` when it is no plain path.
    static func read(_ cell: Bytes) throws(Diagnostic) -> String {
        try CellText.refuseMarks(cell)
        var path = cell
        while path.first == UInt8(ascii: "/") { path = path.part(1..<path.count) }
        while path.last == UInt8(ascii: "/") { path = path.part(0..<path.count - 1) }
        let segments = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let isPlain = segments.allSatisfy { segment in
            !segment.isEmpty && !segment.allSatisfy { $0 == UInt8(ascii: ".") } && segment.allSatisfy(isPathCharacter)
        }
        guard isPlain else {
            throw Diagnostic(
                .apiPathMalformed,
                "\(PassThrough.quoted(cell, of: .apiPath)) is no path like 'openapi/v1.0': letters, digits and . _ ~ - "
                    + "between slashes")
        }
        return path.text
    }

    private static func isPathCharacter(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || "._~-".utf8.contains(byte)
    }
}
