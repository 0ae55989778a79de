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
    /// The 1-based line of the last piece; 0 before the first.
    private(set) var line = 0
    /// Offset behind the last piece.
    private(set) var offset: Int
    /// The first line whose bytes are no UTF-8, if there was one.
    private(set) var badEncodingLine: Int?
    private var checker = UTF8Checker()

    /// - Parameter offset: where the text starts in the kept text.
    init(offset: Int) {
        self.offset = offset
    }

    @inline(__always)
    mutating func move(over piece: LineScanner.Piece) {
        if piece.startsLine { line += 1 }
        offset += piece.bytes.count
        if !checker.accepts(piece.bytes), badEncodingLine == nil { badEncodingLine = line }
    }

    /// Notes that there is no more text.
    mutating func finish() {
        if !checker.isComplete, badEncodingLine == nil { badEncodingLine = line }
    }
}

/// What makes a text unreadable from some line on.
struct TextFault: Error {
    let code: Problem.Code
    let line: Int
    let message: String
}

extension TextFault {
    /// The bytes of a line are no UTF-8.
    static func notUTF8(line: Int) -> TextFault {
        TextFault(
            code: .encodingInvalid, line: line,
            message: "there are bytes that are no UTF-8: save the file as UTF-8")
    }
}
