import Platform

/// Where a record stands in its input.
struct RecordPlace {
    /// Offset of its first byte in the kept text.
    var offset: Int
    /// Its bytes, line end included.
    var length: Int
    /// 1-based physical line on which it starts.
    var line: Int
    /// The first line up to here whose bytes are no UTF-8, if there was one.
    var badEncodingLine: Int?
}

/// Counts lines and bytes while a text is read.
struct TextPlace {
    /// The 1-based line of the last piece; before the first, the lines that were passed over.
    private(set) var line: Int
    /// Offset behind the last piece.
    private(set) var offset: Int
    /// The first line whose bytes are no UTF-8, if there was one.
    private(set) var badEncodingLine: Int?
    private var checker = UTF8Checker()
    private var isAtLineEnd = true

    /// - Parameters:
    ///   - offset: where the text starts in the kept text.
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
