import Glibc

/// A moment of the calendar in whole milliseconds, UTC.
package struct WallTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package let milliseconds: Int64

    /// - Parameter milliseconds: milliseconds since 1970-01-01T00:00:00Z.
    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static func < (left: WallTime, right: WallTime) -> Bool { left.milliseconds < right.milliseconds }

    /// The moment so much later, to the millisecond.
    package static func + (time: WallTime, length: Duration) -> WallTime {
        WallTime(milliseconds: time.milliseconds + Int64(length.attoseconds / 1_000_000_000_000_000))
    }

    /// How long it is from the right moment to the left one.
    package static func - (end: WallTime, start: WallTime) -> Duration {
        .milliseconds(end.milliseconds - start.milliseconds)
    }

    /// RFC 3339 with milliseconds: `2026-11-23T20:49:31.007Z`.
    package var description: String { "\(dateAndTime).\(pad(fields.1.millisecond, 3))Z" }

    /// RFC 3339 to the second in local time, for people: `2026-11-23T21:49:31+01:00`.
    ///
    /// - Parameter offset: how far local time is ahead of UTC, of which whole minutes count; the machine's own rules when
    ///   not given.
    package func localText(offset: Duration? = nil) -> String {
        let minutes = (offset ?? localOffset).components.seconds / 60
        let local = self + .seconds(minutes * 60)
        let sign = minutes < 0 ? "-" : "+"
        return "\(local.dateAndTime)\(sign)\(pad(Int(abs(minutes)) / 60)):\(pad(Int(abs(minutes)) % 60))"
    }

    private var dateAndTime: String {
        let (date, time) = fields
        let day = "\(pad(date.year, 4))-\(pad(date.month))-\(pad(date.day))"
        return "\(day)T\(pad(time.hour)):\(pad(time.minute)):\(pad(time.second))"
    }

    /// The form for file names: `20261123T204931Z`.
    package var compact: String {
        let (date, time) = fields
        let day = "\(pad(date.year, 4))\(pad(date.month))\(pad(date.day))"
        return "\(day)T\(pad(time.hour))\(pad(time.minute))\(pad(time.second))Z"
    }

    private typealias Date = (year: Int, month: Int, day: Int)
    private typealias Time = (hour: Int, minute: Int, second: Int, millisecond: Int)

    private var fields: (Date, Time) {
        let dayLength: Int64 = 86_400_000
        let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: dayLength)
        let inDay = Int(rest < 0 ? rest + dayLength : rest)
        let date = WallTime.civilDate(daysSinceEpoch: Int(rest < 0 ? days - 1 : days))
        return (date, (inDay / 3_600_000, inDay / 60_000 % 60, inDay / 1000 % 60, inDay % 1000))
    }

    /// Gregorian date of a day number, counting years from March so that the leap day comes last.
    private static func civilDate(daysSinceEpoch: Int) -> Date {
        let shifted = daysSinceEpoch + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private func pad(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension WallTime {
    /// How far the machine's local time is ahead of UTC at this moment, by the time zone in `TZ` or of the system.
    package var localOffset: Duration {
        var seconds = time_t(milliseconds / 1000)
        var fields = tm()
        // Without this, localtime_r may go by a time zone that was never loaded.
        tzset()
        guard localtime_r(&seconds, &fields) != nil else { return .zero }
        return .seconds(fields.tm_gmtoff)
    }
}
