import Platform

/// How a CSV separates its cells, found from its first records.
struct Dialect {
    /// The byte between cells.
    let delimiter: UInt8
    /// Bytes of a first line `sep=…`, its line end with it; 0 when there is none.
    let separatorLineLength: Int
    /// A later line that has the columns a row needs, when the first record has none of them: what is above it is a
    /// title.
    let likelyHeaderLine: Int?

    /// The delimiters that spreadsheets write.
    static let delimiters: [UInt8] = Array(",;\t|".utf8)

    /// Where the records start.
    func start(of text: TextReader) -> TextPlace {
        text.take(separatorLineLength)
        return TextPlace(offset: text.textOffset, line: separatorLineLength > 0 ? 1 : 0)
    }

    /// Finds the dialect of a text, taking nothing of it.
    ///
    /// What was asked for decides, else a line `sep=…`, else the one delimiter under which the first record has all the
    /// columns that are needed, else the one under which it has most known ones.
    ///
    /// - Parameters:
    ///   - text: the text from its start.
    ///   - choice: what was asked for.
    ///   - needed: the columns without which there is no header.
    /// - Returns: the dialect, or why it cannot be told.
    static func find(
        in text: TextReader, choice: InputSettings.DelimiterChoice, needed: [Field]
    ) throws(ToolError) -> Result<Dialect, TextFault> {
        let top = try text.prefix(SeparatorLine.limit)
        let separator: SeparatorLine?
        do throws(TextFault) {
            separator = try SeparatorLine(top)
        } catch {
            return .failure(error)
        }
        let candidates = (choice.byte ?? separator?.delimiter).map { [$0] } ?? delimiters
        let length = separator?.length ?? 0
        let guesses = try guesses(candidates, text, from: length, needed)
        return choose(guesses).map { guess in
            Dialect(
                delimiter: guess.delimiter, separatorLineLength: length,
                likelyHeaderLine: guess.score == 0 ? guess.laterHeaderLine : nil)
        }
    }

    /// Text in which the first record must stand; what is empty for longer than that is not searched to its end.
    private static let searchLimit = 2 * CSVReader.rowLimit

    /// Looks at as much of the text as it takes to see the first record.
    private static func guesses(
        _ candidates: [UInt8], _ text: TextReader, from offset: Int, _ needed: [Field]
    ) throws(ToolError) -> [HeaderGuess] {
        var size = 1 << 16
        while true {
            let prefix = try text.prefix(size)
            // Not what was read beyond that: it depends on how the input came.
            let start = prefix.part(offset..<min(size, prefix.count))
            let guesses = candidates.map { delimiter in
                HeaderGuess(
                    delimiter, start, after: offset > 0 ? 1 : 0, isWhole: prefix.count < size, needed: needed)
            }
            if guesses.contains(where: \.isHeader) || !guesses.contains(where: \.isOpen) { return guesses }
            if size >= searchLimit { return guesses }
            size *= 2
        }
    }

    private static func choose(_ guesses: [HeaderGuess]) -> Result<HeaderGuess, TextFault> {
        let best = guesses.contains(where: \.isHeader) ? guesses.filter(\.isHeader) : bestScored(guesses)
        // Under a delimiter that the header does not have, every other one is as good.
        let splitting = best.filter { $0.width > 1 }
        guard splitting.count > 1, splitting[0].score > 0 else {
            // What is all empty rows under one delimiter is no header under another.
            let likely = best.first { $0.laterHeaderLine != nil } ?? best.first(where: \.isBlank)
            return .success(likely ?? splitting.first ?? best[0])
        }
        let names = splitting.map { Quotation.of([$0.delimiter]) }.joined(separator: " and ")
        return .failure(
            TextFault(
                code: .delimiterAmbiguous, line: 1,
                message: "\(names) could both be what separates the cells: choose one by --delimiter"))
    }

    private static func bestScored(_ guesses: [HeaderGuess]) -> [HeaderGuess] {
        let score = guesses.map(\.score).max() ?? 0
        return guesses.filter { $0.score == score }
    }
}
