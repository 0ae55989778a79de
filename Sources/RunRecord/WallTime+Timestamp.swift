import Glibc
import JobModel

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
