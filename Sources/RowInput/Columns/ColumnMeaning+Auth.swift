import Platform
import FleetModel

/// The names `auth.KEY`, and those that were meant to be such: what stands under them is a secret.
extension ColumnMeaning {
    /// What a name means that begins with `auth.`: `KEY`, `KEY:int` or `KEY:bool` must follow. Nil for any other.
    static func auth(_ name: Bytes) -> ColumnMeaning? {
        guard name.hasPrefix("auth.") else { return nil }
        let text = name.part(5..<name.count)
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { part in
            Blanks.trimmed(Bytes(rebasing: part)).text
        }
        guard !parts[0].isEmpty else {
            return .badAuth("there is no key after 'auth.': write the provider's key there, like 'auth.APIKey'")
        }
        guard CellText.controlCharacter(in: text) == nil else {
            return .badAuth("there is a control character inside the key")
        }
        guard parts.count > 1 else { return .auth(key: parts[0], type: .string) }
        guard parts.count == 2, let type = AuthType(rawValue: parts[1].lowercased()), type != .string else {
            return .badAuth("a key is followed by ':int', ':bool' or nothing")
        }
        return .auth(key: parts[0], type: type)
    }

    /// What a name means that nobody writes but for `auth.KEY`; nil for any other.
    static func misspelledAuth(_ name: Bytes, in format: InputShape.Format) -> ColumnMeaning? {
        guard let key = misspelledKey(name) else { return nil }
        let meant = "auth.\(key.isEmpty ? "KEY" : Quotation.escaped(key.utf8))"
        return .badAuth("this is no known \(format == .csv ? "column" : "key"): did you mean '\(meant)'?")
    }

    /// What follows `auth` and something that is neither letter nor digit, or `auth` in a slip of the hand and a dot.
    /// `author` and `auto.x` are names of their own.
    private static func misspelledKey(_ name: Bytes) -> String? {
        // Names match whatever separates their words, so what stands before the first one is nothing.
        let name = Bytes(rebasing: name.drop { separators.contains($0) })
        if let prefix = misspelledPrefixes.first(where: { name.hasPrefix($0) }) {
            return name.part(prefix.utf8CodeUnitCount..<name.count).text
        }
        guard name.hasPrefix("auth") else { return nil }
        let rest = name.part(4..<name.count).text.unicodeScalars
        let key = rest.drop { !$0.properties.isAlphabetic && $0.properties.numericType == nil }
        return rest.isEmpty || key.startIndex > rest.startIndex ? String(key) : nil
    }

    private static let misspelledPrefixes: [StaticString] = [
        "aut.", "auh.", "ath.", "uth.", "auht.", "atuh.", "uath.", "auths.",
    ]
}

extension Bytes {
    /// Whether the bytes start with those of the text, ASCII capitals taken as small letters.
    fileprivate func hasPrefix(_ text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && part(0..<text.utf8CodeUnitCount).equalsIgnoringCase(text)
    }
}
