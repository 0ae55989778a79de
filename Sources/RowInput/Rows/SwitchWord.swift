import Platform

/// The words for on and off that `auto_renewal` and `auth.KEY:bool` take, in any case.
enum SwitchWord {
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
