import Platform

/// Two words that are written as 32 hexadecimal digits.
struct HexadecimalPair: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads exactly 32 hexadecimal digits; nil for anything else.
    init?(_ text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 32, let high = HexadecimalPair.word(digits[..<16]),
            let low = HexadecimalPair.word(digits[16...])
        else { return nil }
        self.init(high: high, low: low)
    }

    var text: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(32)
        append(to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    func append(to bytes: inout [UInt8]) {
        bytes.appendHexadecimal(high)
        bytes.appendHexadecimal(low)
    }

    private static func word(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var word: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): word = word << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): word = word << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return word
    }
}
