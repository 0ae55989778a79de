package import Platform
package import FleetModel

/// The end of a maintenance window, as `--window-end` writes it.
///
/// `HH:MM` is the first moment after `now` at which the local clock comes to that time, or jumps over it. With Berlin's
/// rules: at 22:00, `02:30` is in 4.5 hours; in the night in which 02:00 becomes 03:00, `02:30` is the moment of the
/// jump; in the night in which 03:00 becomes 02:00, `02:30` is the first 02:30, and between the two it is the second.
/// In doubt the window thus ends early rather than late.
package struct WindowEnd: Hashable, Sendable {
    /// When nothing may be in flight any more.
    package let moment: WallTime

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
            return
        }
        guard let minuteOfDay = Self.minuteOfDay(text) else { return nil }
        let rules = ZoneRules { localOffset(WallTime(milliseconds: $0)).components.seconds * 1000 }
        guard let next = rules.next(minuteOfDay: minuteOfDay, after: now.milliseconds) else { return nil }
        moment = WallTime(milliseconds: next)
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
