/// Writes one JSON text into a byte buffer, putting the commas itself.
///
/// `{"event":"sent","row":7}` is `beginObject`, `member("event", "sent")`, `member("row", 7)`, `endObject`.
package struct JSONWriter: Sendable {
    /// What was written so far.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// - Parameter capacity: bytes to make room for at once.
    package init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// Opens an object; only members may come next.
    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    /// Closes the object opened last.
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    /// Opens an array; only values may come next.
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    /// Closes the array opened last.
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Writes a member's key; its value must come next.
    package mutating func key(_ key: String) {
        string(key)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a value: a text, quoted and escaped.
    package mutating func string(_ text: String) {
        separate()
        bytes.appendJSONString(text)
    }

    /// Writes a value: a whole number, every digit of it.
    package mutating func integer(_ number: Int64) {
        separate()
        bytes.appendDecimal(number)
    }
    /// Writes a value: `true` or `false`.
    package mutating func boolean(_ value: Bool) { raw((value ? "true" : "false").utf8) }
    /// Writes a value: `null`.
    package mutating func null() { raw("null".utf8) }

    /// Writes a value with all that is in it, numbers as they were read.
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .boolean(let boolean): self.boolean(boolean)
        case .number(let text): raw(text.utf8)
        case .string(let text): string(text)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members { self.member(member.key, member.value) }
            endObject()
        }
    }

    /// Writes text that already is JSON: one value, or the members of an object without its braces.
    package mutating func raw(_ text: some Collection<UInt8>) {
        guard !text.isEmpty else { return }
        separate()
        bytes.append(contentsOf: text)
    }

    /// Writes a member that is a text.
    package mutating func member(_ key: String, _ text: String) {
        self.key(key)
        string(text)
    }

    /// Writes a member that is a whole number.
    package mutating func member(_ key: String, _ number: Int64) {
        self.key(key)
        integer(number)
    }

    /// Writes a member that is a boolean.
    package mutating func member(_ key: String, _ value: Bool) {
        self.key(key)
        boolean(value)
    }

    /// Writes a member of any value.
    package mutating func member(_ key: String, _ value: JSONValue) {
        self.key(key)
        self.value(value)
    }

    /// Ends the line of a JSON-lines file.
    package mutating func endLine(_ ending: [UInt8] = [0x0A]) {
        bytes.append(contentsOf: ending)
        needsComma = false
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}

extension Array where Element == UInt8 {
    /// Appends a text as a JSON string: quoted, with `"`, `\` and control characters escaped, all else as it is.
    package mutating func appendJSONString(_ text: String) {
        append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { text in
            let mustEscape = text.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
            if mustEscape { appendEscaped(text) } else { append(contentsOf: text) }
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0x0A: append(contentsOf: "\\n".utf8)
            case 0x0D: append(contentsOf: "\\r".utf8)
            case 0x09: append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                append(contentsOf: (byte < 0x10 ? "\\u000" : "\\u00").utf8)
                append(contentsOf: String(byte, radix: 16).utf8)
            default: append(byte)
            }
        }
    }
}

extension Array where Element == UInt8 {
    /// Appends a number as its decimal digits.
    package mutating func appendDecimal(_ number: Int64) {
        if 0..<10 ~= number { return append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number)) }
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
