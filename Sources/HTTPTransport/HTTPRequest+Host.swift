extension HTTPRequest {
    /// Whether the host is an address, for which there is nothing to look up.
    ///
    /// libcurl keeps addresses in its cache of lookups too and walks through all of them with every request.
    var isHostNumeric: Bool { host.first == UInt8(ascii: "[") || isHostIPv4 }

    /// Whether the host is this machine: `localhost`, `[::1]` or an address of 127.0.0.0/8.
    var isHostLoopback: Bool {
        if isHostIPv4 { return host.starts(with: "127.".utf8) }
        return host.elementsEqual("[::1]".utf8) || host.map { $0 | 0x20 }.elementsEqual("localhost".utf8)
    }

    private var isHostIPv4: Bool {
        !host.isEmpty
            && host.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".") }
    }

    /// What stands in the URL between the scheme and the port or path.
    private var host: Substring.UTF8View {
        guard let separator = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return ""[...].utf8 }
        let rest = url.utf8[separator...].dropFirst("://".utf8.count)
        if rest.first == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "]")) { return rest[...end] }
        return rest.prefix { !":/?#".utf8.contains($0) }
    }
}
