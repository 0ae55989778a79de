import Platform
import Glibc

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
