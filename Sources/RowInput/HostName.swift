import Glibc

/// Room for one host name, used again for each row.
typealias HostNameScratch = UnsafeMutableBufferPointer<UInt8>

/// Host names as a PBX can have them: a DNS name, an IPv4 address, an IPv6 address in brackets.
enum HostName {
    /// Bytes of the longest name.
    static let limit = 253

    /// Room for one name of any form.
    static func makeScratch() -> HostNameScratch { .allocate(capacity: limit + 3) }

    /// Reads a name into the scratch space, in the one form in which equal hosts are equal.
    ///
    /// - Throws: ``Complaint`` with code `base-url-malformed`.
    static func read(_ name: Bytes, into scratch: HostNameScratch) throws(Complaint) -> Bytes {
        guard !name.isEmpty else { throw Complaint(.baseURLMalformed, "there is no host name in the address") }
        if name[0] == UInt8(ascii: "[") { return try readIPv6(name.part(1..<name.count - 1), into: scratch) }
        guard name.count <= limit else {
            throw Complaint(.baseURLMalformed, "the host name is longer than \(limit) characters")
        }
        let endsInNumber = try lowercase(name, into: scratch)
        let result = Bytes(rebasing: UnsafeBufferPointer(scratch)[..<name.count])
        if endsInNumber { try checkIPv4(result) }
        return result
    }

    /// Copies the name in lower case, checking its labels.
    ///
    /// - Returns: whether the last label is a number.
    private static func lowercase(_ name: Bytes, into scratch: HostNameScratch) throws(Complaint) -> Bool {
        var labelStart = 0
        var isNumber = true
        for (index, byte) in name.enumerated() {
            if byte == UInt8(ascii: ".") {
                guard index > labelStart, index - labelStart <= 63 else { throw malformed(name) }
                labelStart = index + 1
                isNumber = true
            } else {
                let isDigit = byte.isDigit
                guard isDigit || byte.isLetter || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") else {
                    throw malformed(name)
                }
                isNumber = isNumber && isDigit
            }
            scratch[index] = byte.lowercased
        }
        guard labelStart < name.count, name.count - labelStart <= 63 else { throw malformed(name) }
        return isNumber
    }

    private static func malformed(_ name: Bytes) -> Complaint {
        if name.contains(where: { $0 >= 0x80 }) {
            return Complaint(
                .baseURLMalformed,
                "\(Quotation.of(name)) is no host name: write letters beyond ASCII in their 'xn--' form")
        }
        return Complaint(.baseURLMalformed, "\(Quotation.of(name)) is no host name or address")
    }

    /// A name that ends in a number is read as an address by everybody, so it must be one: four numbers, none of which
    /// could be taken for octal.
    private static func checkIPv4(_ name: Bytes) throws(Complaint) {
        var parts = 0
        var value = 0
        var digits = 0
        for index in 0...name.count {
            if index == name.count || name[index] == UInt8(ascii: ".") {
                guard digits > 0, value <= 255 else { throw malformed(name) }
                parts += 1
                value = 0
                digits = 0
            } else {
                let isOctal = digits > 0 && value == 0
                guard name[index].isDigit, !isOctal, digits < 3 else { throw malformed(name) }
                value = value * 10 + Int(name[index] - UInt8(ascii: "0"))
                digits += 1
            }
        }
        guard parts == 4 else { throw malformed(name) }
    }

    private static func readIPv6(_ address: Bytes, into scratch: HostNameScratch) throws(Complaint) -> Bytes {
        var binary = in6_addr()
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard address.count < text.count, !address.contains(0), inet_pton(AF_INET6, address.text, &binary) == 1,
            inet_ntop(AF_INET6, &binary, &text, socklen_t(text.count)) != nil
        else { throw Complaint(.baseURLMalformed, "\(Quotation.of(address)) in brackets is no IPv6 address") }
        let canonical = "[\(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))]".utf8
        for (index, byte) in canonical.enumerated() { scratch[index] = byte }
        return Bytes(rebasing: UnsafeBufferPointer(scratch)[..<canonical.count])
    }
}
