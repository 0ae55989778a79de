extension Array where Element == UInt8 {
    /// Appends a number as its decimal digits.
    package mutating func appendDecimal(_ number: Int64) {
        // From the right, as division yields them.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = digits.count
            var rest = number.magnitude
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if number < 0 { append(UInt8(ascii: "-")) }
            append(contentsOf: digits[start...])
        }
    }
}
