import Platform

/// How often something may happen, as `--rate` writes it: `20/s`, `600/m`, `2.5/h`.
///
/// `interval = unit / number`: `20/s` → 50 ms, `600/m` → 100 ms, `1000/h` → 3.6 s.
package struct Rate: Hashable, Sendable {
    /// Time from one event to the next, more than zero.
    package let interval: Duration

    /// - Parameter text: a number above zero, whole or decimal, with at most 9 digits before and 9 after the point; then
    ///   `/s`, `/m` or `/h`. Anything else gives nil.
    package init?(_ text: String) {
        let halves = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard halves.count == 2, let unit = Self.unit(halves[1]) else { return nil }
        let parts = halves[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ (1...9).contains($0.count) }) else { return nil }
        guard let digits = Int(digits: Array(parts.joined())), digits > 0 else { return nil }
        let scale = parts.dropFirst().joined().reduce(1) { scale, _ in scale * 10 }
        interval = unit * scale / digits
    }

    private static func unit(_ letter: Substring.UTF8View) -> Duration? {
        switch String(letter) {
        case "s": .seconds(1)
        case "m": .seconds(60)
        case "h": .seconds(3600)
        default: nil
        }
    }
}

/// Lets requests start one `interval` apart, without a burst after a pause.
///
/// The gate keeps a schedule of slots: `slot = max(previous slot + interval, now - tolerance)`, and the first slot is the
/// first request's own moment. A request that a late timer starts up to `tolerance` after its slot does not move the
/// later slots, so the rate holds; the time of an idle gate beyond that is lost. In any stretch of time `t` at most
/// `1 + (t + tolerance) / interval` requests start, not counting those whose slot another one gave back.
///
/// With `20/s` and 20 ms: requests asked for without end start at 0, 50, 100 ms; one that starts 15 ms late, at 65 ms,
/// leaves the next at 100 ms; after one at 1000 ms that found the gate idle the next may start at 1030 ms.
package struct RateGate: Sendable {
    private let interval: Duration
    private let tolerance: Duration
    /// The slot taken last; nil before the first.
    private var slot: Duration?
    private var isGivenBack = false

    /// - Parameters:
    ///   - rate: how often requests may start.
    ///   - tolerance: how much lateness of a timer is made up for.
    package init(_ rate: Rate, tolerance: Duration = .milliseconds(20)) {
        interval = rate.interval
        self.tolerance = tolerance
    }

    /// When the next request may start; `now` when it may at once.
    package func earliest(now: Duration) -> Duration {
        max(now, nextSlot ?? now)
    }

    /// Takes the next slot for a request that starts now, which must not be before ``earliest(now:)``.
    package mutating func take(now: Duration) {
        slot = nextSlot.map { max($0, now - tolerance) } ?? now
        isGivenBack = false
    }

    /// Frees the slot taken last, because no request was made in it, or in an earlier one, which is past and cannot be
    /// freed itself. Any number of calls between two takes free one slot.
    package mutating func giveBack() {
        isGivenBack = true
    }

    private var nextSlot: Duration? {
        slot.map { isGivenBack ? $0 : $0 + interval }
    }
}
