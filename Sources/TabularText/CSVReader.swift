import Platform

/// Cuts a CSV text into records, each with the line on which it starts and the bytes it takes.
struct CSVReader: ~Copyable {
    /// Bytes of the largest record.
    static let rowLimit = 4 << 20

    /// What a reader calls with each record, which is borrowed for the call.
    typealias Body = (Record, RecordSpan) -> Void

    private(set) var position: TextPosition
    private var parser: CSVParser
    private var lines = LineScanner()
    private var span = RecordSpan(offset: 0, length: 0, line: 1)
    private var isInsideRecord = false
    /// The line on which the cell that is being read starts.
    private var cellLine = 1

    /// - Parameters:
    ///   - delimiter: the byte between cells.
    ///   - start: where the text starts.
    init(delimiter: UInt8, _ start: TextPosition) {
        parser = CSVParser(delimiter: delimiter)
        position = start
    }

    /// Reads a text from front to back, calling `body` with each record.
    ///
    /// - Returns: where the text stops being a CSV, if it does; nothing is read after that.
    /// - Throws: ``ToolError`` when the input can no longer be read.
    mutating func read(_ text: TextReader, _ body: Body) throws(ToolError) -> Diagnostic? {
        while let slice = try text.next() {
            do throws(Diagnostic) { try read(slice, body) } catch { return error }
        }
        if let diagnostic = text.diagnostic(onLine: position.lineToCome) { return diagnostic }
        do throws(Diagnostic) { try finish(body) } catch { return error }
        return nil
    }

    /// Reads a slice of the text, calling `body` with each record that ends in it.
    ///
    /// - Throws: ``Diagnostic`` where the text is no CSV; nothing can be read after it.
    mutating func read(_ slice: Bytes, _ body: Body) throws(Diagnostic) {
        var lines = self.lines
        defer { self.lines = lines }
        try lines.forEachPiece(of: slice) { piece throws(Diagnostic) in try take(piece, body) }
    }

    /// Reads the end of the text; the last record may lack its line end.
    mutating func finish(_ body: Body) throws(Diagnostic) {
        position.finish()
        do throws(CSVError) {
            if try parser.finish() { deliver(body) }
        } catch {
            throw describe(error)
        }
    }

    private mutating func take(_ piece: LineScanner.Piece, _ body: Body) throws(Diagnostic) {
        position.move(over: piece)
        if !isInsideRecord {
            if piece.isBare { return position.check(piece.bytes) }
            start(at: piece)
        }
        span.length += piece.bytes.count
        if try feed(piece.bytes) {
            isInsideRecord = false
            deliver(body)
        }
    }

    private mutating func deliver(_ body: Body) {
        span.badEncodingLine = position.badEncodingLine
        body(parser.record, span)
    }

    private mutating func start(at piece: LineScanner.Piece) {
        isInsideRecord = true
        span = RecordSpan(offset: position.offset - piece.bytes.count, length: 0, line: position.line)
        cellLine = position.line
    }

    private mutating func feed(_ bytes: Bytes) throws(Diagnostic) -> Bool {
        let cellCount = parser.record.count
        do throws(CSVError) {
            // Only what was read can be at fault, however much more the slice holds.
            defer { position.check(bytes.part(0..<parser.taken)) }
            let isComplete = try parser.feed(bytes)
            if span.length > Self.rowLimit { throw CSVError.rowTooLong }
            if parser.record.count != cellCount { cellLine = position.line }
            return isComplete
        } catch {
            throw describe(error)
        }
    }

    private func describe(_ error: CSVError) -> Diagnostic {
        switch error {
        case .quoteInsideCell:
            Diagnostic(
                .quoteInCell, severity: .file, line: position.line,
                "a quote stands inside a cell that does not start with one: put the whole cell in quotes and "
                    + "double those inside it")
        case .textBehindQuote:
            Diagnostic(
                .quoteTrailing, severity: .file, line: position.line,
                "something stands between a closing quote and the end of its cell: double the quotes inside "
                    + "a cell, and leave nothing behind the last")
        case .unclosedQuote:
            Diagnostic(
                .quoteUnclosed, severity: .file, line: cellLine, "the quote that opens a cell here is never closed")
        case .fieldTooLong:
            Diagnostic(
                .fieldTooLong, severity: .file, line: cellLine,
                "a cell that starts here is larger than 1 MiB: is its quote closed?")
        case .tooManyCells:
            Diagnostic(
                .columnsTooMany, severity: .file, line: span.line,
                "the row that starts here has more than \(CSVParser.cellLimit) cells")
        case .rowTooLong:
            Diagnostic(
                .rowTooLong, severity: .file, line: span.line,
                "the row that starts here is larger than 4 MiB: is each of its quotes closed?")
        }
    }
}
