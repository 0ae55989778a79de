import FleetModel
import JSONText
import Platform
import TabularText

/// Texts that are sent to a PBX as they are: what may stand in them.
struct CellText {
    let field: Field
    /// Whether `CLEAR!` is an order to send an empty text.
    let allowsClear: Bool
    /// Whether plain spaces may stand inside.
    let allowsSpace: Bool

    static let name = CellText(field: .name, allowsClear: true, allowsSpace: true)
    static let issueTo = CellText(field: .issueTo, allowsClear: true, allowsSpace: false)
    static let dnsProvider = CellText(field: .dnsProvider, allowsClear: true, allowsSpace: false)
    static let match = CellText(field: .match, allowsClear: false, allowsSpace: true)
    static let clientID = CellText(field: .clientID, allowsClear: false, allowsSpace: true)

    /// The bytes of a cell that are sent; none when it is to be cleared.
    ///
    /// - Parameter cell: the value without blanks at its ends, not empty.
    /// - Throws: ``Diagnostic`` when something stands in it that nobody can have meant.
    func read(_ cell: Bytes) throws(Diagnostic) -> Bytes {
        if cell.equals(EditRow.clear) {
            guard !allowsClear else { return cell.part(0..<0) }
            throw Self.misplacedClear
        }
        try Self.refuseLeftovers(cell)
        if cell.contains(where: Self.isSuspicious) { try checkCharacters(cell) }
        if SecretCell.isReference(cell) {
            throw Diagnostic(
                .referenceMisplaced,
                "a reference is read in the columns of secrets and 'client_id' only: write the value itself here")
        }
        if cell[0] == UInt8(ascii: "'"), !allowsSpace {
            throw Diagnostic(
                .spreadsheetMark,
                "\(PassThrough.quoted(cell, of: field)) starts with an apostrophe, a spreadsheet's mark for text")
        }
        return cell
    }

    static let misplacedClear = Diagnostic(.clearNotAllowed, "'CLEAR!' has no meaning in this column")

    /// Refuses what a spreadsheet left behind, and `CLEAR!` in any form; quotes nothing.
    @inline(__always)
    static func refuseMarks(_ cell: Bytes) throws(Diagnostic) {
        if cell.equals(EditRow.clear) { throw misplacedClear }
        try refuseLeftovers(cell)
    }

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
            throw Diagnostic(.blankInside, "there is \(blank) inside \(PassThrough.quoted(cell, of: field))")
        }
    }
}

/// Whole numbers as people and spreadsheets write them.
enum WholeNumber {
    /// Reads a number: digits, with `.0`, `.00` or more zeros than three behind them as spreadsheets write it, and leading
    /// zeros.
    ///
    /// - Parameter allowsMinus: whether it may be negative.
    /// - Returns: nil when it is no such number or exceeds 64 bits; ``reason(against:)`` then says why.
    @inline(__always)
    static func read(_ cell: Bytes, allowsMinus: Bool = false) -> Int64? {
        var value: Int64 = 0
        var index = allowsMinus && cell.first == UInt8(ascii: "-") ? 1 : 0
        let sign: Int64 = index == 1 ? -1 : 1
        let start = index
        while index < cell.count, cell[index].isDigit {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.addingReportingOverflow(sign * Int64(cell[index] - UInt8(ascii: "0")))
            if overflow || overflow2 { return nil }
            value = sum
            index += 1
        }
        guard index > start else { return nil }
        return index == cell.count || isZeroFraction(cell.part(index..<cell.count)) ? value : nil
    }

    /// Reads a JSON number, whatever its form, that denotes a whole number.
    static func readJSON(_ text: Bytes) -> Int64? { read(text) ?? JSONNumber(text.text).integer }

    /// Why a cell is no whole number, in one clause that quotes nothing.
    static func reason(against cell: Bytes) -> String {
        let digits = cell.filter(\.isDigit).count
        switch cell.first {
        case UInt8(ascii: "'"): return "has an apostrophe, a spreadsheet's mark for text, before it: take it away"
        case UInt8(ascii: "+"): return "has a plus sign: write the digits alone"
        default: break
        }
        if digits == 0 { return "is no whole number" }
        let rest = cell.filter { !$0.isDigit }
        if rest.isEmpty { return "is larger than any id can be" }
        if rest.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }), rest.allSatisfy({ "eE+-.,".utf8.contains($0) }) {
            return "is in scientific notation, so digits may be lost: format the column as a whole number"
        }
        if rest.allSatisfy({ $0 == UInt8(ascii: ",") }) || isGrouped(cell) {
            return "has a thousands separator or decimal comma: write the digits alone"
        }
        return "is no whole number"
    }

    /// Three zeros are none: in half of the world `1.000` is a thousand.
    private static func isZeroFraction(_ bytes: Bytes) -> Bool {
        bytes.count > 1 && bytes.count != 4 && bytes[0] == UInt8(ascii: ".")
            && bytes.part(1..<bytes.count).allSatisfy { $0 == UInt8(ascii: "0") }
    }

    /// Whether the digits are set apart in groups of three.
    private static func isGrouped(_ cell: Bytes) -> Bool {
        let groups = cell.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return groups.count > 1 && groups.dropFirst().allSatisfy { $0.count == 3 && $0.allSatisfy(\.isDigit) }
    }
}

/// The words for on and off that `auto_renewal` and `auth.KEY:bool` take, in any case.
enum BooleanWord {
    /// What the messages list.
    static let list = "0 or 1, true or false, yes or no, on or off, enabled or disabled"

    /// What a word means; nil when it is none of them.
    @inline(__always)
    static func read(_ cell: Bytes) -> Bool? {
        if cell.count == 1 {
            if cell[0] == UInt8(ascii: "0") { return false }
            if cell[0] == UInt8(ascii: "1") { return true }
        }
        return readWord(cell)
    }

    private static func readWord(_ cell: Bytes) -> Bool? {
        for word in [
            "true", "yes", "on", "enable", "enabled", "1.0",
        ] as [StaticString] where cell.equalsIgnoringCase(word) {
            return true
        }
        for word in [
            "false", "no", "off", "disable", "disabled", "0.0",
        ] as [StaticString] where cell.equalsIgnoringCase(word) {
            return false
        }
        return nil
    }
}

/// Values that nobody meant: what a spreadsheet, a script or a template left behind in a cell. Nothing is quoted, because
/// the cell may hold a secret.
enum LeftBehind {
    /// What is wrong with a value that is sent to a PBX; nil when it may be meant.
    ///
    /// - Parameter cell: the value without blanks at its ends, not empty.
    @inline(__always)
    static func problem(_ cell: Bytes) -> Diagnostic? {
        switch cell[0] {
        case UInt8(ascii: "#"), UInt8(ascii: "E"), UInt8(ascii: "e"), UInt8(ascii: "L"), UInt8(ascii: "l"):
            isSpreadsheetState(cell) ? spreadsheetState : nil
        default: nil
        }
    }

    /// What is doubtful about a value that is sent to a PBX; nil for most.
    ///
    /// - Parameter cell: the value without blanks at its ends, not empty.
    @inline(__always)
    static func doubt(_ cell: Bytes) -> Diagnostic? {
        // Nearly every value starts with a letter or digit that starts none of these.
        switch cell[0] {
        case UInt8(ascii: "N"), UInt8(ascii: "n"), UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: "U"),
            UInt8(ascii: "u"):
            cell.count <= 9 ? wordForNothing(cell) : nil
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "*"):
            endsInTypographicQuote(cell) ? quotes : nil
        default: rareDoubt(cell)
        }
    }

    /// Whether a value is a number as a spreadsheet shows a long one, like `1.23457E+17`: its last digits are lost.
    static func isScientific(_ cell: Bytes) -> Bool {
        guard let first = cell.first, first.isDigit else { return false }
        let mantissa = cell.prefix { $0.isDigit || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",") }
        let exponent = cell.dropFirst(mantissa.count)
        guard exponent.count >= 3, exponent.first?.lowercased == UInt8(ascii: "e") else { return false }
        let sign = exponent.dropFirst().first
        return (sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")) && exponent.dropFirst(2).allSatisfy(\.isDigit)
    }

    private static let spreadsheetState = Diagnostic(
        .spreadsheetMark, "this is a spreadsheet's error or state, not a value: mend the formula of the cell")

    /// `#N/A`, `#REF!`, `#NAME?` and their names in other languages, `###`, `Err:508`, `Loading...`
    private static func isSpreadsheetState(_ cell: Bytes) -> Bool {
        guard cell[0] == UInt8(ascii: "#") else {
            if cell.equalsIgnoringCase("loading...") || cell.equalsIgnoringCase("loading…") { return true }
            return cell.count == 7 && cell.part(0..<4).equalsIgnoringCase("err:")
                && cell.part(4..<7).allSatisfy(\.isDigit)
        }
        guard cell.count >= 3, cell.count <= 32 else { return cell.allSatisfy { $0 == cell[0] } && cell.count > 1 }
        let name = cell.part(1..<cell.count)
        if name.allSatisfy({ $0 == cell[0] }) { return true }
        for word in [
            "n/a", "na", "nv", "n/d", "nd", "n/b", "n/v", "i/t", "#n/a", "getting_data", "hiányzik", "div/0",
            "ref!", "name?", "null!", "num!", "value!",
        ] as [StaticString] where name.equalsIgnoringCase(word) {
            return true
        }
        // Whatever the language: capitals, and a mark at the end.
        guard let mark = name.last, mark == UInt8(ascii: "!") || mark == UInt8(ascii: "?"), name.count >= 4 else {
            return false
        }
        return name.dropLast().allSatisfy { $0.isCapital || $0 >= 0x80 || "/0_ ".utf8.contains($0) }
    }

    private static func wordForNothing(_ cell: Bytes) -> Diagnostic? {
        for word in [
            "nan", "null", "none", "nil", "n/a", "tbd", "tba", "todo", "undefined",
        ] as [StaticString] where cell.equalsIgnoringCase(word) {
            return nothing
        }
        return nil
    }

    private static let nothing = Diagnostic(
        .wordForNothing, severity: .warning,
        "this is what people and scripts write for nothing, and it would be sent: leave the cell empty")

    private static func rareDoubt(_ cell: Bytes) -> Diagnostic? {
        if ["-", "--", "–", "—", "(null)", "<null>"].contains(cell.text.lowercased()) { return nothing }
        if isPlaceholder(cell) { return placeholder }
        if let last = cell.last, cell.count > 1, last == cell[0], "\"'`".utf8.contains(last) { return quotes }
        let startsInQuote = typographicQuotes.contains { cell.starts(with: $0) }
        return startsInQuote || endsInTypographicQuote(cell) ? quotes : nil
    }

    private static let placeholder = Diagnostic(
        .placeholder, severity: .warning,
        "this looks like a placeholder that was not filled in, and it would be sent (a reference to a secret is written "
            + "env:NAME or file:PATH)")

    /// `${KEY}`, `$(key)`, `{{ key }}`, `{key}`, `%KEY%`, `<key>`, `$KEY`
    private static func isPlaceholder(_ cell: Bytes) -> Bool {
        guard cell.count > 2, let last = cell.last else { return false }
        switch (cell[0], last) {
        case (UInt8(ascii: "$"), UInt8(ascii: "}")): return cell[1] == UInt8(ascii: "{")
        case (UInt8(ascii: "$"), UInt8(ascii: ")")): return cell[1] == UInt8(ascii: "(")
        case (UInt8(ascii: "{"), UInt8(ascii: "}")): return !cell.contains(UInt8(ascii: "\""))
        case (UInt8(ascii: "<"), UInt8(ascii: ">")): return true
        case (UInt8(ascii: "%"), UInt8(ascii: "%")): return isVariable(cell.part(1..<cell.count - 1))
        case (UInt8(ascii: "$"), _): return isVariable(cell.part(1..<cell.count))
        default: return false
        }
    }

    private static func isVariable(_ name: Bytes) -> Bool {
        !name[0].isDigit && name.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
    }

    private static let quotes = Diagnostic(
        .quotesRound, severity: .warning, "there are quotes round the value, and they would be sent with it")

    @inline(__always)
    private static func endsInTypographicQuote(_ cell: Bytes) -> Bool {
        cell[cell.count - 1] >= 0x80 && isTypographicQuote(endOf: cell)
    }

    private static func isTypographicQuote(endOf cell: Bytes) -> Bool {
        typographicQuotes.contains { quote in
            cell.count > quote.utf8CodeUnitCount
                && cell.part(cell.count - quote.utf8CodeUnitCount..<cell.count).equals(quote)
        }
    }

    private static let typographicQuotes: [StaticString] = ["“", "”", "„", "‟", "‘", "’", "‚", "«", "»", "‹", "›"]
}
