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
