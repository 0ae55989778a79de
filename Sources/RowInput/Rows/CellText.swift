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
    /// - Throws: ``Flaw`` when something stands in it that nobody can have meant.
    func read(_ cell: Bytes) throws(Flaw) -> String {
        if cell.equals(Self.clear) {
            guard !allowsClear else { return "" }
            throw Self.misplacedClear
        }
        if cell.contains(where: Self.isSuspicious) { try checkCharacters(cell) }
        if cell[0] == UInt8(ascii: "#"), Self.spreadsheetErrors.contains(cell.text) {
            throw Flaw(.spreadsheetMark, "\(Quotation.of(cell)) is a spreadsheet's error, not a value")
        }
        if cell[0] == UInt8(ascii: "'"), !allowsSpace {
            throw Flaw(
                .spreadsheetMark, "\(Quotation.of(cell)) starts with an apostrophe, a spreadsheet's mark for text")
        }
        return cell.text
    }

    static let misplacedClear = Flaw(.clearNotAllowed, "'CLEAR!' has no meaning in this column")

    /// The flaw of a cell that has a control character in it, or nil; a tab is a blank.
    static func controlCharacter(in cell: Bytes, allowsLineBreaks: Bool = false) -> Flaw? {
        for byte in cell where byte < 0x20 || byte == 0x7F {
            switch byte {
            case 0x09: continue
            case 0x0A, 0x0D:
                if !allowsLineBreaks { return Flaw(.controlCharacter, "there is a line break inside the value") }
            case 0: return Flaw(.controlCharacter, "there is a NUL byte inside the value")
            default: return Flaw(.controlCharacter, "there is a control character inside the value")
            }
        }
        return nil
    }

    /// Whether a byte could be, or begin, something that is not looked for in every cell.
    private static func isSuspicious(_ byte: UInt8) -> Bool { byte <= 0x20 || byte >= 0x7F }

    private func checkCharacters(_ cell: Bytes) throws(Flaw) {
        if let flaw = Self.controlCharacter(in: cell) { throw flaw }
        if let blank = Blanks.first(in: cell, allowsSpace: allowsSpace) {
            throw Flaw(.blankInside, "there is \(blank) inside \(Quotation.of(cell))")
        }
    }

    private static let spreadsheetErrors: Set<String> = [
        "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!", "#ERROR!",
    ]
}
