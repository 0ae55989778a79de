package import Platform

/// A clock that stands still until a test moves it.
package final class ManualClock: RunClock {
    private let elapsed = Lock<Duration>(.zero)
    private let start: WallTime
    /// How far the calendar was set on since then.
    private let leap = Lock<Duration>(.zero)

    /// - Parameter start: the calendar's time when the test begins.
    package init(start: WallTime = WallTime(milliseconds: 1_795_467_600_000)) {
        self.start = start
    }

    package func advance(by duration: Duration) {
        elapsed.withLock { $0 += duration }
    }

    /// Sets the calendar on, as when the machine slept or somebody corrects its clock.
    package func setCalendar(on duration: Duration) {
        leap.withLock { $0 += duration }
    }

    package func now() -> Duration { elapsed.withLock { $0 } }

    package func wallTime() -> WallTime { start + now() + leap.withLock { $0 } }
}
