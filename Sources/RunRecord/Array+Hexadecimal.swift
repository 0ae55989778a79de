extension Array where Element == UInt8 {
    /// Appends the 16 hexadecimal digits of a word in lower case.
    mutating func appendHexadecimal(_ word: UInt64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { digits in
            for index in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * index)) & 0xF
                digits[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            append(contentsOf: digits)
        }
    }
}
