/// Reads a request's body as one JSON text, strictly by RFC 8259; a repeated key is an error too.
///
/// Not JSONDecoder, which takes `5.0` for `5` and hides repeated keys, and not the reader that the tool itself uses: a
/// mistake there must show here.
struct BodyReader {
    /// The body is not one JSON text.
    struct SyntaxError: Error {}

    private let bytes: [UInt8]
    private var position = 0
    /// Deeper nesting than any call has, and no danger to a stack.
    private static let depthLimit = 16

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    static func read(_ bytes: [UInt8]) throws(SyntaxError) -> BodyValue {
        var reader = BodyReader(bytes)
        let value = try reader.readValue(depth: 0)
        guard reader.peek() == nil else { throw SyntaxError() }
        return value
    }

    private mutating func readValue(depth: Int) throws(SyntaxError) -> BodyValue {
        guard depth < Self.depthLimit, let first = peek() else { throw SyntaxError() }
        switch first {
        case UInt8(ascii: "{"): return try readObject(depth: depth)
        case UInt8(ascii: "["): return try readArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", as: .boolean(true))
        case UInt8(ascii: "f"): return try readWord("false", as: .boolean(false))
        case UInt8(ascii: "n"): return try readWord("null", as: .null)
        default: return .number(try readNumber())
        }
    }

    private mutating func readObject(depth: Int) throws(SyntaxError) -> BodyValue {
        var members: [String: BodyValue] = [:]
        try expect("{")
        if accept("}") { return .object(members) }
        repeat {
            guard peek() == UInt8(ascii: "\"") else { throw SyntaxError() }
            let key = try readString()
            try expect(":")
            guard members.updateValue(try readValue(depth: depth + 1), forKey: key) == nil else { throw SyntaxError() }
        } while accept(",")
        try expect("}")
        return .object(members)
    }

    private mutating func readArray(depth: Int) throws(SyntaxError) -> BodyValue {
        var elements: [BodyValue] = []
        try expect("[")
        if accept("]") { return .array(elements) }
        repeat {
            elements.append(try readValue(depth: depth + 1))
        } while accept(",")
        try expect("]")
        return .array(elements)
    }

    private mutating func readWord(_ word: String, as value: BodyValue) throws(SyntaxError) -> BodyValue {
        guard bytes[position...].starts(with: word.utf8) else { throw SyntaxError() }
        position += word.utf8.count
        return value
    }

    private mutating func readNumber() throws(SyntaxError) -> String {
        let start = position
        take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try readDigits() }
        if take(UInt8(ascii: ".")) { try readDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { take(UInt8(ascii: "-")) }
            try readDigits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func readDigits() throws(SyntaxError) {
        let start = position
        skip { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        if position == start { throw SyntaxError() }
    }

    private mutating func readString() throws(SyntaxError) -> String {
        try expect("\"")
        var content: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else { throw SyntaxError() }
                return text
            case UInt8(ascii: "\\"): content.append(contentsOf: try readEscape().utf8)
            case 0..<0x20: throw SyntaxError()
            default: content.append(byte)
            }
        }
        throw SyntaxError()
    }

    private mutating func readEscape() throws(SyntaxError) -> String {
        guard position < bytes.count else { throw SyntaxError() }
        let letter = bytes[position]
        position += 1
        if letter == UInt8(ascii: "u") { return try readUTF16() }
        guard let plain = Self.escapes[letter] else { throw SyntaxError() }
        return plain
    }

    private static let escapes: [UInt8: String] = [
        UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/", UInt8(ascii: "b"): "\u{8}",
        UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n", UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
    ]

    /// Reads what follows `\u`: one unit, or a pair of surrogates.
    private mutating func readUTF16() throws(SyntaxError) -> String {
        var units = [try readUnit()]
        if UTF16.isLeadSurrogate(units[0]) {
            guard bytes[position...].starts(with: "\\u".utf8) else { throw SyntaxError() }
            position += 2
            units.append(try readUnit())
        }
        guard let text = String(validating: units, as: UTF16.self) else { throw SyntaxError() }
        return text
    }

    private mutating func readUnit() throws(SyntaxError) -> UInt16 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else {
            throw SyntaxError()
        }
        position += 4
        guard let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16) else { throw SyntaxError() }
        return unit
    }

    /// The next byte that is no blank, without taking it.
    private mutating func peek() -> UInt8? {
        skip { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        return position < bytes.count ? bytes[position] : nil
    }

    private mutating func skip(while belongs: (UInt8) -> Bool) {
        while position < bytes.count, belongs(bytes[position]) { position += 1 }
    }

    /// Takes the very next byte if it is this one.
    @discardableResult
    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func accept(_ mark: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ mark: Unicode.Scalar) throws(SyntaxError) {
        guard accept(mark) else { throw SyntaxError() }
    }
}
