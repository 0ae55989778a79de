import Glibc
import Platform

/// Cuts a text into its lines, one record each; blank lines are none.
struct JSONLinesReader: ~Copyable {
    /// What a reader calls with each line, its line end dropped; the bytes are borrowed for the call.
    typealias Body = (Bytes, RecordSpan) -> Void

    private(set) var position: TextPosition
    private var lines = LineScanner()
    private var span = RecordSpan(offset: 0, length: 0, line: 1)
    /// The start of a line that a slice cut.
    private var rest: [UInt8] = []

    /// - Parameter offset: where the text starts in the spool.
    init(offset: Int) {
        position = TextPosition(offset: offset)
    }

    /// Reads a text from front to back, calling `body` with each line.
    ///
    /// - Returns: where a line is too long, if one is; nothing is read after that.
    /// - Throws: ``ToolError`` when the input can no longer be read.
    mutating func read(_ text: TextReader, _ body: Body) throws(ToolError) -> Diagnostic? {
        while let slice = try text.next() {
            do throws(Diagnostic) { try read(slice, body) } catch { return error }
        }
        if let diagnostic = text.diagnostic(onLine: position.lineToCome) { return diagnostic }
        finish(body)
        return nil
    }

    private mutating func read(_ slice: Bytes, _ body: Body) throws(Diagnostic) {
        var lines = self.lines
        defer { self.lines = lines }
        try lines.forEachPiece(of: slice) { piece throws(Diagnostic) in try take(piece, body) }
    }

    /// Reads the end of the text; the last line may lack its line end.
    private mutating func finish(_ body: Body) {
        position.finish()
        deliverRest(body)
    }

    private mutating func take(_ piece: LineScanner.Piece, _ body: Body) throws(Diagnostic) {
        position.move(over: piece)
        position.check(piece.bytes)
        if piece.startsLine {
            span = RecordSpan(offset: position.offset - piece.bytes.count, length: 0, line: position.line)
        }
        span.length += piece.bytes.count
        guard span.length <= CSVReader.rowLimit else {
            throw Diagnostic(.rowTooLong, severity: .file, line: span.line, "the line is larger than 4 MiB")
        }
        if piece.endsLine, rest.isEmpty {
            deliver(piece.bytes, body)
        } else {
            rest.append(contentsOf: piece.bytes)
            if piece.endsLine { deliverRest(body) }
        }
    }

    private mutating func deliverRest(_ body: Body) {
        let line = rest
        line.withUnsafeBufferPointer { deliver($0, body) }
        rest.removeAll(keepingCapacity: true)
    }

    private mutating func deliver(_ line: Bytes, _ body: Body) {
        var end = line.count
        while end > 0, line[end - 1] == 0x0A || line[end - 1] == 0x0D { end -= 1 }
        let text = line.part(0..<end)
        guard text.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { return }
        span.badEncodingLine = position.badEncodingLine
        body(text, span)
    }
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
        guard end > start, let base = slice.baseAddress, let found = memchr(base + start, Int32(byte), end - start)
        else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }
}
