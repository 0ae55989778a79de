import Glibc
import Platform

/// Which hosts are worked on: those that match a shell pattern of `--only`, regardless of case.
package struct Selection: Sendable {
    private let patterns: [String]

    /// - Parameter patterns: with `*`, `?` and `[…]`; nil takes all hosts and so is none.
    init?(_ patterns: [String]) {
        guard !patterns.isEmpty else { return nil }
        self.patterns = patterns.map { $0.lowercased() }
    }

    /// Whether a host is one of them; an IPv6 address with its brackets or without.
    ///
    /// - Parameter name: host name or address in lower case, without a port.
    func includes(_ name: Bytes) -> Bool {
        let text = name.text
        return patterns.contains { pattern in
            if fnmatch(pattern, text, 0) == 0 { return true }
            return text.hasPrefix("[") && fnmatch(pattern, String(text.dropFirst().dropLast()), 0) == 0
        }
    }

    /// Why a text can match no host, and what to write instead; nil for a pattern.
    package static func problem(with pattern: String) -> String? {
        if pattern.isEmpty { return "it is empty" }
        if pattern.contains(",") { return "give the flag once for each host" }
        if pattern.contains("/") { return "write the host's name or address alone" }
        let parts = pattern.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, !pattern.contains("[") { return "a port is no part of it: write '\(parts[0])'" }
        var rest = pattern[...]
        while let start = rest.firstIndex(of: "[") {
            // What stands first in a bracket is in it, even a closing one.
            let inside = rest[start...].dropFirst(2)
            guard let end = inside.firstIndex(of: "]") else { return "its bracket is not closed" }
            rest = rest[end...].dropFirst()
        }
        return nil
    }
}
