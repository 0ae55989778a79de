/// How a table is written, so that another can be written the same way.
package struct TableShape: Hashable, Sendable {
    /// The two formats.
    package enum Format: String, CaseIterable, Sendable {
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

/// How much a record looks like the header of a table.
package struct HeaderScore {
    /// Whether it has every column that is needed.
    package let isComplete: Bool
    /// How many of its names mean something, by whatever weights; 0 when none does.
    package let points: Int

    /// - Parameters:
    ///   - isComplete: whether the record has every column that is needed.
    ///   - points: more for each name that means something, at least 0.
    package init(isComplete: Bool, points: Int) {
        self.isComplete = isComplete
        self.points = points
    }
}
