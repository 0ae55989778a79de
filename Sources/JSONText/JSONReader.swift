/// Why a text is not the JSON it should be.
package struct JSONError: Error, Hashable, Sendable {
    /// Byte offset in the text at which it went wrong, from 0.
    package let offset: Int
    /// One clause for a person; quotes no string value.
    package let reason: String
}

extension JSONValue {
    /// Nesting that no text of ours needs and that cannot exhaust a stack.
    static let depthLimit = 64

    /// Reads one JSON text, to the letter of RFC 8259, with two things more that are errors: a repeated key, and nesting
    /// beyond ``depthLimit``. Blanks around the value are fine.
    ///
    /// - Throws: ``JSONError`` with the offset of the first byte at fault, or of the string or key that holds it when it
    ///   is not valid UTF-8, not closed, or repeated.
    package init(parsing bytes: [UInt8]) throws(JSONError) {
        self = try JSONReader.read(bytes, keptDepth: .max, keptItems: .max)
    }

    /// Reads one JSON text as ``init(parsing:)`` does and keeps its top: the items of the outermost list, each list in it
    /// as an empty one. So a text from a stranger takes little more memory than its bytes. What is not kept may repeat its
    /// keys.
    ///
    /// - Throws: ``JSONError`` as ``init(parsing:)``, and when the outermost list has more than 1,024 items.
    package init(parsingTopOf bytes: [UInt8]) throws(JSONError) {
        self = try JSONReader.read(bytes, keptDepth: 1, keptItems: 1024)
    }
}

/// A recursive-descent reader over borrowed bytes.
private struct JSONReader {
    private let text: UnsafeBufferPointer<UInt8>
    /// Lists within so many others lose their items.
    private let keptDepth: Int
    /// Items that a list may keep.
    private let keptItems: Int
    private var position = 0

    static func read(_ bytes: [UInt8], keptDepth: Int, keptItems: Int) throws(JSONError) -> JSONValue {
        let parsed = bytes.withUnsafeBufferPointer { text in
            Result { () throws(JSONError) in
                var reader = JSONReader(text: text, keptDepth: keptDepth, keptItems: keptItems)
                return try reader.readDocument()
            }
        }
        return try parsed.get()
    }

    private mutating func readDocument() throws(JSONError) -> JSONValue {
        let value = try readValue(depth: 0)
        skipBlanks()
        guard position == text.count else { throw error("there is more after the value") }
        return value
    }

    private mutating func readValue(depth: Int) throws(JSONError) -> JSONValue {
        skipBlanks()
        guard let first = peek else { throw error("the text ends where a value should be") }
        switch first {
        case UInt8(ascii: "{"): return .object(try readMembers(depth: depth))
        case UInt8(ascii: "["): return .array(try readElements(depth: depth))
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try readNumber())
        case UInt8(ascii: "t"): return try readWord("true", .boolean(true))
        case UInt8(ascii: "f"): return try readWord("false", .boolean(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        default: throw error("this is no value")
        }
    }

    private mutating func readMembers(depth: Int) throws(JSONError) -> [JSONMember] {
        try checkDepth(depth)
        var members: [JSONMember] = []
        var keys = SeenKeys()
        guard openList(until: UInt8(ascii: "}")) else { return members }
        members.reserveCapacity(4)
        repeat {
            skipBlanks()
            let start = position
            guard peek == UInt8(ascii: "\"") else { throw error("a key in quotes should be here") }
            let key = try readString()
            let isKept = depth < keptDepth
            guard members.count < keptItems else { throw error("there are more than \(keptItems) members") }
            guard !isKept || keys.insert(key, after: members) else {
                position = start
                throw error("a key stands twice in one object")
            }
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw error("a ':' should be here") }
            let value = try readValue(depth: depth + 1)
            if isKept { members.append(JSONMember(key: key, value: value)) }
        } while try goesOn(until: UInt8(ascii: "}"))
        return members
    }

    private mutating func readElements(depth: Int) throws(JSONError) -> [JSONValue] {
        try checkDepth(depth)
        var elements: [JSONValue] = []
        guard openList(until: UInt8(ascii: "]")) else { return elements }
        repeat {
            let value = try readValue(depth: depth + 1)
            if depth < keptDepth { elements.append(value) }
            guard elements.count <= keptItems else { throw error("there are more than \(keptItems) elements") }
        } while try goesOn(until: UInt8(ascii: "]"))
        return elements
    }

    /// - Parameter depth: objects and arrays around the one that starts here.
    private func checkDepth(_ depth: Int) throws(JSONError) {
        guard depth < JSONValue.depthLimit else { throw error("nesting is deeper than \(JSONValue.depthLimit)") }
    }

    /// Takes the bracket that opens a list.
    ///
    /// - Returns: false when the list is empty, and over with that.
    private mutating func openList(until end: UInt8) -> Bool {
        position += 1
        skipBlanks()
        return !take(end)
    }

    /// Takes what stands behind an item of a list.
    ///
    /// - Returns: whether another item comes.
    private mutating func goesOn(until end: UInt8) throws(JSONError) -> Bool {
        skipBlanks()
        if take(end) { return false }
        guard take(UInt8(ascii: ",")) else {
            throw error("a ',' or '\(Character(UnicodeScalar(end)))' should be here")
        }
        return true
    }

    private mutating func readWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let end = position + word.utf8CodeUnitCount
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard end <= text.count, text[position..<end].elementsEqual(letters) else { throw error("this is no value") }
        position = end
        return value
    }

    private mutating func readNumber() throws(JSONError) -> String {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try readDigits() }
        if take(UInt8(ascii: ".")) { try readDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try readDigits()
        }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    private mutating func readDigits() throws(JSONError) {
        let start = position
        while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
        if position == start { throw error("a digit should be here") }
    }

    private mutating func readString() throws(JSONError) -> String {
        let opening = position
        position += 1
        let start = position
        while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if peek == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try decode(UnsafeBufferPointer(rebasing: text[start..<position]), at: opening)
        }
        return try readEscapedString(Array(text[start..<position]), opening: opening)
    }

    private mutating func readEscapedString(_ plain: [UInt8], opening: Int) throws(JSONError) -> String {
        var bytes = plain
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return try bytes.withUnsafeBufferPointer { text throws(JSONError) in try decode(text, at: opening) }
            case UInt8(ascii: "\\"):
                try readEscape(into: &bytes)
            case 0..<0x20:
                throw error("a control character must be escaped")
            default:
                bytes.append(byte)
                position += 1
            }
        }
        position = opening
        throw error("a string is not closed")
    }

    private mutating func readEscape(into bytes: inout [UInt8]) throws(JSONError) {
        let start = position
        position += 1
        guard let letter = peek else { throw error("a string is not closed") }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(letter)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"): bytes.append(contentsOf: try readScalar(escapedAt: start).utf8)
        default:
            position = start
            throw error("this is no escape")
        }
    }

    /// Reads the four digits after `\u`, and the second half of a surrogate pair where there is one.
    private mutating func readScalar(escapedAt start: Int) throws(JSONError) -> Character {
        var code = try readHex()
        if code >> 10 == 0x36, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
            let low = try readHex()
            code = low >> 10 == 0x37 ? 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF : 0xD800
        }
        guard let scalar = UnicodeScalar(code) else {
            position = start
            throw error("half of a surrogate pair is no character")
        }
        return Character(scalar)
    }

    private mutating func readHex() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw error("four hexadecimal digits should be here")
            }
            code = code << 4 + UInt32(digit)
            position += 1
        }
        return code
    }

    private func decode(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) throws(JSONError) -> String {
        // Most texts are ASCII, which need not be validated any further.
        if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
        guard let string = String(validating: bytes, as: UTF8.self) else {
            throw JSONError(offset: offset, reason: "a string is not valid UTF-8")
        }
        return string
    }

    private var peek: UInt8? { position < text.count ? text[position] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private func error(_ reason: String) -> JSONError { JSONError(offset: position, reason: reason) }
}

/// The keys of one object, compared by bytes, because Swift calls two strings equal when they only look the same.
private struct SeenKeys {
    /// Members up to which looking through them is faster than hashing; a PBX's answers have fewer.
    private static let fewMembers = 16
    private var keys: Set<[UInt8]> = []

    /// Takes the key that comes after some members.
    ///
    /// - Returns: false when one of them has it already.
    mutating func insert(_ key: String, after members: [JSONMember]) -> Bool {
        guard members.count >= SeenKeys.fewMembers else {
            return !members.contains { $0.isNamed(key) }
        }
        if keys.isEmpty { keys = Set(members.map { Array($0.key.utf8) }) }
        return keys.insert(Array(key.utf8)).inserted
    }
}
