/// How an input file is written, so that the result can be written the same way.
package struct InputShape: Hashable, Sendable {
    /// The two input formats.
    package enum Format: String, Sendable {
        case csv, jsonl
    }

    /// The byte encodings an input can come in.
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
    /// The header cells of a CSV as they stand in the file, without `result.*` columns; empty for JSON lines.
    package var header: [[UInt8]]

    /// The shape of an input; of what is left out, that of a plain UTF-8 file with commas and LF.
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

/// An input row as the result file repeats it: the user's own columns, secrets masked, references as they are.
package struct EchoedRow: Sendable {
    /// The row's own content.
    package enum Content: Sendable {
        /// One UTF-8 text for each header cell of the shape, without `result.*` columns; missing cells are empty.
        case cells([[UInt8]])
        /// The members of the JSON object as JSON text without the braces (`"id":5,"host":"a"`), numbers written as the
        /// input has them, without the member `result`; empty for a line that was no JSON object.
        case members([UInt8])
    }

    /// Where the row stands in the input.
    package let position: RowPosition
    /// The columns, free of secrets.
    package let content: Content
    /// Why the row is invalid, in one sentence; nil when it is valid.
    package let problem: String?

    /// - Parameters:
    ///   - position: where the row stands.
    ///   - content: its columns, secrets masked already.
    ///   - problem: why it is invalid; nil when it is valid.
    package init(position: RowPosition, content: Content, problem: String?) {
        self.position = position
        self.content = content
        self.problem = problem
    }
}
