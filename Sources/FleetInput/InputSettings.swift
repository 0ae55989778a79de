import Glibc
import Platform
package import TabularText

/// How an input is to be read and judged.
package struct InputSettings: Sendable {
    /// How the input is written: format, delimiter, encoding.
    package var table: TableChoices
    /// Only rows whose host, without port, matches one of these shell patterns are worked on; none takes all.
    package var only: [String]
    /// Only rows whose host falls to this part of the fleet are worked on; nil takes all.
    package var shard: Shard?
    /// Whether the others stand in the result all the same, as a run that goes on needs it.
    package var keepsLeftOut = false
    /// Whether the rows name PBXs and nothing else: each PBX is one row, its first one.
    package var namesHostsOnly = false
    /// Whether rows need credentials; those that they bring are not opened otherwise.
    package var needsCredentials = true
    /// Whether jobs tell their credentials as another input may hold them: references, with absolute paths.
    package var keepsCells = false
    /// Whether plain credentials are told, too.
    package var keepsSecrets = false
    /// Whether whatever is doubtful is wrong.
    package var isStrict = false
    /// Whether plain `http` may go to a host that is not loopback.
    package var allowsPlainHTTP: Bool
    /// What the command line says about columns.
    package var columns = ColumnChoices()
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

extension InputSettings {
    /// The columns without which no row can be made sense of.
    var needed: [Field] { namesHostsOnly ? [.baseURL] : ColumnMap.needed }

    /// What is said about the columns that matter.
    var choices: ColumnChoices {
        var choices = columns
        choices.namesHostsOnly = namesHostsOnly
        return choices
    }
}

/// A part of a fleet that is split over several machines, by a hash of the host that is the same everywhere.
package struct Shard: Sendable, Hashable {
    /// From 1 to ``count``.
    package let part: Int
    /// How many parts there are; from 1 to 10,000.
    package let count: Int

    /// - Parameter text: `K/N`; nil for anything else.
    package init?(_ text: String) {
        let numbers = text.split(separator: "/", omittingEmptySubsequences: false).map { Int(digits: $0.utf8) }
        guard numbers.count == 2, let part = numbers[0], let count = numbers[1], 1...10_000 ~= count,
            1...count ~= part
        else { return nil }
        (self.part, self.count) = (part, count)
    }

    /// Whether a host falls to this part; a row whose host cannot be read falls to the first.
    fileprivate func includes(_ name: String?) -> Bool {
        guard let name else { return part == 1 }
        return SHA256.digest(of: Array(name.utf8)).words.0 % UInt64(count) == UInt64(part - 1)
    }
}

/// Which hosts are worked on: those that match a shell pattern of `--only`, regardless of case, and fall to the shard.
package struct Selection: Sendable, Hashable {
    private let patterns: [String]
    private let shard: Shard?

    /// - Parameters:
    ///   - patterns: with `*`, `?` and `[…]`; none takes all hosts.
    ///   - shard: the part of the fleet; nil takes all. Without either there is no selection.
    package init?(_ patterns: [String], shard: Shard?) {
        guard !patterns.isEmpty || shard != nil else { return nil }
        self.patterns = patterns.map { $0.lowercased() }
        self.shard = shard
    }

    /// Whether a host is one of them; an IPv6 address with its brackets or without.
    ///
    /// - Parameter name: host name or address in lower case, without a port; nil when it cannot be read.
    func includes(_ name: Bytes?) -> Bool { includes(host: name?.text) }

    /// The same of a text.
    package func includes(host name: String?) -> Bool { matches(name) && shard?.includes(name) ?? true }

    private func matches(_ text: String?) -> Bool {
        guard !patterns.isEmpty else { return true }
        guard let text else { return false }
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
