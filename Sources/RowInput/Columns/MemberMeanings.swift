import FleetModel

/// What the keys of JSON lines mean, remembered from line to line.
struct MemberMeanings {
    private var known: [String: ColumnMeaning] = [:]

    /// Keys to remember; a file with more has keys that do not repeat.
    private static let limit = 1024

    subscript(key: String) -> ColumnMeaning {
        mutating get {
            // Swift calls texts equal that only look the same; for the keys of an auth list they are not.
            let isPlain = key.utf8.allSatisfy { $0 < 0x80 }
            if isPlain, let meaning = known[key] { return meaning }
            var text = key
            let meaning = text.withUTF8 { ColumnMeaning(name: Blanks.trimmed($0), in: .jsonl) }
            if isPlain, known.count < Self.limit { known[key] = meaning }
            return meaning
        }
    }
}
