import Platform
import Glibc

/// Room for one host name, used again for each row.
typealias HostNameScratch = UnsafeMutableBufferPointer<UInt8>

/// Host names as a PBX can have them: a DNS name, an IPv4 address, an IPv6 address in brackets.
enum HostName {
    /// Bytes of the longest name.
    static let limit = 253

    /// Room for one name of any form.
    static func makeScratch() -> HostNameScratch { .allocate(capacity: limit + 3) }

    /// Reads the name at the start of an address into the scratch space, in the one form in which equal hosts are
    /// equal.
    ///
    /// - Parameter address: the address; what follows the name is left in it.
    /// - Throws: ``Flaw`` with code `base-url-malformed`.
    static func read(_ address: inout Bytes, into scratch: HostNameScratch) throws(Flaw) -> Bytes {
        if address.first == UInt8(ascii: "[") { return try readIPv6(&address, into: scratch) }
        var labelStart = 0
        var isNumber = true
        var index = 0
        while index < address.count {
            let byte = address[index]
            guard isNameByte(byte) else { break }
            guard index < limit else { throw tooLong }
            if byte == UInt8(ascii: ".") {
                guard index > labelStart, index - labelStart <= 63 else { throw malformed(address) }
                labelStart = index + 1
                isNumber = true
            } else if !byte.isDigit {
                isNumber = false
            }
            scratch[index] = byte.lowercased
            index += 1
        }
        let rest = address.part(index..<address.count)
        try check(rest, of: address)
        guard index > labelStart, index - labelStart <= 63 else { throw malformed(address) }
        address = rest
        let name = Bytes(rebasing: UnsafeBufferPointer(scratch)[..<index])
        // Everybody reads a name that ends in a number as an address, so it must be one.
        if isNumber { try checkIPv4(name) }
        return name
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

    private static func isNameByte(_ byte: UInt8) -> Bool {
        byte.isDigit || byte.isLetter || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }

    /// Checks that a name ended where names may end, and that there is one.
    private static func check(_ rest: Bytes, of address: Bytes) throws(Flaw) {
        if let byte = rest.first, byte != UInt8(ascii: ":"), ending(byte) == nil { throw malformed(address) }
        if rest.count == address.count { throw Flaw(.baseURLMalformed, "there is no host name in the address") }
    }

    private static var tooLong: Flaw {
        Flaw(.baseURLMalformed, "the host name is longer than \(limit) characters")
    }

    /// The flaw of a name that is none; it quotes what stands before anything that may hide a secret.
    private static func malformed(_ address: Bytes) -> Flaw {
        guard !address.contains(UInt8(ascii: "@")) else {
            return Flaw(
                .baseURLMalformed, "the address is more than host and port, perhaps a user name and password")
        }
        let name = address.prefix { ending($0) == nil && $0 != UInt8(ascii: ":") }
        if name.contains(where: { $0 >= 0x80 }) {
            return Flaw(
                .baseURLMalformed,
                "\(Quotation.of(name)) is no host name: write letters beyond ASCII in their 'xn--' form")
        }
        return Flaw(.baseURLMalformed, "\(Quotation.of(name)) is no host name or address")
    }

    /// Checks for four numbers, none of which could be taken for octal.
    private static func checkIPv4(_ name: Bytes) throws(Flaw) {
        var dots = 0
        var value = 0
        var digits = 0
        for byte in name {
            if byte == UInt8(ascii: ".") {
                dots += 1
                value = 0
                digits = 0
                continue
            }
            guard byte.isDigit, digits == 0 || value > 0 else { throw malformed(name) }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
            digits += 1
            guard value <= 255 else { throw malformed(name) }
        }
        guard dots == 3 else { throw malformed(name) }
    }

    private static func readIPv6(_ address: inout Bytes, into scratch: HostNameScratch) throws(Flaw) -> Bytes {
        guard let bracket = address.firstIndex(of: UInt8(ascii: "]")) else {
            throw Flaw(.baseURLMalformed, "the bracket of an IPv6 address is not closed")
        }
        let digits = address.part(1..<bracket)
        var binary = in6_addr()
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard digits.count < text.count, !digits.contains(0), inet_pton(AF_INET6, digits.text, &binary) == 1,
            inet_ntop(AF_INET6, &binary, &text, socklen_t(text.count)) != nil
        else { throw Flaw(.baseURLMalformed, "\(Quotation.of(digits)) in brackets is no IPv6 address") }
        address = address.part(bracket + 1..<address.count)
        let name = [UInt8(ascii: "[")] + text.prefix { $0 != 0 }.map(UInt8.init) + [UInt8(ascii: "]")]
        for (index, byte) in name.enumerated() { scratch[index] = byte }
        return Bytes(rebasing: UnsafeBufferPointer(scratch)[..<name.count])
    }
}
