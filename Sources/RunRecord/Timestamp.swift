import Glibc
import JobModel

/// Writes moments as RFC 3339 with milliseconds, many of them from about the same time.
///
/// The calendar is worked out once a minute; the rest is digits.
struct TimestampWriter {
    private var minute = Int64.min
    private var prefix: [UInt8] = []

    /// Appends `2026-11-23T20:49:31.007Z`.
    mutating func append(_ time: WallTime, to bytes: inout [UInt8]) {
        let (quotient, remainder) = time.milliseconds.quotientAndRemainder(dividingBy: 60_000)
        let isBeforeEpoch = remainder < 0
        let inMinute = Int(isBeforeEpoch ? remainder + 60_000 : remainder)
        let minute = isBeforeEpoch ? quotient - 1 : quotient
        if minute != self.minute {
            self.minute = minute
            prefix = Array(time.description.utf8.dropLast("SS.mmmZ".utf8.count))
        }
        bytes.append(contentsOf: prefix)
        for divisor in [10_000, 1000] { bytes.append(TimestampWriter.digit(inMinute / divisor)) }
        bytes.append(UInt8(ascii: "."))
        for divisor in [100, 10, 1] { bytes.append(TimestampWriter.digit(inMinute / divisor)) }
        bytes.append(UInt8(ascii: "Z"))
    }

    /// The moment as a JSON string.
    mutating func quoted(_ time: WallTime) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(26)
        bytes.append(UInt8(ascii: "\""))
        append(time, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        return bytes
    }

    private static func digit(_ number: Int) -> UInt8 { UInt8(ascii: "0") + UInt8(number % 10) }
}

extension WallTime {
    /// Reads what ``TimestampWriter`` writes, from the years 1970 to 9999; nil for anything else.
    init?(timestamp text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, bytes[10] == UInt8(ascii: "T"), bytes[23] == UInt8(ascii: "Z"),
            let year = WallTime.number(bytes[0..<4]), let month = WallTime.number(bytes[5..<7]),
            let day = WallTime.number(bytes[8..<10]), let hour = WallTime.number(bytes[11..<13]),
            let minute = WallTime.number(bytes[14..<16]), let second = WallTime.number(bytes[17..<19]),
            let millisecond = WallTime.number(bytes[20..<23])
        else { return nil }
        var parts = tm()
        parts.tm_year = year - 1900
        parts.tm_mon = month - 1
        parts.tm_mday = day
        let days = timegm(&parts)
        let seconds = days + Int(hour) * 3600 + Int(minute) * 60 + Int(second)
        self.init(milliseconds: Int64(seconds) * 1000 + Int64(millisecond))
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int32? {
        var number: Int32 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int32(digit - UInt8(ascii: "0"))
        }
        return number
    }
}
