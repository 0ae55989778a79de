import Platform

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
