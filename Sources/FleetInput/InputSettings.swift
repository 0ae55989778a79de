import Glibc
import Platform
package import TabularText

/// How an input is to be read and judged.
package struct InputSettings: Sendable {
    /// How the input is written: format, delimiter, encoding.
    package var table: TableChoices
    /// Only rows whose host, without port, matches one of these shell patterns are worked on; none takes all.
    package var only: [String]
    /// Whether the others stand in the result all the same, as a run that goes on needs it.
    package var keepsLeftOut = false
    /// Whether whatever is doubtful is wrong.
    package var isStrict = false
    /// Whether plain `http` may go to a host that is not loopback.
    package var allowsPlainHTTP: Bool
    /// Credentials for the rows that bring none.
    package var credentials: CredentialBook
    /// What `env:NAME` references are looked up in.
    package var environment: [String: String]

    /// Everything found by itself, all rows taken, nothing lax, no credentials but the rows' own.
    package init(
        table: TableChoices = TableChoices(), only: [String] = [], allowsPlainHTTP: Bool = false,
        credentials: CredentialBook = CredentialBook(), environment: [String: String] = [:]
    ) {
        self.table = table
        self.only = only
        self.allowsPlainHTTP = allowsPlainHTTP
        self.credentials = credentials
        self.environment = environment
    }
}

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
