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

extension WallTime {
    /// - Parameter rfc3339: a date and time by RFC 3339 with its offset, like `2026-11-24T02:00:00+01:00`. Digits
    ///   beyond the millisecond are dropped, and a leap second is the second after it. Anything else gives nil.
    package init?(rfc3339 text: String) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2, in: 1...12),
            reader.take("-"), let day = reader.number(2, in: 1...Self.dayCount(year: year, month: month)),
            reader.take("T") || reader.take("t"), let hour = reader.number(2, in: 0...23), reader.take(":"),
            let minute = reader.number(2, in: 0...59), reader.take(":"), let second = reader.number(2, in: 0...60),
            let fraction = reader.milliseconds(), let offset = reader.offsetSeconds(), reader.isAtEnd
        else { return nil }
        let midnight = Self.dayNumber(year: year, month: month, day: day) * 86_400
        let seconds = midnight + hour * 3600 + minute * 60 + second - offset
        self.init(milliseconds: Int64(seconds * 1000 + fraction))
    }

    /// Days from 1970-01-01 to a Gregorian date; a day beyond its month counts on into the next.
    static func dayNumber(year: Int, month: Int, day: Int) -> Int {
        // Years are counted from March, so that the leap day comes last.
        let shiftedYear = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func dayCount(year: Int, month: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }
}

/// Reads fields of a fixed number of digits off the front of a text.
package struct DigitReader {
    private var rest: ArraySlice<UInt8>

    /// - Parameter text: what to read.
    package init(_ text: String) {
        rest = Array(text.utf8)[...]
    }

    /// Whether nothing is left.
    package var isAtEnd: Bool { rest.isEmpty }

    /// Takes an ASCII character off the front, if it stands there.
    package mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, Unicode.Scalar(first) == character else { return false }
        rest.removeFirst()
        return true
    }

    /// Reads so many digits; nil, and nothing taken, when they are not there or the number is out of range.
    package mutating func number(_ width: Int, in range: ClosedRange<Int> = 0...9999) -> Int? {
        let digits = rest.prefix(width)
        guard digits.count == width, let number = Int(digits: digits), range.contains(number) else { return nil }
        rest.removeFirst(width)
        return number
    }

    /// Reads what may follow the seconds: a point and any number of digits.
    mutating func milliseconds() -> Int? {
        guard take(".") else { return 0 }
        let digits = rest.prefix(while: \.isDigit)
        rest.removeFirst(digits.count)
        let padded = digits.prefix(3) + Array(repeating: UInt8(ascii: "0"), count: max(0, 3 - digits.count))
        return digits.isEmpty ? nil : Int(digits: padded)
    }

    /// Reads `Z`, `+HH:MM` or `-HH:MM`.
    mutating func offsetSeconds() -> Int? {
        if take("Z") || take("z") { return 0 }
        let sign = take("-") ? -1 : 1
        guard sign == -1 || take("+"), let hours = number(2, in: 0...23), take(":"), let minutes = number(2, in: 0...59)
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}

/// Writes moments as RFC 3339 with milliseconds, many of them from about the same time.
///
/// The calendar is worked out once a minute; the rest is digits.
package struct TimestampWriter: Sendable {
    private var minute = Int64.min
    /// The moment written last.
    private var text: [UInt8] = []

    /// Nothing was written yet.
    package init() {}

    /// Appends `2026-11-23T20:49:31.007Z`.
    package mutating func append(_ time: WallTime, to bytes: inout [UInt8]) {
        let (quotient, remainder) = time.milliseconds.quotientAndRemainder(dividingBy: 60_000)
        let isBeforeEpoch = remainder < 0
        let minute = isBeforeEpoch ? quotient - 1 : quotient
        if minute != self.minute {
            self.minute = minute
            text = Array(time.description.utf8)
        }
        setSeconds(inMinute: Int(isBeforeEpoch ? remainder + 60_000 : remainder))
        bytes.append(contentsOf: text)
    }

    /// Writes `SS.mmm` in place, before the `Z`.
    private mutating func setSeconds(inMinute milliseconds: Int) {
        let start = text.count - "SS.mmmZ".utf8.count
        func set(_ place: Int, _ number: Int) {
            text[start + place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10)
        }
        set(0, milliseconds / 10_000)
        set(1, milliseconds / 1000)
        set(3, milliseconds / 100)
        set(4, milliseconds / 10)
        set(5, milliseconds)
    }
}
