import Glibc

/// Borrowed bytes, a cell's or a line's. Good only as long as the buffer behind them is left alone.
typealias Bytes = UnsafeBufferPointer<UInt8>

extension UnsafeBufferPointer<UInt8> {
    /// The part of the bytes, borrowed likewise.
    func part(_ range: Range<Int>) -> Bytes { Bytes(rebasing: self[range]) }

    /// Whether the bytes are exactly those of the text.
    func equals(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && starts(with: text)
    }

    /// Whether the bytes start with those of the text.
    func starts(with text: StaticString) -> Bool {
        guard let baseAddress, count >= text.utf8CodeUnitCount else { return text.utf8CodeUnitCount == 0 }
        return memcmp(baseAddress, text.utf8Start, text.utf8CodeUnitCount) == 0
    }

    /// Whether the bytes are those of the text, which is in lower case, regardless of the case of ASCII letters.
    func equalsIgnoringCase(_ lowercase: StaticString) -> Bool {
        guard count == lowercase.utf8CodeUnitCount else { return false }
        for index in indices where self[index].lowercased != lowercase.utf8Start[index] { return false }
        return true
    }

    /// A text of the bytes, which were found to be UTF-8 before.
    var text: String { String(decoding: self, as: UTF8.self) }
}

extension UInt8 {
    /// The byte with ASCII capitals made small.
    var lowercased: UInt8 { isCapital ? self | 0x20 : self }

    var isCapital: Bool { self &- UInt8(ascii: "A") < 26 }
    var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
}
