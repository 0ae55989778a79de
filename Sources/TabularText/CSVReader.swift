import CLibCSV
import Glibc
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
    /// Records and blank lines so far, which are the rows of a spreadsheet.
    private var rowCount = 0
    /// The line on which the cell that is being read starts.
    private var cellLine = 1

    /// - Parameters:
    ///   - delimiter: the byte between cells.
    ///   - start: where the text starts.
    ///   - keepsCells: whether the cells of all records stay until they are exchanged.
    init(delimiter: UInt8, _ start: TextPosition, keepsCells: Bool = false) {
        parser = CSVParser(delimiter: delimiter, keepsCells: keepsCells)
        position = start
    }

    /// Reads a text from front to back, calling `body` with each record.
    ///
    /// - Parameters:
    ///   - text: what to read.
    ///   - body: called with each record.
    ///   - exchange: called after each slice of the text, and at its end.
    /// - Returns: where the text stops being a CSV, if it does; nothing is read after that.
    /// - Throws: ``ToolError`` when the input can no longer be read.
    mutating func read(
        _ text: TextReader, _ body: Body, exchange: (inout CSVParser) -> Void
    ) throws(ToolError) -> Diagnostic? {
        defer { exchange(&parser) }
        while let slice = try text.next() {
            do throws(Diagnostic) { try read(slice, body) } catch { return error }
            exchange(&parser)
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
            span.isUnended = true
            if try parser.finish() { deliver(body) }
        } catch {
            throw describe(error)
        }
    }

    private mutating func take(_ piece: LineScanner.Piece, _ body: Body) throws(Diagnostic) {
        position.move(over: piece)
        if !isInsideRecord {
            if piece.startsLine { rowCount += 1 }
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
        span.sheetRow = rowCount
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

/// Why a text is no CSV, or none that anybody can have meant.
enum CSVError: Error {
    case quoteInsideCell, textBehindQuote, unclosedQuote, fieldTooLong, rowTooLong, tooManyCells
}

/// libcsv, fed piece by piece: one record at a time, cells exactly as they stand, nothing guessed.
///
/// libcsv counts no lines and tells no offsets, so whoever feeds it must end a piece at each line end: then at most one
/// record ends with a piece.
struct CSVParser: ~Copyable {
    /// Bytes of the largest cell.
    static let fieldLimit = 1 << 20

    /// Cells of the largest record, as in the largest spreadsheet.
    static let cellLimit = 16_384

    private let parser: UnsafeMutablePointer<csv_parser>
    private let state: UnsafeMutablePointer<State>
    /// Bytes of the last piece up to where it was no CSV any more.
    private(set) var taken = 0
    private static let bufferStep = 4096
    private let keepsCells: Bool

    private struct State: ~Copyable {
        var cells = CellBuffer()
        /// The first cell of the record.
        var start = 0
        var isComplete = false
        /// The first limit that a cell went beyond.
        var error: CSVError?
    }

    /// - Parameters:
    ///   - delimiter: the byte between cells.
    ///   - keepsCells: whether the cells of all records stay until they are exchanged.
    init(delimiter: UInt8, keepsCells: Bool = false) {
        self.keepsCells = keepsCells
        parser = .allocate(capacity: 1)
        state = .allocate(capacity: 1)
        state.initialize(to: State())
        csv_init(parser, UInt8(CSV_STRICT | CSV_STRICT_FINI))
        csv_set_delim(parser, delimiter)
        csv_set_blk_size(parser, Self.bufferStep)
    }

    deinit {
        csv_free(parser)
        parser.deallocate()
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// The cells of the record that just ended, or those so far of one that has not.
    var record: Record { state.pointee.cells.record(state.pointee.start..<state.pointee.cells.count) }

    /// Gives away the cells of all records, but those of one that has not ended, and goes on in another buffer.
    mutating func exchange(_ buffer: inout CellBuffer) {
        buffer.removeAll()
        if !state.pointee.isComplete { buffer.append(record) }
        swap(&state.pointee.cells, &buffer)
        state.pointee.start = 0
    }

    /// Takes a piece that has at most one line end, and that at its end.
    ///
    /// - Returns: whether a record ended with the piece.
    mutating func feed(_ piece: Bytes) throws(CSVError) -> Bool {
        startRecordIfNeeded()
        // Left alone libcsv drops blanks round a cell, also those between a quote and its delimiter; asking it not to
        // costs a call for each byte, which a piece without blanks need not pay.
        csv_set_space_func(parser, piece.hasBlank ? { _ in 0 } : nil)
        taken = csv_parse(parser, piece.baseAddress, piece.count, takeCell, takeEnd, state)
        // In this order, which is that of the text however large the piece is.
        if let error = state.pointee.error { throw error }
        if csv_get_buffer_size(parser) > Self.fieldLimit + Self.bufferStep { throw .fieldTooLong }
        guard taken == piece.count else { throw parser.pointee.quoted == 0 ? .quoteInsideCell : .textBehindQuote }
        return state.pointee.isComplete
    }

    /// Ends the text: a last record may lack its line end.
    ///
    /// - Returns: whether a record ended here.
    mutating func finish() throws(CSVError) -> Bool {
        startRecordIfNeeded()
        guard csv_fini(parser, takeCell, takeEnd, state) == 0 else { throw .unclosedQuote }
        if let error = state.pointee.error { throw error }
        return state.pointee.isComplete
    }

    private mutating func startRecordIfNeeded() {
        guard state.pointee.isComplete else { return }
        state.pointee.isComplete = false
        if keepsCells { state.pointee.start = state.pointee.cells.count } else { state.pointee.cells.removeAll() }
    }

    private let takeCell: @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeMutableRawPointer?) -> Void = {
        start, length, context in
        guard let state = context?.assumingMemoryBound(to: State.self) else { return }
        let count = state.pointee.cells.count - state.pointee.start
        if length > CSVParser.fieldLimit || count == CSVParser.cellLimit {
            state.pointee.error = state.pointee.error ?? (length > CSVParser.fieldLimit ? .fieldTooLong : .tooManyCells)
        } else {
            state.pointee.cells.append(start, count: length)
        }
    }

    private let takeEnd: @convention(c) (Int32, UnsafeMutableRawPointer?) -> Void = { _, context in
        guard let state = context?.assumingMemoryBound(to: State.self) else { return }
        state.pointee.isComplete = true
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether there is a space or a tab, which is what libcsv calls blank.
    fileprivate var hasBlank: Bool { firstIndex(of: 0x20) != nil || firstIndex(of: 0x09) != nil }
}

/// Cuts a text into records on a thread of its own, so that judging them costs no time on top of it.
///
/// Records are handed over in batches, in a ring that both sides walk round: memory stays the same however far one side
/// is ahead.
final class CSVPipeline: @unchecked Sendable {
    // Safe because a batch is touched by the one side that took it off its semaphore, and the rest is set before the
    // thread starts or read after it has ended.
    private let batches = (0..<4).map { _ in RecordBatch() }
    private let vacant = Semaphore(4)
    private let filled = Semaphore(0)
    private let text: TextReader
    private let delimiter: UInt8
    private let start: TextPosition
    private var outcome = Result<TextEnd, ToolError>.success(TextEnd())

    /// - Parameters:
    ///   - text: what to cut; it belongs to the pipeline from now on.
    ///   - delimiter: the byte between cells.
    ///   - start: where the records start.
    init(_ text: TextReader, delimiter: UInt8, _ start: TextPosition) {
        self.text = text
        self.delimiter = delimiter
        self.start = start
    }

    /// Calls `body` with each record, in order, on the calling thread; records are borrowed for the call.
    ///
    /// - Returns: how the text ended.
    /// - Throws: ``ToolError`` when the input can no longer be read.
    func run(_ body: CSVReader.Body) throws(ToolError) -> TextEnd {
        try startThread { self.cut() }
        for turn in 0... {
            filled.wait()
            let batch = batches[turn % batches.count]
            batch.forEach(body)
            let isLast = batch.isLast
            vacant.signal()
            if isLast { break }
        }
        return try outcome.get()
    }

    /// The other side: fills batches until the text ends.
    private func cut() {
        var turn = 0
        vacant.wait()
        var batch = batches[0]
        var reader = CSVReader(delimiter: delimiter, start, keepsCells: true)
        do throws(ToolError) {
            let diagnostic = try reader.read(text) { record, span in
                batch.spans.append((span, record.count))
            } exchange: { parser in
                guard !batch.spans.isEmpty else { return }
                parser.exchange(&batch.cells)
                filled.signal()
                turn += 1
                vacant.wait()
                batch = batches[turn % batches.count]
                batch.spans.removeAll(keepingCapacity: true)
            }
            outcome = .success(TextEnd(diagnostic: diagnostic, badEncodingLine: reader.position.badEncodingLine))
        } catch {
            outcome = .failure(error)
        }
        batch.isLast = true
        filled.signal()
    }
}

/// Records that are handed over together.
private final class RecordBatch {
    /// Whether no other batch comes after this one.
    var isLast = false
    // Not checked for overlapping accesses, which would cost as much as filling it: one thread has it at a time.
    @exclusivity(unchecked) var cells = CellBuffer()
    @exclusivity(unchecked) var spans: [(span: RecordSpan, cellCount: Int)] = []

    func forEach(_ body: CSVReader.Body) {
        var start = 0
        for (span, count) in spans {
            body(cells.record(start..<start + count), span)
            start += count
        }
    }
}

/// A counter that a thread waits on until it is above zero.
private final class Semaphore: Sendable {
    // Safe because POSIX semaphores are made for being used from several threads.
    nonisolated(unsafe) private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init(_ value: UInt32) {
        sem_init(semaphore, 0, value)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Takes one off, waiting until there is one to take.
    func wait() {
        while sem_wait(semaphore) != 0, errno == EINTR {}
    }

    /// Puts one on, which lets a waiting thread go on.
    func signal() { sem_post(semaphore) }
}
