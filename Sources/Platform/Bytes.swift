import Glibc

/// Borrowed bytes, a cell's or a line's. Good only as long as the buffer behind them is left alone.
@usableFromInline package typealias Bytes = UnsafeBufferPointer<UInt8>

extension UnsafeBufferPointer<UInt8> {
    /// The part of the bytes, borrowed likewise.
    @inlinable package func part(_ range: Range<Int>) -> Bytes { Bytes(rebasing: self[range]) }

    /// Whether the bytes are exactly those of the text.
    package func equals(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && starts(with: text)
    }

    /// Whether both are the same bytes.
    package func equals(_ other: Bytes) -> Bool {
        guard count == other.count, let baseAddress, let others = other.baseAddress else {
            return isEmpty && other.isEmpty
        }
        return memcmp(baseAddress, others, count) == 0
    }

    /// Whether the bytes start with those of the text.
    package func starts(with text: StaticString) -> Bool {
        guard let baseAddress, count >= text.utf8CodeUnitCount else { return text.utf8CodeUnitCount == 0 }
        return memcmp(baseAddress, text.utf8Start, text.utf8CodeUnitCount) == 0
    }

    /// Whether the bytes are those of the text, which is in lower case, regardless of the case of ASCII letters.
    @inlinable package func equalsIgnoringCase(_ lowercase: StaticString) -> Bool {
        guard count == lowercase.utf8CodeUnitCount else { return false }
        for index in indices where self[index].lowercased != lowercase.utf8Start[index] { return false }
        return true
    }

    /// Where a byte stands first; the C library finds it several times as fast as a loop.
    package func firstIndex(of byte: UInt8) -> Int? {
        guard let baseAddress, let found = memchr(baseAddress, Int32(byte), count) else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(baseAddress)
    }

    /// A text of the bytes, which were found to be UTF-8 before.
    package var text: String { String(decoding: self, as: UTF8.self) }
}

extension String {
    /// Whether both are the same bytes; Swift's strings are equal when they look the same.
    package func isSame(as other: String) -> Bool {
        var (left, right) = (self, other)
        return left.withUTF8 { left in right.withUTF8 { left.equals($0) } }
    }
}

// Inlinable, because other targets ask these of each byte of each row.
extension UInt8 {
    /// The byte with ASCII capitals made small.
    @inlinable package var lowercased: UInt8 { isCapital ? self | 0x20 : self }

    /// Whether it is an ASCII capital.
    @inlinable package var isCapital: Bool { self &- UInt8(ascii: "A") < 26 }
    /// Whether it is an ASCII letter.
    @inlinable package var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
    /// Whether it is an ASCII digit.
    @inlinable package var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
}

extension Int {
    /// Reads ASCII digits and nothing else, unlike `Int(_:)`, which takes a sign; nil for no digits and on overflow.
    package init?(digits: some Collection<UInt8>) {
        guard !digits.isEmpty else { return nil }
        var number = 0
        for byte in digits {
            guard byte.isDigit else { return nil }
            let (tens, isTooLong) = number.multipliedReportingOverflow(by: 10)
            let (sum, isTooBig) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            if isTooLong || isTooBig { return nil }
            number = sum
        }
        self = number
    }
}

extension [UInt8] {
    /// Appends the 16 hexadecimal digits of a word in lower case.
    package mutating func appendHexadecimal(_ word: UInt64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { digits in
            for index in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * index)) & 0xF
                digits[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            append(contentsOf: digits)
        }
    }
}
