import Platform
import CLibCSV
import Glibc

/// Why a text is no CSV, or none that anybody can have meant.
enum CSVError: Error {
    case quoteInsideCell, textBehindQuote, unclosedQuote, fieldTooLong, rowTooLong, tooManyCells
}

/// Cuts records into cells, fed piece by piece: exactly as they stand, nothing guessed.
///
/// What a quote means is libcsv's to say; a record without one, as most are, is split at its delimiters, which takes a
/// tenth of the time. libcsv counts no lines and tells no offsets, so whoever feeds it must end a piece at each line end:
/// then at most one record ends with a piece.
struct CSVParser: ~Copyable {
    /// Bytes of the largest cell.
    static let fieldLimit = 1 << 20

    /// Cells of the largest record, as in the largest spreadsheet.
    static let cellLimit = 16_384

    private let delimiter: UInt8
    private let parser: UnsafeMutablePointer<csv_parser>
    private let state: UnsafeMutablePointer<State>
    /// Whether a record has begun that has not ended.
    private var isInsideRecord = false
    /// Bytes of the last piece up to where it was no CSV any more.
    private(set) var taken = 0
    private static let bufferStep = 4096

    private struct State: ~Copyable {
        var cells = CellBuffer()
        var isComplete = false
        /// The first limit that a cell went beyond.
        var error: CSVError?

        mutating func take(_ start: UnsafeRawPointer?, count length: Int) {
            if length > CSVParser.fieldLimit || cells.count == CSVParser.cellLimit {
                error = error ?? (length > CSVParser.fieldLimit ? .fieldTooLong : .tooManyCells)
            } else {
                cells.append(start, count: length)
            }
        }
    }

    /// - Parameter delimiter: the byte between cells.
    init(delimiter: UInt8) {
        self.delimiter = delimiter
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
        let lineEnd = piece.lineEndLength
        if !isInsideRecord, lineEnd > 0, !piece.has(UInt8(ascii: "\"")) {
            taken = piece.count
            split(piece.part(0..<piece.count - lineEnd))
        } else {
            try parse(piece)
        }
        isInsideRecord = !state.pointee.isComplete
        if let error = state.pointee.error { throw error }
        return state.pointee.isComplete
    }

    /// Takes a whole record that has no quote.
    private func split(_ line: Bytes) {
        var rest = line
        while let end = rest.firstIndex(of: delimiter) {
            state.pointee.take(rest.baseAddress, count: end)
            rest = rest.part(end + 1..<rest.count)
        }
        state.pointee.take(rest.baseAddress, count: rest.count)
        state.pointee.isComplete = true
    }

    private mutating func parse(_ piece: Bytes) throws(CSVError) {
        // Left alone libcsv drops blanks round a cell, also those between a quote and its delimiter; asking it not to
        // costs a call for each byte, which a piece without blanks need not pay.
        let hasBlank = piece.has(UInt8(ascii: " ")) || piece.has(UInt8(ascii: "\t"))
        csv_set_space_func(parser, hasBlank ? { _ in 0 } : nil)
        taken = csv_parse(parser, piece.baseAddress, piece.count, Self.takeCell, Self.takeEnd, state)
        // In this order, which is that of the text however large the piece is.
        if let error = state.pointee.error { throw error }
        if csv_get_buffer_size(parser) > Self.fieldLimit + Self.bufferStep { throw .fieldTooLong }
        guard taken == piece.count else { throw parser.pointee.quoted == 0 ? .quoteInsideCell : .textBehindQuote }
    }

    /// Ends the text: a last record may lack its line end.
    ///
    /// - Returns: whether a record ended here.
    mutating func finish() throws(CSVError) -> Bool {
        startRecordIfNeeded()
        guard csv_fini(parser, Self.takeCell, Self.takeEnd, state) == 0 else { throw .unclosedQuote }
        isInsideRecord = false
        if let error = state.pointee.error { throw error }
        return state.pointee.isComplete
    }

    private mutating func startRecordIfNeeded() {
        guard state.pointee.isComplete else { return }
        state.pointee.isComplete = false
        state.pointee.cells.removeAll()
    }

    private static let takeCell: @convention(c) (UnsafeMutableRawPointer?, Int, UnsafeMutableRawPointer?) -> Void = {
        start, length, context in
        context?.assumingMemoryBound(to: State.self).pointee.take(start, count: length)
    }

    private static let takeEnd: @convention(c) (Int32, UnsafeMutableRawPointer?) -> Void = { _, context in
        context?.assumingMemoryBound(to: State.self).pointee.isComplete = true
    }
}

extension UnsafeBufferPointer<UInt8> {
    fileprivate func has(_ byte: UInt8) -> Bool { firstIndex(of: byte) != nil }

    fileprivate func firstIndex(of byte: UInt8) -> Int? {
        guard let baseAddress, let found = memchr(baseAddress, Int32(byte), count) else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(baseAddress)
    }

    /// Bytes of the line end that the bytes end with; 0 for none.
    fileprivate var lineEndLength: Int {
        guard let last, last == 0x0A || last == 0x0D else { return 0 }
        return last == 0x0A && count > 1 && self[count - 2] == 0x0D ? 2 : 1
    }
}
