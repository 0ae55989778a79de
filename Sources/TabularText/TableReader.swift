import Glibc
package import Platform

/// Reads a table from front to back, once, in the format, encoding and dialect in which it is written.
///
/// Confined to one thread.
package final class TableReader {
    /// How the table is written, as far as it was read; its header is for whoever knows the columns to say. The line end
    /// is LF where the input is not kept.
    package private(set) var shape: TableShape
    /// Where records can be read again.
    package let spool: Spool
    private let text: TextReader
    private let choices: TableChoices
    /// The first record that is not blank, which tells the line end.
    private var first: RecordSpan?
    private var hasReportedEncoding = false

    /// Bytes that are read and cut at once.
    package static let sliceSize = TextReader.sliceSize

    /// Looks at the start of an input. Blocks for reading it.
    ///
    /// - Parameters:
    ///   - input: where the bytes come from.
    ///   - choices: what was asked for.
    ///   - sliceSize: bytes that are read and cut at once, at least 1; it makes no difference but in speed.
    /// - Throws: ``ToolError`` when the input cannot be read.
    package init(
        _ input: InputFile, _ choices: TableChoices = TableChoices(), sliceSize: Int = TableReader.sliceSize
    ) throws(ToolError) {
        self.choices = choices
        text = try TextReader(input, encoding: choices.encoding, sliceSize: sliceSize)
        spool = text.spool
        shape = TableShape(
            format: try choices.format(of: input, text), encoding: text.encoding,
            hasByteOrderMark: text.hasByteOrderMark)
    }

    /// Finds out how a CSV separates its cells.
    ///
    /// - Parameter score: how much a record looks like the header.
    /// - Returns: the dialect, or why it cannot be told.
    /// - Throws: ``ToolError`` when the input can no longer be read.
    package func dialect(score: (Record) -> HeaderScore) throws(ToolError) -> Result<Dialect, Diagnostic> {
        try Dialect.find(in: text, choice: choices.delimiter, score: score)
    }

    /// Reads a CSV to its end, cutting it on a thread of its own.
    ///
    /// - Parameters:
    ///   - dialect: how it separates its cells.
    ///   - report: called with what is wrong with the text as a whole, in the order of lines.
    ///   - body: called with each record, which is borrowed for the call, in order, on the calling thread.
    /// - Throws: ``ToolError`` when the input can no longer be read.
    package func readRecords(
        _ dialect: Dialect, report: (Diagnostic) -> Void, _ body: (Record, RecordSpan) -> Void
    ) throws(ToolError) {
        shape.delimiter = dialect.delimiter
        shape.hasSeparatorLine = dialect.separatorLineLength > 0
        let pipeline = CSVPipeline(text, delimiter: dialect.delimiter, dialect.start(of: text))
        let end = try pipeline.run { record, span in
            if first == nil, !record.isBlank { first = span }
            body(record, span)
            if let line = span.badEncodingLine { reportEncoding(line, report) }
        }
        try finish(end, report)
    }

    /// Reads JSON lines to their end.
    ///
    /// - Parameters:
    ///   - report: called with what is wrong with the text as a whole, in the order of lines.
    ///   - body: called with each line, which is borrowed for the call; blank lines are none.
    /// - Throws: ``ToolError`` when the input can no longer be read.
    package func readLines(
        report: (Diagnostic) -> Void, _ body: (Bytes, RecordSpan) -> Void
    ) throws(ToolError) {
        var reader = JSONLinesReader(offset: text.textOffset)
        let diagnostic = try reader.read(text) { line, span in
            if first == nil { first = span }
            body(line, span)
            if let line = span.badEncodingLine { reportEncoding(line, report) }
        }
        try finish(TextEnd(diagnostic: diagnostic, badEncodingLine: reader.position.badEncodingLine), report)
    }

    private func finish(_ end: TextEnd, _ report: (Diagnostic) -> Void) throws(ToolError) {
        let last = end.diagnostic
        if let line = end.badEncodingLine, line <= last?.line ?? .max { reportEncoding(line, report) }
        if let last { report(last) }
        if let line = end.badEncodingLine { reportEncoding(line, report) }
        if let first { shape.lineEnding = try spool.lineEnding(after: first) }
    }

    private func reportEncoding(_ line: Int, _ report: (Diagnostic) -> Void) {
        guard !hasReportedEncoding else { return }
        hasReportedEncoding = true
        report(
            Diagnostic(
                .encodingInvalid, severity: .file, line: line,
                "there are bytes here that are no UTF-8: save the file as UTF-8, or use --encoding windows-1252 if "
                    + "that is what it is"))
    }
}

extension TableChoices {
    /// The format chosen, or else by the name's ending, or else by the first character.
    fileprivate func format(of input: InputFile, _ text: TextReader) throws(ToolError) -> TableShape.Format {
        switch format {
        case .csv: return .csv
        case .jsonl: return .jsonl
        case .automatic: break
        }
        let name = input.name.lowercased()
        if [".csv", ".tsv", ".tab"].contains(where: { name.hasSuffix($0) }) { return .csv }
        if [".jsonl", ".ndjson"].contains(where: { name.hasSuffix($0) }) { return .jsonl }
        let start = try text.prefix(1024)
        let first = start.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? .jsonl : .csv
    }
}

/// How a table is written, so that another can be written the same way.
package struct TableShape: Hashable, Sendable {
    /// The two formats.
    package enum Format: String, Sendable {
        case csv, jsonl
    }

    /// The byte encodings a table can come in.
    package enum Encoding: String, Sendable {
        case utf8, utf16LittleEndian, utf16BigEndian, windows1252
    }

    /// CSV or JSON lines.
    package var format: Format
    /// How its bytes are text.
    package var encoding: Encoding
    /// Whether the file starts with a byte order mark.
    package var hasByteOrderMark: Bool
    /// What ends a record: LF, CRLF or CR, as the header line has it.
    package var lineEnding: [UInt8]
    /// The CSV delimiter byte; a comma for JSON lines.
    package var delimiter: UInt8
    /// Whether the CSV starts with a `sep=` line.
    package var hasSeparatorLine: Bool
    /// The header cells of a CSV that is to be written, as they stand in the file that was read; empty for JSON lines.
    package var header: [[UInt8]]

    /// The shape of a table; of what is left out, that of a plain UTF-8 file with commas and LF.
    package init(
        format: Format, encoding: Encoding = .utf8, hasByteOrderMark: Bool = false, lineEnding: [UInt8] = [0x0A],
        delimiter: UInt8 = 0x2C, hasSeparatorLine: Bool = false, header: [[UInt8]] = []
    ) {
        self.format = format
        self.encoding = encoding
        self.hasByteOrderMark = hasByteOrderMark
        self.lineEnding = lineEnding
        self.delimiter = delimiter
        self.hasSeparatorLine = hasSeparatorLine
        self.header = header
    }
}

/// What was asked for about how a table is written.
package struct TableChoices: Hashable, Sendable {
    /// Which of the two formats it has.
    package enum Format: String, CaseIterable, Sendable {
        /// By the name's ending, else by the first character.
        case automatic = "auto"
        case csv, jsonl
    }

    /// What stands between the cells of a CSV.
    package enum Delimiter: String, CaseIterable, Sendable {
        /// By a line `sep=…`, else the one under which the header has the columns that are needed.
        case automatic = "auto"
        case comma, semicolon, tab, pipe

        /// The byte chosen; nil when it is to be found.
        var byte: UInt8? {
            switch self {
            case .automatic: nil
            case .comma: UInt8(ascii: ",")
            case .semicolon: UInt8(ascii: ";")
            case .tab: UInt8(ascii: "\t")
            case .pipe: UInt8(ascii: "|")
            }
        }
    }

    /// How its bytes are text.
    package enum Encoding: String, CaseIterable, Sendable {
        /// By the byte order mark, else UTF-8.
        case automatic = "auto"
        case utf8 = "utf-8"
        case utf16 = "utf-16"
        case windows1252 = "windows-1252"
    }

    /// CSV, JSON lines, or found by itself.
    package var format: Format
    /// What separates the cells of a CSV; JSON lines leave it alone.
    package var delimiter: Delimiter
    /// How the bytes are text; bytes that are none under it are a diagnostic of the file.
    package var encoding: Encoding

    /// What is left out is found by itself.
    package init(
        format: Format = .automatic, delimiter: Delimiter = .automatic, encoding: Encoding = .automatic
    ) {
        self.format = format
        self.delimiter = delimiter
        self.encoding = encoding
    }
}

/// The cells of one record, borrowed from the buffer that holds them.
@usableFromInline package struct Record {
    /// Number of cells.
    @usableFromInline package let count: Int
    @usableFromInline let bytes: UnsafePointer<UInt8>
    /// Offset behind the end of each cell.
    @usableFromInline let ends: UnsafePointer<Int>
    /// Offset of the first cell.
    @usableFromInline let start: Int

    init(bytes: UnsafePointer<UInt8>, start: Int, ends: UnsafePointer<Int>, count: Int) {
        self.bytes = bytes
        self.start = start
        self.ends = ends
        self.count = count
    }

    // Inlinable, with what it needs, because other targets ask for each cell of each row.
    /// A cell, from 0.
    @inlinable package subscript(index: Int) -> UnsafeBufferPointer<UInt8> {
        precondition(index >= 0 && index < count, "no such cell")
        let start = index == 0 ? start : ends[index - 1]
        return UnsafeBufferPointer(start: bytes + start, count: ends[index] - start)
    }

    /// Whether there is nothing in any cell but blanks.
    package var isBlank: Bool {
        for index in 0..<count where !Whitespace.trimmed(self[index]).isEmpty { return false }
        return true
    }

    /// All cells one behind the other.
    var joined: Bytes { Bytes(start: bytes + start, count: count == 0 ? 0 : ends[count - 1] - start) }

    /// Offset behind the end of a cell in ``joined``.
    func end(_ index: Int) -> Int { ends[index] - start }
}

/// Cells, one behind the other, in a buffer that grows and serves again.
package struct CellBuffer: ~Copyable {
    /// Number of cells.
    package private(set) var count = 0
    /// Number of bytes of all cells.
    private(set) var byteCount = 0
    private var bytes: UnsafeMutablePointer<UInt8>
    private var byteCapacity: Int
    /// Offset behind the end of each cell.
    private var ends: UnsafeMutablePointer<Int>
    private var endCapacity: Int

    /// - Parameter capacity: bytes to make room for at once.
    package init(capacity: Int = 4096) {
        byteCapacity = max(16, capacity)
        bytes = .allocate(capacity: byteCapacity)
        endCapacity = 16
        ends = .allocate(capacity: endCapacity)
    }

    deinit {
        bytes.deallocate()
        ends.deallocate()
    }

    /// Some of the cells as one record, borrowed until the next change.
    package func record(_ cells: Range<Int>) -> Record {
        precondition(cells.lowerBound >= 0 && cells.upperBound <= count, "no such cells")
        let start = cells.lowerBound == 0 ? 0 : ends[cells.lowerBound - 1]
        return Record(bytes: bytes, start: start, ends: ends + cells.lowerBound, count: cells.count)
    }

    mutating func append(_ start: UnsafeRawPointer?, count length: Int) {
        reserve(bytes: length, cells: 1)
        if let start, length > 0 { memcpy(bytes + byteCount, start, length) }
        byteCount += length
        ends[count] = byteCount
        count += 1
    }

    /// Appends a cell.
    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append($0.baseAddress, count: $0.count) }
    }

    /// Appends the cells of a record.
    mutating func append(_ record: Record) {
        let joined = record.joined
        reserve(bytes: joined.count, cells: record.count)
        if let start = joined.baseAddress { memcpy(bytes + byteCount, start, joined.count) }
        for index in 0..<record.count { ends[count + index] = byteCount + record.end(index) }
        byteCount += joined.count
        count += record.count
    }

    /// Starts afresh, keeping the room.
    package mutating func removeAll() {
        count = 0
        byteCount = 0
    }

    private mutating func reserve(bytes length: Int, cells: Int) {
        if byteCapacity - byteCount < length {
            byteCapacity = max(byteCapacity * 2, byteCount + length)
            bytes = Self.moved(bytes, count: byteCount, capacity: byteCapacity)
        }
        if endCapacity - count < cells {
            endCapacity = max(endCapacity * 2, count + cells)
            ends = Self.moved(ends, count: count, capacity: endCapacity)
        }
    }

    private static func moved<Value>(
        _ values: UnsafeMutablePointer<Value>, count: Int, capacity: Int
    ) -> UnsafeMutablePointer<Value> {
        let larger = UnsafeMutablePointer<Value>.allocate(capacity: capacity)
        larger.moveInitialize(from: values, count: count)
        values.deallocate()
        return larger
    }
}
