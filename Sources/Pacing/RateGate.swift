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
