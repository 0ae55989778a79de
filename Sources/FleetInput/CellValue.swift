import Platform
import JSONText

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
