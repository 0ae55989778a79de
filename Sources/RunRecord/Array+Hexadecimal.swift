extension Array where Element == UInt8 {
    /// Appends the 16 hexadecimal digits of a word in lower case.
    mutating func appendHexadecimal(_ word: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 0xF
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}
