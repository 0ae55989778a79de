import Platform

/// Counts lines and bytes while a text is read.
struct TextPosition {
    /// The 1-based line of the last piece; before the first, the lines that were passed over.
    private(set) var line: Int
    /// Offset behind the last piece.
    private(set) var offset: Int
    /// The first line whose bytes are no UTF-8, if there was one.
    private(set) var badEncodingLine: Int?
    private var checker = UTF8Checker()
    private var isAtLineEnd = true

    /// - Parameters:
    ///   - offset: where the text starts in the spool.
    ///   - line: lines before it.
    init(offset: Int, line: Int = 0) {
        self.offset = offset
        self.line = line
    }

    /// The line on which the next byte would stand.
    var lineToCome: Int { isAtLineEnd ? line + 1 : line }

    @inline(__always)
    mutating func move(over piece: LineScanner.Piece) {
        if piece.startsLine { line += 1 }
        offset += piece.bytes.count
        isAtLineEnd = piece.endsLine
    }

    /// Checks bytes of the last piece, in their order, for being UTF-8.
    @inline(__always)
    mutating func check(_ bytes: Bytes) {
        if !checker.accepts(bytes), badEncodingLine == nil { badEncodingLine = line }
    }

    /// Notes that there is no more text.
    mutating func finish() {
        if !checker.isComplete, badEncodingLine == nil { badEncodingLine = line }
    }
}

/// Where a record stands in its input.
package struct RecordSpan {
    /// Offset of its first byte in the spool.
    package internal(set) var offset: Int
    /// Its bytes, line end included.
    package internal(set) var length: Int
    /// 1-based physical line on which it starts.
    package internal(set) var line: Int
    /// The row as a spreadsheet counts it, from 1; 0 where no spreadsheet does.
    package internal(set) var sheetRow = 0
    /// Whether the text ends with the record, without a line end.
    package internal(set) var isUnended = false
    /// The first line up to here whose bytes are no UTF-8, if there was one.
    var badEncodingLine: Int?

    /// - Parameters:
    ///   - offset: of its first byte in the spool.
    ///   - length: its bytes, line end included.
    ///   - line: 1-based physical line on which it starts.
    package init(offset: Int, length: Int, line: Int) {
        self.offset = offset
        self.length = length
        self.line = line
    }
}

/// How a text ended.
struct TextEnd {
    /// Where it stopped being a table, if it did.
    var diagnostic: Diagnostic?
    /// The first line whose bytes are no UTF-8, if there was one.
    var badEncodingLine: Int?
}

/// Cuts slices into physical lines: CRLF, LF and CR each end one, and nothing else does.
///
/// The pieces of one slice are, put together, the slice. A line that a slice cuts comes as several pieces.
struct LineScanner {
    /// A piece of a line, its line end with it.
    struct Piece {
        let bytes: Bytes
        /// Whether this piece starts a line; false for the rest of a line that an earlier slice began.
        let startsLine: Bool
        /// Whether nothing of the line comes after this piece, save the LF of a CRLF that a slice cuts.
        let endsLine: Bool

        /// Whether the piece is a line end and nothing else.
        var isBare: Bool { bytes[0] == 0x0A || bytes[0] == 0x0D }
    }

    private var isInsideLine = false
    /// Whether the last byte was a CR: an LF now belongs to it.
    private var endedWithCarriageReturn = false

    /// Calls `body` with each piece.
    mutating func forEachPiece<Failure>(
        of slice: Bytes, _ body: (Piece) throws(Failure) -> Void
    ) throws(Failure) {
        guard let base = slice.baseAddress else { return }
        var finder = LineEndFinder(slice)
        var start = 0
        if endedWithCarriageReturn, slice[0] == 0x0A {
            start = 1
            endedWithCarriageReturn = false
            // Not a line of its own, and no part of the next.
            try body(Piece(bytes: slice.part(0..<1), startsLine: false, endsLine: true))
        }
        while start < slice.count {
            let end = finder.end(from: start)
            let piece = Piece(
                bytes: Bytes(start: base + start, count: (end ?? slice.count) - start), startsLine: !isInsideLine,
                endsLine: end != nil)
            isInsideLine = end == nil
            start += piece.bytes.count
            endedWithCarriageReturn = slice[start - 1] == 0x0D
            try body(piece)
        }
    }
}

/// Finds line ends in one slice, looking at each byte at most twice however many lines there are.
private struct LineEndFinder {
    private let slice: Bytes
    private var nextLineFeed = -1
    private var nextCarriageReturn = -1

    init(_ slice: Bytes) {
        self.slice = slice
    }

    /// Index behind the end of the line that goes on at `start`; nil when the slice has none.
    mutating func end(from start: Int) -> Int? {
        if nextLineFeed < start { nextLineFeed = find(0x0A, from: start, to: slice.count) ?? slice.count }
        if nextCarriageReturn < start {
            // Past the line feed there is nothing to know yet, and most files have no CR but before it.
            nextCarriageReturn = find(0x0D, from: start, to: nextLineFeed) ?? nextLineFeed
        }
        if nextCarriageReturn < nextLineFeed {
            return nextCarriageReturn + (nextCarriageReturn + 1 == nextLineFeed && nextLineFeed < slice.count ? 2 : 1)
        }
        return nextLineFeed < slice.count ? nextLineFeed + 1 : nil
    }

    private func find(_ byte: UInt8, from start: Int, to end: Int) -> Int? {
        guard end > start else { return nil }
        return slice.part(start..<end).firstIndex(of: byte).map { start + $0 }
    }
}

/// Tells whether bytes that come in pieces are UTF-8 (RFC 3629).
struct UTF8Checker {
    /// Continuation bytes that a character still wants.
    private var missing = 0
    /// What the next continuation byte may be; narrower than usual after some first bytes.
    private var allowed: ClosedRange<UInt8> = 0x80...0xBF

    /// Whether the bytes so far end with a whole character.
    var isComplete: Bool { missing == 0 }

    /// Whether the piece goes on as UTF-8 must. After a false answer the checker starts afresh behind the piece.
    mutating func accepts(_ piece: Bytes) -> Bool {
        if missing == 0, piece.isASCII { return true }
        for byte in piece where !accepts(byte) {
            missing = 0
            return false
        }
        return true
    }

    private mutating func accepts(_ byte: UInt8) -> Bool {
        guard missing == 0 else {
            guard allowed.contains(byte) else { return false }
            missing -= 1
            allowed = 0x80...0xBF
            return true
        }
        switch byte {
        case 0..<0x80: return true
        case 0xC2...0xDF: return expect(1)
        case 0xE0: return expect(2, first: 0xA0...0xBF)
        case 0xED: return expect(2, first: 0x80...0x9F)
        case 0xE1...0xEF: return expect(2)
        case 0xF0: return expect(3, first: 0x90...0xBF)
        case 0xF1...0xF3: return expect(3)
        case 0xF4: return expect(3, first: 0x80...0x8F)
        default: return false
        }
    }

    private mutating func expect(_ count: Int, first: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
        missing = count
        allowed = first
        return true
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether no byte has its high bit set, eight bytes at a time.
    fileprivate var isASCII: Bool {
        let raw = UnsafeRawBufferPointer(self)
        let words = count / 8
        for word in 0..<words
        where raw.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 {
            return false
        }
        for index in words * 8..<count where self[index] >= 0x80 { return false }
        return true
    }
}
