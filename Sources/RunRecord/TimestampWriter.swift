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
        bytes.append(TimestampWriter.digit(inMinute / 10_000))
        bytes.append(TimestampWriter.digit(inMinute / 1000))
        bytes.append(UInt8(ascii: "."))
        bytes.append(TimestampWriter.digit(inMinute / 100))
        bytes.append(TimestampWriter.digit(inMinute / 10))
        bytes.append(TimestampWriter.digit(inMinute))
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
