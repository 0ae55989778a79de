package import Platform

/// A clock that stands still until a test moves it.
package final class ManualClock: RunClock {
    private let elapsed = Lock<Duration>(.zero)
    private let start: WallTime

    /// - Parameter start: the calendar's time when the test begins.
    package init(start: WallTime = WallTime(milliseconds: 1_795_467_600_000)) {
        self.start = start
    }

    package func advance(by duration: Duration) {
        elapsed.withLock { $0 += duration }
    }

    package func now() -> Duration { elapsed.withLock { $0 } }

    package func wallTime() -> WallTime { start + now() }
}
