import CLibCSV

/// libcsv, fed piece by piece: one record at a time, cells exactly as they stand, nothing guessed.
///
/// libcsv counts no lines and tells no offsets, so whoever feeds it must end a piece at each line end: then at most one
/// record ends with a piece.
struct CSVParser: ~Copyable {
    /// Bytes of the largest cell.
    static let fieldLimit = 1 << 20

    /// Why a file is no CSV.
    enum Fault: Error {
        case quoteInsideCell, textBehindQuote, unclosedQuote, fieldTooLong, rowTooLong
    }

    private let parser: UnsafeMutablePointer<csv_parser>
    private let record: UnsafeMutablePointer<Record>
    private static let bufferStep = 4096

    private struct Record: ~Copyable {
        var cells = CellBuffer()
        var isComplete = false
        var hasLongField = false
    }

    /// - Parameter delimiter: the byte between cells.
    init(delimiter: UInt8) {
        parser = .allocate(capacity: 1)
        record = .allocate(capacity: 1)
        record.initialize(to: Record())
        csv_init(parser, UInt8(CSV_STRICT | CSV_STRICT_FINI))
        csv_set_delim(parser, delimiter)
        // Without this blanks round a cell are dropped, and those between a quote and its delimiter too.
        csv_set_space_func(parser) { _ in 0 }
        csv_set_blk_size(parser, Self.bufferStep)
    }

    deinit {
        csv_free(parser)
        parser.deallocate()
        record.deinitialize(count: 1)
        record.deallocate()
    }

    /// The cells of the record that just ended, or those so far of one that has not.
    var cells: CellBuffer {
        _read { yield record.pointee.cells }
    }

    /// Takes a piece that has at most one line end, and that at its end.
    ///
    /// - Returns: whether a record ended with the piece.
    mutating func feed(_ piece: Bytes) throws(Fault) -> Bool {
        startRecordIfNeeded()
        let taken = csv_parse(parser, piece.baseAddress, piece.count, takeCell, takeEnd, record)
        guard taken == piece.count else { throw parser.pointee.quoted == 0 ? .quoteInsideCell : .textBehindQuote }
        let isBufferLarge = csv_get_buffer_size(parser) > Self.fieldLimit + Self.bufferStep
        if record.pointee.hasLongField || isBufferLarge { throw .fieldTooLong }
        return record.pointee.isComplete
    }

    /// Ends the text: a last record may lack its line end.
    ///
    /// - Returns: whether a record ended here.
    mutating func finish() throws(Fault) -> Bool {
        startRecordIfNeeded()
        guard csv_fini(parser, takeCell, takeEnd, record) == 0 else { throw .unclosedQuote }
        if record.pointee.hasLongField { throw .fieldTooLong }
        return record.pointee.isComplete
    }

    private mutating func startRecordIfNeeded() {
        guard record.pointee.isComplete else { return }
        record.pointee.isComplete = false
        record.pointee.cells.removeAll()
    }

    private let takeCell: @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeMutableRawPointer?) -> Void = {
        start, length, context in
        guard let record = context?.assumingMemoryBound(to: Record.self) else { return }
        if length > CSVParser.fieldLimit { record.pointee.hasLongField = true }
        record.pointee.cells.append(start, count: length)
    }

    private let takeEnd: @convention(c) (Int32, UnsafeMutableRawPointer?) -> Void = { _, context in
        guard let record = context?.assumingMemoryBound(to: Record.self) else { return }
        record.pointee.isComplete = true
    }
}
