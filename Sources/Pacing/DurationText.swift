import Platform

/// A duration as flags and messages write it.
///
/// Read: a whole number and one of `ms`, `s`, `m`, `h`. Written: hours, minutes and seconds without the zeros, and below
/// 10 s milliseconds when there are any. `205s` ↔ 3m25s, `90m` ↔ 1h30m, `1500ms` ↔ 1500ms.
package struct DurationText: Hashable, Sendable, CustomStringConvertible {
    /// The longest duration that a text can name, a year: sums of durations stay far from any overflow.
    package static let limit = Duration.seconds(8760 * 3600)

    /// What the text says.
    package let duration: Duration

    /// - Parameter duration: what is to be written.
    package init(_ duration: Duration) {
        self.duration = duration
    }

    /// - Parameter text: a whole number and its unit, like `500ms`, at most ``limit``; zero is fine, and whoever cannot
    ///   use it refuses it. Anything else gives nil.
    package init?(_ text: String) {
        let digits = text.utf8.prefix { $0 < UInt8(ascii: "a") }
        guard let number = Int(digits: digits), let unit = Self.unit(text.utf8[digits.endIndex...]) else { return nil }
        // Compared by division, since the product may not be representable.
        guard number <= Int(Self.limit / unit) else { return nil }
        duration = unit * number
    }

    private static func unit(_ letters: Substring.UTF8View) -> Duration? {
        switch String(letters) {
        case "ms": .milliseconds(1)
        case "s": .seconds(1)
        case "m": .seconds(60)
        case "h": .seconds(3600)
        default: nil
        }
    }

    /// `3m25s`, `2h`, `1500ms`; rounded down to the second from 10 s on, and to the millisecond below.
    package var description: String {
        guard duration >= .zero else { return "-\(DurationText(.zero - duration))" }
        let (seconds, attoseconds) = duration.components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        if seconds < 10, milliseconds > 0 { return "\(seconds * 1000 + milliseconds)ms" }
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")].filter { $0.0 > 0 }
        return parts.isEmpty ? "0s" : parts.map { "\($0.0)\($0.1)" }.joined()
    }
}
