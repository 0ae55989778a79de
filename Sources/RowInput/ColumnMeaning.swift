import JobModel

/// What a column's or member's name says about its values.
enum ColumnMeaning: Hashable {
    case field(Field)
    case auth(key: String, type: AuthType)
    /// A column of an earlier result: nothing.
    case result
    /// The user's own: carried into the result.
    case other
    /// No name at all.
    case nameless
    /// Nearly the name of a known column, which it probably should be.
    case nearMiss(Field)
    /// `auth.` without a key, or with a type that is none.
    case badAuth(String)

    /// - Parameters:
    ///   - name: the name as the input writes it, without blanks at its ends.
    ///   - format: JSON lines know the member `auth`, and `result` as a whole.
    init(name: Bytes, in format: InputShape.Format) {
        if name.isEmpty {
            self = .nameless
        } else if name.count > Self.nameLimit {
            let isAuth = name.part(0..<5).equalsIgnoringCase("auth.")
            self = isAuth ? .badAuth("the key is longer than any provider's") : .other
        } else {
            self = Self.read(name.text, format)
        }
    }

    /// Bytes of a name beyond which it is nobody's: longer than any known name with blanks in it, shorter than what
    /// makes comparing slow.
    private static let nameLimit = 256

    private static func read(_ name: String, _ format: InputShape.Format) -> ColumnMeaning {
        let lowercase = name.lowercased()
        if lowercase.hasPrefix("auth.") { return auth(name.dropFirst(5)) }
        if lowercase.hasPrefix("result.") { return .result }
        if format == .jsonl, lowercase == "result" { return .result }
        if format == .jsonl, lowercase == "auth" { return .field(.authObject) }
        let plain = lowercase.filter { !isSeparator($0) }
        if let field = known[plain] { return .field(field) }
        return nearest(to: String(lowercase.map { isSeparator($0) ? "_" : $0 })).map { .nearMiss($0) } ?? .other
    }

    private static func isSeparator(_ character: Character) -> Bool {
        character == "_" || character == "-" || character == " "
    }

    /// Reads what follows `auth.`: `KEY`, `KEY:int` or `KEY:bool`.
    private static func auth(_ text: Substring) -> ColumnMeaning {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { part in
            var part = String(part)
            return part.withUTF8 { Blanks.trimmed($0).text }
        }
        guard !parts[0].isEmpty else {
            return .badAuth("there is no key after 'auth.': write the provider's key there, like 'auth.APIKey'")
        }
        guard parts.count > 1 else { return .auth(key: parts[0], type: .string) }
        guard parts.count == 2, let type = AuthType(rawValue: parts[1].lowercased()), type != .string else {
            return .badAuth("a key is followed by ':int', ':bool' or nothing")
        }
        return .auth(key: parts[0], type: type)
    }

    private static let known: [String: Field] = {
        var names: [String: Field] = [:]
        for field in Field.allCases where field != .authObject {
            for name in [field.columnName] + field.aliases { names[name.filter { $0 != "_" }] = field }
        }
        return names
    }()

    /// The column whose name of 6 letters or more is 1 or 2 edits away, if there is one.
    private static func nearest(to name: String) -> Field? {
        let candidates = Field.allCases.filter { $0.columnName.count { $0 != "_" } >= 6 }
        let distances = candidates.compactMap { field in
            EditDistance.between(name, field.columnName, atMost: 2).map { (field, $0) }
        }
        return distances.min { $0.1 < $1.1 }?.0
    }
}
