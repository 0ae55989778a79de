package import Platform

/// What looks like nothing: blanks of every width, tabs and characters without width, as people paste them into cells.
@usableFromInline package enum Whitespace {
    /// The bytes without blanks at their ends.
    @inlinable @inline(__always)
    package static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        guard let first = bytes.first, let last = bytes.last else { return bytes }
        // A visible ASCII character at either end, which is nearly always.
        if first &- 0x21 < 0x5E, last &- 0x21 < 0x5E { return bytes }
        return trimmedSlowly(bytes)
    }

    @usableFromInline
    static func trimmedSlowly(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var start = 0
        var end = bytes.count
        while case let length = length(in: bytes, at: start), length > 0 { start += length }
        while end > start, case let length = lengthOfLast(in: bytes, upTo: end), length > 0, end - length >= start {
            end -= length
        }
        return bytes.part(start..<end)
    }

    /// Whether there is a blank anywhere in the bytes, and which it is.
    ///
    /// - Parameter allowsSpace: whether the plain space is no blank here.
    package static func first(in bytes: Bytes, allowsSpace: Bool) -> String? {
        var index = 0
        while index < bytes.count {
            let length = length(in: bytes, at: index)
            if length > 0, !(allowsSpace && bytes[index] == 0x20) {
                return name(of: bytes.part(index..<index + length))
            }
            index += max(1, length)
        }
        return nil
    }

    /// Length of the blank that starts at an index; 0 when there is none.
    private static func length(in bytes: Bytes, at index: Int) -> Int {
        guard index < bytes.count else { return 0 }
        switch bytes[index] {
        case 0x20, 0x09: return 1
        case 0xC2: return index + 1 < bytes.count && [0xA0, 0xAD].contains(bytes[index + 1]) ? 2 : 0
        case 0xE1, 0xE2, 0xE3, 0xEF:
            guard index + 2 < bytes.count else { return 0 }
            return isBlank(bytes[index], bytes[index + 1], bytes[index + 2]) ? 3 : 0
        default: return 0
        }
    }

    /// Length of the blank that ends before an index; 0 when there is none.
    private static func lengthOfLast(in bytes: Bytes, upTo end: Int) -> Int {
        for length in 1...3 where end >= length && self.length(in: bytes, at: end - length) == length {
            return length
        }
        return 0
    }

    /// U+1680, U+180E, U+2000–200F, U+202A–202F, U+205F–2064, U+2066–2069, U+3000 and U+FEFF.
    private static func isBlank(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Bool {
        switch (first, second, third) {
        case (0xE1, 0x9A, 0x80), (0xE1, 0xA0, 0x8E), (0xE2, 0x80, 0x80...0x8F), (0xE2, 0x80, 0xAA...0xAF),
            (0xE2, 0x81, 0x9F...0xA4), (0xE2, 0x81, 0xA6...0xA9), (0xE3, 0x80, 0x80), (0xEF, 0xBB, 0xBF):
            true
        default: false
        }
    }

    private static func name(of blank: Bytes) -> String {
        switch blank.text {
        case " ", "\u{1680}", "\u{2000}"..."\u{200A}", "\u{205F}", "\u{3000}": "a blank"
        case "\t": "a tab"
        case "\u{A0}", "\u{202F}": "a no-break space"
        default: "a character without width"
        }
    }
}
