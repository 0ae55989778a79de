import Glibc

/// A JSON value that keeps what other readers lose: numbers as they are written, members in their order.
package enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// The number's own text, valid by the grammar of RFC 8259.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// The value of an object's member; nil when this is no object or has no such member.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.isNamed(key) }?.value
    }

    /// The whole number that a number's text denotes exactly (`5`, `5.0`, `5e0`); nil for anything else and for what
    /// exceeds 64 bits.
    package var integer: Int64? {
        guard case .number(let text) = self else { return nil }
        return JSONNumber(text).integer
    }

    /// A whole number.
    package init(_ number: some BinaryInteger) { self = .number(String(number)) }

    /// The text of a string; nil for anything else.
    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// What JSON calls this kind of value, for messages.
    package var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// One member of a JSON object.
package struct JSONMember: Hashable, Sendable {
    /// The key without quotes and escapes.
    package let key: String
    /// What stands under it.
    package let value: JSONValue

    /// - Parameters:
    ///   - key: without quotes and escapes, empty or not.
    ///   - value: what stands under it.
    package init(key: String, value: JSONValue) {
        self.key = key
        self.value = value
    }

    /// Whether the key has these bytes; Swift calls two strings equal when they only look the same.
    func isNamed(_ name: String) -> Bool {
        var (key, name) = (key, name)
        return key.withUTF8 { key in
            name.withUTF8 { name in
                guard key.count == name.count, let bytes = key.baseAddress, let others = name.baseAddress else {
                    return key.isEmpty && name.isEmpty
                }
                // Comparing the strings' own views takes ten times as long.
                return memcmp(bytes, others, key.count) == 0
            }
        }
    }
}

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
