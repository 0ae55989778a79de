/// The exact value of a JSON number's text, without a detour through floating point.
package struct JSONNumber {
    private let text: String

    /// - Parameter text: a number by the grammar of RFC 8259.
    package init(_ text: String) {
        self.text = text
    }

    /// The whole number the text denotes exactly; nil when it is no whole number or exceeds 64 bits.
    ///
    /// `5` → 5, `5.0` → 5, `50e-1` → 5, `1E+05` → 100000, `5.5` → nil, `9223372036854775808` → nil.
    package var integer: Int64? {
        if let plain = Int64(text) { return plain }
        let parts = text.utf8.split(whereSeparator: { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") })
        guard let mantissa = parts.first else { return nil }
        // An exponent beyond Int64 is as good as the largest one: the digits cannot make up for it.
        let exponent = parts.count < 2 ? 0 : Self.clampedExponent(Substring(parts[1]))
        let isNegative = mantissa.first == UInt8(ascii: "-")
        let halves = mantissa.drop { $0 == UInt8(ascii: "-") }.split(separator: UInt8(ascii: "."))
        guard let whole = halves.first else { return nil }
        let fraction = halves.count < 2 ? Substring("").utf8 : halves[1]
        let digits = (Array(whole) + Array(fraction)).drop { $0 == UInt8(ascii: "0") }
        return Self.scale(digits, by: exponent - fraction.count, isNegative: isNegative)
    }

    private static func clampedExponent(_ text: Substring) -> Int {
        let limit = 1_000_000_000
        return max(-limit, min(limit, Int(text) ?? (text.hasPrefix("-") ? -limit : limit)))
    }

    /// - Parameter digits: without zeros in front.
    private static func scale(_ digits: ArraySlice<UInt8>, by power: Int, isNegative: Bool) -> Int64? {
        if digits.isEmpty { return 0 }
        var digits = digits
        var power = power
        while power < 0, digits.last == UInt8(ascii: "0") {
            digits.removeLast()
            power += 1
        }
        guard power >= 0, digits.count + power <= 19 else { return nil }
        let text = String(decoding: digits, as: UTF8.self) + String(repeating: "0", count: power)
        return Int64((isNegative ? "-" : "") + text)
    }
}
