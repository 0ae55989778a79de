import Glibc
import JSONText
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
    /// Why the text is no table, when its start shows that.
    private let refusal: Diagnostic?

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
        refusal = OtherText.problem(with: try text.prefix(OtherText.headLength), as: shape.format)
    }

    /// Finds out how a CSV separates its cells.
    ///
    /// - Parameter score: how much a record looks like the header.
    /// - Returns: the dialect, or why it cannot be told.
    /// - Throws: ``ToolError`` when the input can no longer be read.
    package func dialect(score: (Record) -> HeaderScore) throws(ToolError) -> Result<Dialect, Diagnostic> {
        if let refusal { return .failure(refusal) }
        return try Dialect.find(in: text, choice: choices.delimiter, score: score)
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
        if let refusal { return report(refusal) }
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

/// Texts that are no table: pages and trees that are written in one piece.
private enum OtherText {
    /// Bytes at the start of a text that are looked at.
    static let headLength = 1 << 16

    /// What a text is, and what to do; nil when it may be a table.
    static func problem(with start: Bytes, as format: TableShape.Format) -> Diagnostic? {
        let start = start.part(0..<min(start.count, headLength))
        let text = start.part((start.firstIndex { !isBlank($0) } ?? start.count)..<start.count)
        let advice =
            switch text.first {
            case UInt8(ascii: "<"): adviceOnMarkup(text)
            case UInt8(ascii: "["), UInt8(ascii: "{"): adviceOnJSON(text, format)
            default: nil as String?
            }
        return advice.map { Diagnostic(.notATable, severity: .file, line: 1, "the file is \($0)") }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    private static func adviceOnMarkup(_ text: Bytes) -> String? {
        for name in ["<!doctype html", "<html", "<head", "<body", "<table"] as [StaticString]
        where text.part(0..<min(text.count, name.utf8CodeUnitCount)).equalsIgnoringCase(name) {
            return "an HTML page, not a table: save the sheet as CSV"
        }
        return text.starts(with: "<?xml".utf8) ? "XML, not a table: save the sheet as CSV" : nil
    }

    private static func adviceOnJSON(_ text: Bytes, _ format: TableShape.Format) -> String? {
        let next = text.dropFirst().first { !isBlank($0) }
        if text[0] == UInt8(ascii: "[") {
            guard next == UInt8(ascii: "{") else { return nil }
            return "a JSON array: write one object a line, as jq -c '.[]' does"
        }
        if isSpread(text) { return "JSON, an object over several lines: write one object a line, as jq -c . does" }
        // A CSV cannot begin so: the quote would stand inside a cell.
        guard format == .csv, next == UInt8(ascii: "\"") else { return nil }
        return "JSON, not CSV: say --format jsonl, or give it a name that ends in .jsonl"
    }

    /// Whether an object does not end on its first line, and the next line is no other one.
    private static func isSpread(_ text: Bytes) -> Bool {
        let line = text.prefix { $0 != 0x0A && $0 != 0x0D }
        guard let next = text.dropFirst(line.count).first(where: { !isBlank($0) }), next != UInt8(ascii: "{") else {
            return false
        }
        do throws(JSONError) {
            _ = try JSONValue(parsing: Array(line))
            return false
        } catch {
            return error.offset >= line.count
        }
    }
}

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

    @inline(__always)
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

    @inline(__always)
    private mutating func reserve(bytes length: Int, cells: Int) {
        if byteCapacity - byteCount < length || endCapacity - count < cells { grow(bytes: length, cells: cells) }
    }

    @inline(never)
    private mutating func grow(bytes length: Int, cells: Int) {
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
