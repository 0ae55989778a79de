import Platform

/// How many more tries a failed request gets, and how long to wait before each: exponential with full jitter.
///
/// `delay(n) = max(uniform in 0...min(60 s, firstDelay * 2^(n - 1)), min(pause, 5 min))`, n counted from 1. With a first
/// delay of 1 s: before retry 1 at most 1 s, before retry 3 at most 4 s, from retry 7 on at most 60 s.
package struct RetryPolicy: Hashable, Sendable {
    /// What no jittered delay exceeds.
    private static let delayLimit = Duration.seconds(60)
    /// What is granted at most of the pause that a PBX asks for.
    static let pauseLimit = Duration.seconds(300)

    /// Further tries of a retryable request.
    package let retries: Int
    /// Upper bound of the delay before the first retry.
    package let firstDelay: Duration

    /// - Parameters:
    ///   - retries: further tries of a retryable request; 0 means none.
    ///   - firstDelay: upper bound of the delay before the first retry; zero means no delay at all.
    package init(retries: Int = 3, firstDelay: Duration = .seconds(1)) {
        self.retries = retries
        self.firstDelay = firstDelay
    }

    /// How long to wait before a retry; nil when there is no such retry.
    ///
    /// - Parameters:
    ///   - n: 1 for the first retry of a request.
    ///   - pause: the least delay, asked for by the PBX (`Retry-After`).
    ///   - generator: where the jitter comes from.
    package func delay(
        beforeRetry n: Int, pause: Duration?, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard n <= retries else { return nil }
        let jittered = Int128.random(in: 0...longestDelay(beforeRetry: n).attoseconds, using: &generator)
        return max(Duration(attoseconds: jittered), granted(pause))
    }

    /// What is granted of a pause that a PBX asks for: 20 s of 20 s, 5 min of 1 h, nothing when it asks for none.
    package func granted(_ pause: Duration?) -> Duration { min(pause ?? .zero, Self.pauseLimit) }

    /// Whether an HTTP status says that the same request may succeed later: 429 and 5xx do, and nil, for no answer, does not.
    package static func isTemporary(httpStatus: Int?) -> Bool {
        httpStatus.map { $0 == 429 || 500...599 ~= $0 } ?? false
    }

    private func longestDelay(beforeRetry n: Int) -> Duration {
        var delay = max(.zero, min(firstDelay, Self.delayLimit))
        guard delay > .zero else { return .zero }
        var retry = 1
        while retry < n, delay < Self.delayLimit {
            delay = min(delay * 2, Self.delayLimit)
            retry += 1
        }
        return delay
    }
}

/// When a PBX is looked at again that is not done with an edit.
package enum WatchPace {
    /// How long to wait before it is asked again: a quarter of the time since it had answered, from 250 ms to 10 s. Nil when
    /// its time is over.
    ///
    /// - Parameters:
    ///   - start: when it had answered the edit.
    ///   - now: on the same clock.
    ///   - timeout: how long it may take altogether.
    package static func pause(since start: Duration, at now: Duration, timeout: Duration) -> Duration? {
        let waited = now - start
        guard waited < timeout else { return nil }
        // The last look is at the very end.
        return min(max(.milliseconds(250), min(waited / 4, .seconds(10))), timeout - waited)
    }
}

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
