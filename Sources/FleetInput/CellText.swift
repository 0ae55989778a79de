import Platform
import TabularText

/// Texts that are sent to a PBX as they are: what may stand in them.
struct CellText {
    /// Whether `CLEAR!` is an order to send an empty text.
    let allowsClear: Bool
    /// Whether plain spaces may stand inside.
    let allowsSpace: Bool

    static let name = CellText(allowsClear: true, allowsSpace: true)
    static let issueTo = CellText(allowsClear: true, allowsSpace: false)
    static let dnsProvider = CellText(allowsClear: true, allowsSpace: false)
    static let clientID = CellText(allowsClear: false, allowsSpace: true)

    /// The word that clears a field.
    static let clear: StaticString = "CLEAR!"

    /// The text of a cell; empty when it is to be cleared.
    ///
    /// - Parameter cell: the value without blanks at its ends, not empty.
    /// - Throws: ``Diagnostic`` when something stands in it that nobody can have meant.
    func read(_ cell: Bytes) throws(Diagnostic) -> String {
        if cell.equals(Self.clear) {
            guard !allowsClear else { return "" }
            throw Self.misplacedClear
        }
        try Self.refuseLeftovers(cell)
        if cell.contains(where: Self.isSuspicious) { try checkCharacters(cell) }
        if SecretCell(cell).isReference {
            throw Diagnostic(
                .referenceMisplaced,
                "a reference is read in the columns of secrets and 'client_id' only: write the value itself here")
        }
        if cell[0] == UInt8(ascii: "'"), !allowsSpace {
            throw Diagnostic(
                .spreadsheetMark, "\(Quotation.of(cell)) starts with an apostrophe, a spreadsheet's mark for text")
        }
        return cell.text
    }

    static let misplacedClear = Diagnostic(.clearNotAllowed, "'CLEAR!' has no meaning in this column")

    /// Refuses what a spreadsheet left behind, and `CLEAR!` in another form; quotes nothing.
    @inline(__always)
    static func refuseLeftovers(_ cell: Bytes) throws(Diagnostic) {
        if let diagnostic = LeftBehind.problem(cell) { throw diagnostic }
        if cell.count <= 12, isNearlyClear(cell) {
            throw Diagnostic(.clearMisspelled, "this is not quite the word that clears a field: did you mean 'CLEAR!'?")
        }
    }

    /// Whether a cell is the word in another case, without its mark, or with something else round it.
    @inline(__always)
    private static func isNearlyClear(_ cell: Bytes) -> Bool {
        // Most values start with a letter, and few of them with this one.
        if cell[0].isLetter, cell[0].lowercased != UInt8(ascii: "c") { return false }
        return hasClear(cell)
    }

    private static func hasClear(_ cell: Bytes) -> Bool {
        guard let start = cell.firstIndex(where: \.isLetter), cell[start].lowercased == UInt8(ascii: "c"),
            cell.count >= start + 5
        else { return false }
        let rest = cell.part(start + 5..<cell.count)
        return cell.part(start..<start + 5).equalsIgnoringCase("clear") && isPunctuation(cell.part(0..<start))
            && (isPunctuation(rest) || rest.equals("！"))
    }

    private static func isPunctuation(_ bytes: Bytes) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F && !$0.isLetter && !$0.isDigit }
    }

    /// What is wrong with a cell that has a control character in it, or nil; a tab is a blank unless it is said to be none.
    @inline(__always)
    static func controlCharacter(
        in cell: Bytes, allowsLineBreaks: Bool = false, allowsTabs: Bool = true
    ) -> Diagnostic? {
        guard let first = cell.firstIndex(where: isSuspicious) else { return nil }
        return controlCharacter(in: cell, from: first, allowsLineBreaks, allowsTabs)
    }

    private static func controlCharacter(
        in cell: Bytes, from start: Int, _ allowsLineBreaks: Bool, _ allowsTabs: Bool
    ) -> Diagnostic? {
        for index in start..<cell.count where cell[index] < 0x20 || cell[index] >= 0x7F {
            switch cell[index] {
            case 0x09:
                if !allowsTabs { return Diagnostic(.controlCharacter, "there is a tab inside the value") }
            case 0x0A, 0x0D:
                if !allowsLineBreaks { return Diagnostic(.controlCharacter, "there is a line break inside the value") }
            case 0: return Diagnostic(.controlCharacter, "there is a NUL byte inside the value")
            case 0x80...: if isControl(at: index, in: cell) { return Self.control }
            default: return Self.control
            }
        }
        return nil
    }

    private static let control = Diagnostic(.controlCharacter, "there is a control character inside the value")

    /// Whether U+0080–009F, U+2028, U+2029, or an order to turn the direction of text starts at an index.
    private static func isControl(at index: Int, in cell: Bytes) -> Bool {
        let rest = cell.part(index..<min(index + 3, cell.count))
        switch (rest[0], rest.count > 1 ? rest[1] : 0, rest.count > 2 ? rest[2] : 0) {
        case (0xC2, 0x80...0x9F, _), (0xD8, 0x9C, _), (0xE2, 0x80, 0x8E...0x8F), (0xE2, 0x80, 0xA8...0xAE),
            (0xE2, 0x81, 0xA6...0xA9):
            return true
        default: return false
        }
    }

    /// Whether a byte could be, or begin, something that is not looked for in every cell.
    private static func isSuspicious(_ byte: UInt8) -> Bool { byte <= 0x20 || byte >= 0x7F }

    private func checkCharacters(_ cell: Bytes) throws(Diagnostic) {
        if let diagnostic = Self.controlCharacter(in: cell) { throw diagnostic }
        if let blank = Whitespace.first(in: cell, allowsSpace: allowsSpace) {
            throw Diagnostic(.blankInside, "there is \(blank) inside \(Quotation.of(cell))")
        }
    }
}
