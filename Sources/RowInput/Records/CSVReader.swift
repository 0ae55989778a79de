import Platform

/// Cuts a CSV text into records, each with the line on which it starts and the bytes it takes.
struct CSVReader: ~Copyable {
    /// Bytes of the largest record.
    static let rowLimit = 4 << 20

    /// What a reader calls with each record, which is borrowed for the call.
    typealias Body = (Record, RecordPlace) -> Void

    private(set) var place: TextPlace
    private var parser: CSVParser
    private var lines = LineScanner()
    private var record = RecordPlace(offset: 0, length: 0, line: 1)
    private var isInsideRecord = false
    /// The line on which the cell that is being read starts.
    private var cellLine = 1

    /// - Parameters:
    ///   - delimiter: the byte between cells.
    ///   - start: where the text starts.
    init(delimiter: UInt8, _ start: TextPlace) {
        parser = CSVParser(delimiter: delimiter)
        place = start
    }

    /// Reads a text from front to back, calling `body` with each record.
    ///
    /// - Returns: where the text stops being a CSV, if it does; nothing is read after that.
    /// - Throws: ``ToolError`` when the input can no longer be read.
    mutating func read(_ text: TextReader, _ body: Body) throws(ToolError) -> TextFault? {
        while let slice = try text.next() {
            do throws(TextFault) { try read(slice, body) } catch { return error }
        }
        if let fault = text.fault(onLine: place.lineToCome) { return fault }
        do throws(TextFault) { try finish(body) } catch { return error }
        return nil
    }

    /// Reads a slice of the text, calling `body` with each record that ends in it.
    ///
    /// - Throws: ``TextFault`` where the text is no CSV; nothing can be read after it.
    mutating func read(_ slice: Bytes, _ body: Body) throws(TextFault) {
        var lines = self.lines
        defer { self.lines = lines }
        try lines.forEachPiece(of: slice) { piece throws(TextFault) in try take(piece, body) }
    }

    /// Reads the end of the text; the last record may lack its line end.
    mutating func finish(_ body: Body) throws(TextFault) {
        place.finish()
        do throws(CSVParser.Fault) {
            if try parser.finish() { deliver(body) }
        } catch {
            throw describe(error)
        }
    }

    private mutating func take(_ piece: LineScanner.Piece, _ body: Body) throws(TextFault) {
        place.move(over: piece)
        if !isInsideRecord {
            if piece.isBare { return place.check(piece.bytes) }
            start(at: piece)
        }
        record.length += piece.bytes.count
        if try feed(piece.bytes) {
            isInsideRecord = false
            deliver(body)
        }
    }

    private mutating func deliver(_ body: Body) {
        record.badEncodingLine = place.badEncodingLine
        body(parser.record, record)
    }

    private mutating func start(at piece: LineScanner.Piece) {
        isInsideRecord = true
        record = RecordPlace(offset: place.offset - piece.bytes.count, length: 0, line: place.line)
        cellLine = place.line
    }

    private mutating func feed(_ bytes: Bytes) throws(TextFault) -> Bool {
        let cellCount = parser.record.count
        do throws(CSVParser.Fault) {
            // Only what was read can be at fault, however much more the slice holds.
            defer { place.check(bytes.part(0..<parser.taken)) }
            let isComplete = try parser.feed(bytes)
            if record.length > Self.rowLimit { throw CSVParser.Fault.rowTooLong }
            if parser.record.count != cellCount { cellLine = place.line }
            return isComplete
        } catch {
            throw describe(error)
        }
    }

    private func describe(_ fault: CSVParser.Fault) -> TextFault {
        switch fault {
        case .quoteInsideCell:
            TextFault(
                code: .quoteInCell, line: place.line,
                message: "a quote stands inside a cell that does not start with one: put the whole cell in quotes and "
                    + "double those inside it")
        case .textBehindQuote:
            TextFault(
                code: .quoteTrailing, line: place.line,
                message: "something stands between a closing quote and the end of its cell: double the quotes inside "
                    + "a cell, and leave nothing behind the last")
        case .unclosedQuote:
            TextFault(code: .quoteUnclosed, line: cellLine, message: "the quote that opens a cell here is never closed")
        case .fieldTooLong:
            TextFault(
                code: .fieldTooLong, line: cellLine,
                message: "a cell that starts here is larger than 1 MiB: is its quote closed?")
        case .tooManyCells:
            TextFault(
                code: .columnsTooMany, line: record.line,
                message: "the row that starts here has more than \(CSVParser.cellLimit) cells")
        case .rowTooLong:
            TextFault(
                code: .rowTooLong, line: record.line,
                message: "the row that starts here is larger than 4 MiB: is each of its quotes closed?")
        }
    }
}
