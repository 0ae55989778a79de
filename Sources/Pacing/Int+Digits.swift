extension Int {
    /// Reads ASCII digits and nothing else, unlike `Int(_:)`, which takes a sign; nil for no digits and on overflow.
    init?(digits: some Collection<UInt8>) {
        guard !digits.isEmpty else { return nil }
        var number = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (tens, isTooLong) = number.multipliedReportingOverflow(by: 10)
            let (sum, isTooBig) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            if isTooLong || isTooBig { return nil }
            number = sum
        }
        self = number
    }
}
