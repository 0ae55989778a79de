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
