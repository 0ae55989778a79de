import Platform
import Glibc

/// Which hosts are part of the run: those that match the shell pattern of `--only`, regardless of case.
struct Selection {
    private let pattern: String

    /// - Parameter pattern: with `*`, `?` and `[…]`.
    init(_ pattern: String) {
        self.pattern = pattern.lowercased()
    }

    /// Whether a host is part of it; an IPv6 address with its brackets or without.
    ///
    /// - Parameter name: host name or address in lower case, without a port.
    func includes(_ name: Bytes) -> Bool {
        let text = name.text
        if fnmatch(pattern, text, 0) == 0 { return true }
        return text.hasPrefix("[") && fnmatch(pattern, String(text.dropFirst().dropLast()), 0) == 0
    }
}
