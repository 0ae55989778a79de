import Platform
import FleetModel

/// What the first records of a text are under one delimiter.
struct HeaderGuess {
    let delimiter: UInt8
    /// Cells of the first record; 0 when it does not end in what was looked at.
    private(set) var width = 0
    /// How many names the first record has that mean something; one that is nearly such a name counts for less.
    private(set) var score = 0
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
    private static let knownWorth = 1000

    /// - Parameters:
    ///   - delimiter: the byte to try.
    ///   - start: the start of the text.
    ///   - line: lines before it.
    ///   - isWhole: whether the text ends there.
    ///   - needed: the columns without which there is no header.
    init(_ delimiter: UInt8, _ start: Bytes, after line: Int, isWhole: Bool, needed: [Field]) {
        self.delimiter = delimiter
        var reader = CSVReader(delimiter: delimiter, TextPlace(offset: 0, line: line))
        do throws(TextFault) {
            try reader.read(start) { cells, place in take(cells, place, needed) }
            if isWhole { try reader.finish { cells, place in take(cells, place, needed) } }
            isBlank = recordCount == 0
            isOpen = isBlank && !isWhole
        } catch {
            // Under this delimiter the text is no CSV beyond here, which says enough.
            isOpen = false
        }
    }

    private mutating func take(_ cells: Record, _ place: RecordPlace, _ needed: [Field]) {
        guard !cells.isBlank else { return }
        recordCount += 1
        guard recordCount <= Self.recordLimit, !isHeader, laterHeaderLine == nil else { return }
        var missing = Set(needed)
        var score = 0
        for column in 0..<cells.count {
            switch ColumnMeaning(name: Blanks.trimmed(cells[column]), in: .csv) {
            case .field(let field):
                missing.remove(field)
                score += Self.knownWorth
            case .auth, .badAuth: score += Self.knownWorth
            case .nearMiss: score += 1
            case .result, .other, .nameless: break
            }
        }
        if recordCount == 1 {
            width = cells.count
            self.score = score
            isHeader = missing.isEmpty
        } else if missing.isEmpty {
            laterHeaderLine = place.line
        }
    }
}
