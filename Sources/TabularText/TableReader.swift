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

/// How a CSV separates its cells, found from its first records.
package struct Dialect {
    /// The byte between cells.
    let delimiter: UInt8
    /// Bytes of a first line `sep=…`, its line end with it; 0 when there is none.
    let separatorLineLength: Int
    /// A later line that has the columns a row needs, when the first record has none of them: what is above it is a
    /// title.
    package let likelyHeaderLine: Int?

    /// The delimiters that spreadsheets write.
    static let delimiters: [UInt8] = Array(",;\t|".utf8)

    /// Where the records start.
    func start(of text: TextReader) -> TextPosition {
        text.take(separatorLineLength)
        return TextPosition(offset: text.textOffset, line: separatorLineLength > 0 ? 1 : 0)
    }

    /// Finds the dialect of a text, taking nothing of it.
    ///
    /// What was asked for decides, else a line `sep=…`, else the one delimiter under which the first record has all the
    /// columns that are needed, else the one under which it has most known ones.
    ///
    /// - Parameters:
    ///   - text: the text from its start.
    ///   - choice: what was asked for.
    ///   - score: how much a record looks like the header.
    /// - Returns: the dialect, or why it cannot be told.
    static func find(
        in text: TextReader, choice: TableChoices.Delimiter, score: (Record) -> HeaderScore
    ) throws(ToolError) -> Result<Dialect, Diagnostic> {
        let top = try text.prefix(SeparatorLine.limit)
        let separator: SeparatorLine?
        do throws(Diagnostic) {
            separator = try SeparatorLine(top)
        } catch {
            return .failure(error)
        }
        let candidates = (choice.byte ?? separator?.delimiter).map { [$0] } ?? delimiters
        let length = separator?.length ?? 0
        let guesses = try guesses(candidates, text, from: length, score)
        return choose(guesses).map { guess in
            Dialect(
                delimiter: guess.delimiter, separatorLineLength: length,
                likelyHeaderLine: guess.points == 0 ? guess.laterHeaderLine : nil)
        }
    }

    /// Text in which the first record must stand; what is empty for longer than that is not searched to its end.
    private static let searchLimit = 2 * CSVReader.rowLimit

    /// Looks at as much of the text as it takes to see the first record.
    private static func guesses(
        _ candidates: [UInt8], _ text: TextReader, from offset: Int, _ score: (Record) -> HeaderScore
    ) throws(ToolError) -> [HeaderGuess] {
        var size = 1 << 16
        while true {
            let prefix = try text.prefix(size)
            // Not what was read beyond that: it depends on how the input came.
            let start = prefix.part(offset..<min(size, prefix.count))
            let guesses = candidates.map { delimiter in
                HeaderGuess(delimiter, start, after: offset > 0 ? 1 : 0, isWhole: prefix.count < size, score)
            }
            if guesses.contains(where: \.isHeader) || !guesses.contains(where: \.isOpen) { return guesses }
            if size >= searchLimit { return guesses }
            size *= 2
        }
    }

    private static func choose(_ guesses: [HeaderGuess]) -> Result<HeaderGuess, Diagnostic> {
        let best = guesses.contains(where: \.isHeader) ? guesses.filter(\.isHeader) : bestScored(guesses)
        // Under a delimiter that the header does not have, every other one is as good.
        let splitting = best.filter { $0.width > 1 }
        guard splitting.count > 1, splitting[0].points > 0 else {
            // What is all empty rows under one delimiter is no header under another.
            let likely = best.first { $0.laterHeaderLine != nil } ?? best.first(where: \.isBlank)
            return .success(likely ?? splitting.first ?? best[0])
        }
        let names = splitting.map { Quotation.of([$0.delimiter]) }.joined(separator: " and ")
        return .failure(
            Diagnostic(
                .delimiterAmbiguous, severity: .file, line: 1,
                "\(names) could both be what separates the cells: choose one by --delimiter"))
    }

    private static func bestScored(_ guesses: [HeaderGuess]) -> [HeaderGuess] {
        let points = guesses.map(\.points).max() ?? 0
        return guesses.filter { $0.points == points }
    }
}

/// What the first records of a text are under one delimiter.
private struct HeaderGuess {
    let delimiter: UInt8
    /// Cells of the first record; 0 when it does not end in what was looked at.
    private(set) var width = 0
    /// Those of the first record.
    private(set) var points = 0
    /// Whether the first record has every column that is needed.
    private(set) var isHeader = false
    /// The line of the first later record that has them.
    private(set) var laterHeaderLine: Int?
    /// Whether more text could tell more.
    private(set) var isOpen = false
    /// Whether what was looked at is empty rows and nothing else.
    private(set) var isBlank = false
    private var recordCount = 0

    /// Records that are looked at for a header below a title.
    private static let recordLimit = 20

    /// - Parameters:
    ///   - delimiter: the byte to try.
    ///   - start: the start of the text.
    ///   - line: lines before it.
    ///   - isWhole: whether the text ends there.
    ///   - score: how much a record looks like the header.
    init(_ delimiter: UInt8, _ start: Bytes, after line: Int, isWhole: Bool, _ score: (Record) -> HeaderScore) {
        self.delimiter = delimiter
        var reader = CSVReader(delimiter: delimiter, TextPosition(offset: 0, line: line))
        do throws(Diagnostic) {
            try reader.read(start) { record, span in take(record, span, score) }
            if isWhole { try reader.finish { record, span in take(record, span, score) } }
            isBlank = recordCount == 0
            isOpen = isBlank && !isWhole
        } catch {
            // Under this delimiter the text is no CSV beyond here, which says enough.
            isOpen = false
        }
    }

    private mutating func take(_ record: Record, _ span: RecordSpan, _ score: (Record) -> HeaderScore) {
        guard !record.isBlank else { return }
        recordCount += 1
        guard recordCount <= Self.recordLimit, !isHeader, laterHeaderLine == nil else { return }
        let score = score(record)
        if recordCount == 1 {
            width = record.count
            points = score.points
            isHeader = score.isComplete
        } else if score.isComplete {
            laterHeaderLine = span.line
        }
    }
}

/// The line `sep=;` that Excel reads at the top of a CSV and other programs write for it.
private struct SeparatorLine {
    /// The byte that it names as the delimiter.
    let delimiter: UInt8
    /// Its bytes, line end included.
    let length: Int

    /// Bytes of the longest such line, and one more.
    static let limit = 16

    /// Reads the line at the start of a text; nil when there is none.
    ///
    /// - Throws: ``Diagnostic`` when there is one that names no delimiter known here.
    init?(_ start: Bytes) throws(Diagnostic) {
        let isQuoted = start.first == UInt8(ascii: "\"")
        let body = start.part((isQuoted ? 1 : 0)..<start.count)
        guard body.count >= 4, body.part(0..<4).equalsIgnoringCase("sep=") else { return nil }
        let rest = body.part(4..<body.count)
        guard let delimiter = rest.first, Dialect.delimiters.contains(delimiter),
            let tail = Self.tailLength(rest.part(1..<rest.count), isQuoted: isQuoted)
        else {
            throw Diagnostic(
                .separatorUnknown, severity: .file, line: 1,
                "the line 'sep=' names none of the delimiters comma, semicolon, tab and pipe")
        }
        self.delimiter = delimiter
        length = (isQuoted ? 1 : 0) + 5 + tail
    }

    /// Length of what follows the delimiter: the closing quote and the line end; nil when there is anything else.
    private static func tailLength(_ tail: Bytes, isQuoted: Bool) -> Int? {
        var index = 0
        if isQuoted {
            guard tail.first == UInt8(ascii: "\"") else { return nil }
            index = 1
        }
        guard index < tail.count else { return index }
        switch tail[index] {
        case 0x0A: return index + 1
        case 0x0D: return index + (index + 1 < tail.count && tail[index + 1] == 0x0A ? 2 : 1)
        default: return nil
        }
    }
}
