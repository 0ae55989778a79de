import Platform
import Glibc

/// The shell pattern of `--only`: which hosts are part of the run, regardless of case.
struct HostPattern {
    private let pattern: String

    /// - Parameter pattern: with `*`, `?` and `[…]`.
    init(_ pattern: String) {
        self.pattern = pattern.lowercased()
    }

    /// Whether a host matches; an IPv6 address with its brackets or without.
    func matches(_ name: Bytes) -> Bool {
        let text = name.text
        if fnmatch(pattern, text, 0) == 0 { return true }
        return text.hasPrefix("[") && fnmatch(pattern, String(text.dropFirst().dropLast()), 0) == 0
    }
}
