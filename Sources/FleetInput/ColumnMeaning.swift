import FleetModel
package import Platform
import TabularText

/// The columns that mean something to a row, those of the auth list apart.
enum Field: Int, CaseIterable {
    case baseURL, apiPath, id, match, name, certFile, issueTo, autoRenewal, dnsProvider, authInfoList, authObject
    case accessToken, clientID, clientSecret, tlsPin

    /// The name to use in messages where the input has none of its own.
    var columnName: String {
        switch self {
        case .baseURL: "base_url"
        case .apiPath: "api_path"
        case .id: "id"
        case .name: "name"
        case .match: "match"
        case .certFile: "cert_file"
        case .issueTo: "issue_to"
        case .autoRenewal: "auto_renewal"
        case .dnsProvider: "dns_provider"
        case .authInfoList: "auth_info_list"
        case .authObject: "auth"
        case .accessToken: "access_token"
        case .clientID: "client_id"
        case .clientSecret: "client_secret"
        case .tlsPin: "tls_pin"
        }
    }

    /// Other names of the same column.
    var aliases: [String] { self == .baseURL ? ["host", "pbx", "url"] : [] }
}

/// The JSON type in which a column `auth.KEY` is sent.
enum AuthType: String {
    case string, int, bool
}

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
    /// `auth.` without a key or with a type that is none, or something else written for its dot; and what to say of it.
    case badAuth(String)

    /// - Parameters:
    ///   - name: the name as the input writes it, without blanks at its ends.
    ///   - format: JSON lines know the member `auth`, and `result` as a whole.
    init(name: Bytes, in format: TableShape.Format) {
        if name.isEmpty {
            self = .nameless
        } else if name.count > Self.nameLimit {
            let start = name.part(0..<Self.nameLimit)
            let isAuth = Self.auth(start) != nil || Self.misspelledAuth(start, in: format) != nil
            self = isAuth ? .badAuth("the key is longer than any provider's") : .other
        } else {
            self = Self.read(name, format)
        }
    }

    /// Bytes of a name beyond which it is nobody's: longer than any known name with blanks in it, shorter than what
    /// makes comparing slow.
    static let nameLimit = 256

    private static func read(_ name: Bytes, _ format: TableShape.Format) -> ColumnMeaning {
        if let meaning = auth(name) { return meaning }
        let lowercase = name.map(\.lowercased)
        if lowercase.starts(with: "result.".utf8) { return .result }
        if format == .jsonl, lowercase.elementsEqual("result".utf8) { return .result }
        if format == .jsonl, lowercase.elementsEqual("auth".utf8) { return .field(.authObject) }
        let plain = plain(name)
        if let field = known[plain] { return .field(field) }
        if plain == "authinfo" || plain == "authlist" { return .nearMiss(.authInfoList) }
        let separated = lowercase.map { separators.contains($0) ? UInt8(ascii: "_") : $0 }
        if let field = nearest(to: String(decoding: separated, as: UTF8.self)) { return .nearMiss(field) }
        return misspelledAuth(name, in: format) ?? .other
    }

    static let separators = Array("_- ".utf8)

    static let known: [String: Field] = {
        var names: [String: Field] = [:]
        for field in Field.allCases where field != .authObject {
            for name in [field.columnName] + field.aliases { names[name.filter { $0 != "_" }] = field }
        }
        return names
    }()

    /// The name of the column that this is read as; nil for one that is not read.
    var title: String? {
        switch self {
        case .field(let field), .nearMiss(let field): field.columnName
        case .auth(let key, .string): "auth.\(key)"
        case .auth(let key, let type): "auth.\(key):\(type.rawValue)"
        case .result, .other, .nameless, .badAuth: nil
        }
    }

    static func plain(_ name: some Collection<UInt8>) -> String {
        String(decoding: name.filter { !separators.contains($0) }.map(\.lowercased), as: UTF8.self)
    }
}

/// The names `auth.KEY`, and those that were meant to be such: what stands under them is a secret.
extension ColumnMeaning {
    /// What a name means that begins with `auth.`: `KEY`, `KEY:int` or `KEY:bool` must follow. Nil for any other.
    static func auth(_ name: Bytes) -> ColumnMeaning? {
        guard name.hasPrefix("auth.") else { return nil }
        let text = name.part(5..<name.count)
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { part in
            Whitespace.trimmed(Bytes(rebasing: part)).text
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

}

extension Bytes {
    /// Whether the bytes start with those of the text, ASCII capitals taken as small letters.
    func hasPrefix(_ text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && part(0..<text.utf8CodeUnitCount).equalsIgnoringCase(text)
    }
}

extension HeaderScore {
    /// How much a record looks like a header, by what its names mean.
    init(of record: Record, needed: [Field], _ choices: ColumnChoices = ColumnChoices()) {
        var missing = Set(needed).subtracting(choices.filledFields)
        var points = 0
        for column in 0..<record.count {
            switch choices.meaning(of: Whitespace.trimmed(record[column]), in: .csv) {
            case .field(let field):
                missing.remove(field == .match ? .id : field)
                points += Self.knownWorth
            case .auth, .badAuth: points += Self.knownWorth
            // A name that is nearly one that means something counts for less.
            case .nearMiss: points += 1
            case .result, .other, .nameless: break
            }
        }
        self.init(isComplete: missing.isEmpty, points: points)
    }

    private static let knownWorth = 1000
}

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
            let isSecret = [.secret, .secretList].contains(PassThrough(filling.meaning))
            return isSecret && !filling.text.withBytes { SecretCell.isReference($0) }
        }
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

    /// How a column or member comes back in the result: what only is called a secret is hidden as well.
    func passThrough(of name: Bytes, _ meaning: ColumnMeaning, in format: TableShape.Format) -> PassThrough {
        PassThrough(meaning == .other ? ColumnMeaning(name: name, in: format) : meaning)
    }

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
        let meaning = name.isEmpty ? .other : try Self.known(name, "--column", choice)
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
