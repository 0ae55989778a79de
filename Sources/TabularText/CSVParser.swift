import Platform
import CLibCSV
import Glibc

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

    private struct State: ~Copyable {
        var cells = CellBuffer()
        var isComplete = false
        /// The first limit that a cell went beyond.
        var error: CSVError?
    }

    /// - Parameter delimiter: the byte between cells.
    init(delimiter: UInt8) {
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
    var record: Record { state.pointee.cells.record(0..<state.pointee.cells.count) }

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
        state.pointee.cells.removeAll()
    }

    private let takeCell: @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeMutableRawPointer?) -> Void = {
        start, length, context in
        guard let state = context?.assumingMemoryBound(to: State.self) else { return }
        if length > CSVParser.fieldLimit || state.pointee.cells.count == CSVParser.cellLimit {
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
    fileprivate var hasBlank: Bool {
        guard let baseAddress else { return false }
        return memchr(baseAddress, 0x20, count) != nil || memchr(baseAddress, 0x09, count) != nil
    }
}
