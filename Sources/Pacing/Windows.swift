package import Platform

/// The end of a maintenance window, as `--window-end` writes it.
///
/// `HH:MM` is the first moment after `now` at which the local clock comes to that time, or jumps over it. With Berlin's
/// rules: at 22:00, `02:30` is in 4.5 hours; in the night in which 02:00 becomes 03:00, `02:30` is the moment of the
/// jump; in the night in which 03:00 becomes 02:00, `02:30` is the first 02:30, and between the two it is the second.
/// In doubt the window thus ends early rather than late.
package struct WindowEnd: Hashable, Sendable {
    /// How far away a time of day can be that was meant to be the next one.
    static let farthest = Duration.seconds(12 * 3600)

    /// When nothing may be in flight any more.
    package let moment: WallTime
    /// Whether it is a time of day that is more than ``farthest`` away, as when a timer starts the run too late.
    package let isTooFar: Bool

    /// - Parameters:
    ///   - text: `HH:MM`, local time, the next one to come; or a moment by RFC 3339, which may be past. Anything else
    ///     gives nil.
    ///   - now: the moment from which the next one is counted.
    ///   - localOffset: how far local time is ahead of UTC at a moment; the machine's own rules when not given.
    package init?(
        _ text: String, now: WallTime, localOffset: @escaping (WallTime) -> Duration = { $0.localOffset }
    ) {
        if let moment = WallTime(rfc3339: text) {
            self.moment = moment
            isTooFar = false
            return
        }
        guard let minuteOfDay = Self.minuteOfDay(text) else { return nil }
        let rules = ZoneRules { localOffset(WallTime(milliseconds: $0)).components.seconds * 1000 }
        guard let next = rules.next(minuteOfDay: minuteOfDay, after: now.milliseconds) else { return nil }
        moment = WallTime(milliseconds: next)
        isTooFar = moment - now > Self.farthest
    }

    private static func minuteOfDay(_ text: String) -> Int64? {
        var reader = DigitReader(text)
        guard let hour = reader.number(2, in: 0...23), reader.take(":"), let minute = reader.number(2, in: 0...59),
            reader.isAtEnd
        else { return nil }
        return Int64(hour * 60 + minute)
    }
}

/// Turns local times into moments; all in milliseconds, a local time counted as if its clock showed UTC.
private struct ZoneRules {
    private static let day: Int64 = 86_400_000

    /// Local time minus UTC at a moment.
    let offset: (Int64) -> Int64

    func next(minuteOfDay: Int64, after now: Int64) -> Int64? {
        let localNow = now + offset(now)
        let midnight = localNow - (localNow % Self.day + Self.day) % Self.day
        // A clock set back past midnight shows yesterday again.
        let candidates = (-1...1).flatMap { moments(ofLocal: midnight + $0 * Self.day + minuteOfDay * 60_000) }
        return candidates.filter { $0 > now }.min()
    }

    /// Every moment at which the local clock comes to a time: one, two when it is set back, or that of the jump over it.
    private func moments(ofLocal local: Int64) -> [Int64] {
        let before = local - offset(local - Self.day)
        let after = local - offset(local + Self.day)
        let exact = [before, after].filter { $0 + offset($0) == local }
        return exact.isEmpty ? [jump(over: local, from: min(before, after), to: max(before, after))] : exact
    }

    /// The first moment from which on the clock shows a time beyond `local`.
    private func jump(over local: Int64, from low: Int64, to high: Int64) -> Int64 {
        var (low, high) = (low, high)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if middle + offset(middle) > local { high = middle } else { low = middle }
        }
        return high
    }
}

/// The time in which requests may start so that none is in flight after the end.
///
/// The end is held on two clocks, and the first to come to it counts: the run's own, which nobody can set but which may
/// stand still while the machine sleeps, and the calendar's. `end = min(end by the run's clock, now + (end by the
/// calendar - the calendar's now))`, `lastStart = end - timeout`. With an end at 600 s and a timeout of 30 s: at 0 s and
/// at 570 s a request may start, at 570.001 s it may not; when the calendar turns out to be 100 s ahead, it may until 470 s.
package struct RunWindow: Hashable, Sendable {
    /// When nothing may be in flight any more, by the run's clock, as far as the calendar was known last.
    package private(set) var end: Duration
    private let endOfRunClock: Duration
    private let endOfCalendar: WallTime?
    private let timeout: Duration

    /// - Parameters:
    ///   - end: when nothing may be in flight any more, by the clock that gives `now`; it may be past.
    ///   - calendar: the same moment of the calendar; nil when the run's clock alone counts.
    ///   - timeout: the longest that one request takes.
    package init(end: Duration, calendar: WallTime? = nil, timeout: Duration) {
        self.end = end
        endOfRunClock = end
        endOfCalendar = calendar
        self.timeout = timeout
    }

    /// The last moment at which a request may start; in the past when the window is shorter than the timeout.
    package var lastStart: Duration { end - timeout }

    /// Whether a request may start.
    package func mayStart(now: Duration) -> Bool { now <= lastStart }

    /// Holds the end against the calendar, which may have been set, or have gone on while the run's clock stood still.
    ///
    /// - Parameters:
    ///   - now: the moment by the run's clock.
    ///   - wallTime: the same moment by the calendar.
    package mutating func check(now: Duration, wallTime: WallTime) {
        guard let endOfCalendar else { return }
        end = min(endOfRunClock, now + (endOfCalendar - wallTime))
    }
}
