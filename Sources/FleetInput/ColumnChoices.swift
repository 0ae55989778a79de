import JSONText
package import Platform
import TabularText

/// What the command line says about columns: what a header means, and what an empty cell holds.
package struct ColumnChoices: Sendable {
    /// A header and what it means.
    private struct Renamed {
        /// As it was given.
        let header: String
        let key: String
        let meaning: ColumnMeaning
    }

    /// What fills the empty cells of a column.
    struct Filling {
        let meaning: ColumnMeaning
        /// The name of the column where the input has none of its own.
        let title: String
        /// Without blanks at its ends, not empty.
        let text: String
    }

    private var renamed: [Renamed] = []
    private(set) var fillings: [Filling] = []
    /// Whether nothing matters but the columns that name PBXs and log in.
    var namesHostsOnly = false

    /// Nothing is said.
    package init() {}

    /// Reads what was given.
    ///
    /// - Parameters:
    ///   - columns: `HEADER=COLUMN` each; with nothing behind the last equals sign the column is only carried along.
    ///   - values: `COLUMN=VALUE` each.
    /// - Throws: ``ToolError`` of kind `usage` when a column is unknown or given twice, or an equals sign is missing.
    ///   Also when one holds bytes that are no UTF-8, which only a file's name may.
    package init(columns: [String], values: [String]) throws(ToolError) {
        for (flag, choices) in [("--column", columns), ("--set", values)] {
            // Nothing is quoted: it may be a secret.
            guard choices.allSatisfy({ SystemText.bytes($0) == Array($0.utf8) }) else {
                throw ToolError(
                    .usage, "a value of \(flag) holds bytes that are no UTF-8 text",
                    hint: "write it in a terminal that is set to UTF-8")
            }
        }
        for choice in columns { try addColumn(choice) }
        for choice in values { try addValue(choice) }
    }

    /// The columns that cannot be empty because each row's cell is filled.
    var filledFields: [Field] {
        fillings.compactMap { if case .field(let field) = $0.meaning { field } else { nil } }
    }

    /// Whether a plain secret stands on the command line, where others can see it.
    package var hasPlainSecret: Bool {
        fillings.contains { filling in
            switch PassThrough(filling.meaning) {
            case .secret: !filling.text.withBytes(SecretCell.isReference)
            case .secretList: !Self.isList(ofReferences: filling.text)
            case .plain, .address, .typed, .dropped: false
            }
        }
    }

    private static func isList(ofReferences text: String) -> Bool {
        guard case .array(let items)? = try? JSONValue(parsing: Array(text.utf8)) else { return false }
        return items.compactMap { $0["sv"]?.text }.allSatisfy { $0.withBytes(SecretCell.isReference) }
    }

    /// What a column or member means.
    func meaning(of name: Bytes, in format: TableShape.Format) -> ColumnMeaning {
        let meaning = index(of: name).map { renamed[$0].meaning } ?? ColumnMeaning(name: name, in: format)
        guard namesHostsOnly else { return meaning }
        switch meaning {
        case .field(let field), .nearMiss(let field): return Self.hostFields.contains(field) ? meaning : .other
        case .auth, .badAuth: return .other
        case .result, .other, .nameless: return meaning
        }
    }

    /// What is read of a row that names a PBX and nothing else.
    private static let hostFields: Set<Field> = [
        .baseURL, .apiPath, .accessToken, .clientID, .clientSecret, .tlsPin,
    ]

    /// Whether a header was given a meaning, or none.
    func isChosen(_ name: String) -> Bool { name.withBytes { index(of: Whitespace.trimmed($0)) } != nil }

    /// Which of the given headers a name is; nil for most.
    func index(of name: Bytes) -> Int? {
        guard !renamed.isEmpty, name.count <= ColumnMeaning.nameLimit else { return nil }
        let key = Self.key(name)
        return renamed.firstIndex { $0.key == key }
    }

    /// What to say of the given headers that an input has not.
    ///
    /// - Parameter found: the indexes of those that it has.
    func missing(_ found: Set<Int>, line: Int) -> [Diagnostic] {
        renamed.indices.filter { !found.contains($0) }.map { index in
            let name = Quotation.of(renamed[index].header.utf8)
            return Diagnostic(
                .headerChosenMissing, severity: .file, line: line,
                "there is no column \(name) here, to which --column gives a meaning")
        }
    }

    /// Names match whatever their case and whatever separates their words.
    private static func key(_ name: Bytes) -> String {
        let letters = name.filter { !ColumnMeaning.separators.contains($0) }
        return String(decoding: letters.isEmpty ? Array(name) : letters, as: UTF8.self).lowercased()
    }

    private mutating func addColumn(_ choice: String) throws(ToolError) {
        guard let sign = choice.utf8.lastIndex(of: UInt8(ascii: "=")) else {
            throw Self.refused("--column", choice, "is not of the form HEADER=COLUMN")
        }
        let header = choice[..<sign].withBytes { Whitespace.trimmed($0).text }
        let name = choice[choice.utf8.index(after: sign)...]
        guard !header.isEmpty else { throw Self.refused("--column", choice, "names no header before its '='") }
        // What stands behind the sign may be a secret that was meant for --set.
        let meaning = name.isEmpty ? .other : try Self.known(name, "--column", "\(choice[...sign])…")
        let key = header.withBytes(Self.key)
        guard !renamed.contains(where: { $0.key == key }) else {
            throw Self.refused("--column", choice, "gives a second meaning to the same header")
        }
        guard meaning == .other || !renamed.contains(where: { $0.meaning == meaning }) else {
            throw Self.refused("--column", choice, "gives a second header to the same column")
        }
        renamed.append(Renamed(header: header, key: key, meaning: meaning))
    }

    private mutating func addValue(_ choice: String) throws(ToolError) {
        guard let sign = choice.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            // It may be a secret that lost its column.
            throw ToolError(.usage, "a value of --set is not of the form COLUMN=VALUE", hint: Self.columnsHint)
        }
        let name = choice[..<sign]
        let meaning = try Self.known(name, "--set", name)
        let text = choice[choice.utf8.index(after: sign)...].withBytes { Whitespace.trimmed($0).text }
        guard !text.isEmpty else { throw Self.refused("--set", name, "has no value behind its '='") }
        guard !fillings.contains(where: { $0.meaning == meaning }), let title = meaning.title else {
            throw Self.refused("--set", name, "is given twice")
        }
        fillings.append(Filling(meaning: meaning, title: title, text: text))
    }

    /// The column of a name.
    private static func known(
        _ name: Substring, _ flag: String, _ choice: some StringProtocol
    ) throws(ToolError) -> ColumnMeaning {
        let meaning = name.withBytes { ColumnMeaning(name: Whitespace.trimmed($0), in: .csv) }
        switch meaning {
        case .field, .auth: return meaning
        case .nearMiss(let field):
            throw refused(flag, choice, "names no known column: did you mean '\(field.columnName)'?")
        case .badAuth(let what): throw refused(flag, choice, what)
        case .result, .other, .nameless: throw refused(flag, choice, "names no known column")
        }
    }

    private static func refused(_ flag: String, _ choice: some StringProtocol, _ what: String) -> ToolError {
        ToolError(.usage, "\(flag) \(Quotation.of(Array(choice.utf8))): \(what)", hint: columnsHint)
    }

    private static let columnsHint =
        "the columns are \(Field.allCases.filter { $0 != .authObject }.map(\.columnName).joined(separator: ", ")) and "
        + "auth.KEY"
}

extension StringProtocol {
    /// Calls `body` with the text's bytes.
    fileprivate func withBytes<Value>(_ body: (Bytes) -> Value) -> Value {
        var text = String(self)
        return text.withUTF8(body)
    }
}
