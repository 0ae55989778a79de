import Glibc

/// The two clocks a run reads: one that only goes forward, and the calendar.
package protocol RunClock: Sendable {
    /// Time since a fixed moment of this process; never goes back.
    func now() -> Duration
    /// The calendar, for what people read.
    func wallTime() -> WallTime
}

/// The machine's clocks.
package struct SystemClock: RunClock {
    /// The clocks of the machine that it runs on; every value reads the same ones.
    package init() {}

    package func now() -> Duration {
        let time = read(CLOCK_MONOTONIC)
        // `.seconds` and `.nanoseconds` are generic code of the library's, ten times slower.
        return Duration(
            secondsComponent: Int64(time.tv_sec), attosecondsComponent: Int64(time.tv_nsec) * 1_000_000_000)
    }

    package func wallTime() -> WallTime {
        let time = read(CLOCK_REALTIME)
        return WallTime(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    private func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}
