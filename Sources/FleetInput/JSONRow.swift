import JSONText
import Platform
import TabularText

/// A line of JSON lines as a row.
enum JSONRow {
    /// The members of the object that is the line.
    ///
    /// - Throws: ``Diagnostic`` with code `json-malformed`, which quotes nothing of the line.
    static func members(in line: [UInt8]) throws(Diagnostic) -> [JSONMember] {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: line)
        } catch {
            throw Diagnostic(.jsonMalformed, describe(error, in: line))
        }
        guard case .object(let members) = value else {
            throw Diagnostic(.jsonMalformed, "the line is \(value.kind), not an object like {\"host\":…,\"id\":…}")
        }
        return members
    }

    /// Rows that stand in a list inside an object.
    static func wrapped(in key: String, line: Int) -> Diagnostic {
        Diagnostic(
            .notATable, severity: .file, line: line,
            "the rows stand in a JSON array, the member \(Quotation.of(key.utf8)): write one object a line, as jq -c "
                + "'.[\"\(Quotation.escaped(key.utf8))\"][]' does")
    }

    /// Says what is wrong with a JSON text without quoting it.
    static func describe(_ error: JSONError, in text: [UInt8]) -> String {
        let rest = text.dropFirst(error.offset)
        if typographicQuotes.contains(where: { rest.starts(with: $0) }) {
            return "this is no JSON: at byte \(error.offset + 1) stands a typographic quote, as word processors write "
                + "them: use plain ones (\")"
        }
        return "this is no JSON, at byte \(error.offset + 1): \(error.reason)"
    }

    /// “ ” „ ‘ ’
    private static let typographicQuotes: [[UInt8]] = ["“", "”", "„", "‘", "’"].map { Array($0.utf8) }
}

/// What the keys of JSON lines mean, remembered from line to line.
struct MemberMeanings {
    private let choices: ColumnChoices
    private var known: [String: ColumnMeaning] = [:]
    /// Which headers of the command line were among the keys.
    private(set) var chosen: Set<Int> = []

    init(_ choices: ColumnChoices) {
        self.choices = choices
    }

    /// Keys to remember; a file with more has keys that do not repeat.
    private static let limit = 1024

    subscript(key: String) -> ColumnMeaning {
        mutating get {
            // Swift calls texts equal that only look the same; for the keys of an auth list they are not.
            let isPlain = key.utf8.allSatisfy { $0 < 0x80 }
            if isPlain, let meaning = known[key] { return meaning }
            var text = key
            let meaning = text.withUTF8 { text in
                let name = Whitespace.trimmed(text)
                if let index = choices.index(of: name) { chosen.insert(index) }
                return choices.meaning(of: name, in: .jsonl)
            }
            if isPlain, known.count < Self.limit { known[key] = meaning }
            return meaning
        }
    }

    /// The key of the list in which the rows stand, when an object is none itself; nil for one that may be a row.
    mutating func wrapper(in members: [JSONMember]) -> String? {
        for member in members {
            guard case .other = self[member.key] else { return nil }
        }
        return members.first { member in
            guard case .array(let elements) = member.value, case .object? = elements.first else { return false }
            return true
        }?.key
    }

    /// How a member comes back in the result.
    mutating func passThrough(of key: String) -> PassThrough {
        let meaning = self[key]
        var text = key
        return text.withUTF8 { PassThrough(meaning, named: Whitespace.trimmed($0), in: .jsonl) }
    }
}

extension JSONValue {
    /// What the value is as a cell; nil for null, which is an empty one.
    var cellKind: RowCells.Kind? {
        switch self {
        case .null: nil
        case .boolean: .boolean
        case .number: .number
        case .string: .text
        case .array: .array
        case .object: .object
        }
    }

    /// The text of a value that has one.
    var cellText: String {
        switch self {
        case .null, .array, .object: ""
        case .boolean(let value): value ? "true" : "false"
        case .number(let text), .string(let text): text
        }
    }
}
