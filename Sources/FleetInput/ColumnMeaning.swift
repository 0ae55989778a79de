import Platform
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
        if let meaning = auth(name) { return isNearAuthList(name) ? .nearMiss(.authInfoList) : meaning }
        let lowercase = name.map(\.lowercased)
        if lowercase.starts(with: "result.".utf8) { return .result }
        if format == .jsonl, lowercase.elementsEqual("result".utf8) { return .result }
        if format == .jsonl, lowercase.elementsEqual("auth".utf8) { return .field(.authObject) }
        let plain = plain(name)
        if let field = known[plain] { return .field(field) }
        if plain == "authinfo" || plain == "authlist" { return .nearMiss(.authInfoList) }
        if let field = nearest(to: name) { return .nearMiss(field) }
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

    /// Whether `auth.info_list` and the like are meant for `auth_info_list`: no provider has such a key.
    private static func isNearAuthList(_ name: Bytes) -> Bool {
        let list = Field.authInfoList.columnName.filter { $0 != "_" }
        return name.count <= 20 && EditDistance.nearest(to: plain(name), in: [list], atMost: 2) != nil
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

/// What the columns of a CSV mean, found once from its header.
struct ColumnMap {
    /// A column `auth.KEY`.
    struct AuthColumn {
        let column: Int
        let key: String
        let type: AuthType
    }

    /// The names as the file writes them, without blanks at their ends.
    private(set) var names: [String] = []
    private(set) var fields: [(column: Int, field: Field)] = []
    private(set) var auth: [AuthColumn] = []
    private(set) var nameless: [Int] = []
    /// How each column comes back in the result.
    private(set) var passThrough: [PassThrough] = []
    /// What each column is read as; nil for one that is only carried along.
    private(set) var columns: [(name: String, meaning: String?)] = []
    /// What is wrong with the header.
    private(set) var diagnostics: [Diagnostic] = []
    private let line: Int

    /// The columns without which no row can be made sense of.
    static let needed: [Field] = [.baseURL, .id]

    /// - Parameter likelyLine: a later line that looks more like a header.
    init(
        header: Record, _ choices: ColumnChoices, needed: [Field] = ColumnMap.needed, line: Int, likelyLine: Int? = nil
    ) {
        self.line = line
        names = (0..<header.count).map { Whitespace.trimmed(header[$0]).text }
        var columns: [ColumnMeaning: Int] = [:]
        var chosen: Set<Int> = []
        var meanings: [ColumnMeaning] = []
        for column in 0..<header.count {
            let name = Whitespace.trimmed(header[column])
            if let index = choices.index(of: name) { chosen.insert(index) }
            let meaning = choices.meaning(of: name, in: .csv)
            meanings.append(meaning)
            passThrough.append(PassThrough(meaning, named: name, in: .csv))
            add(meaning, at: column, &columns)
            if meaning.title != nil || meaning == .other { self.columns.append((names[column], meaning.title)) }
        }
        let absent = choices.missing(chosen, line: line)
        diagnostics += absent
        if !absent.isEmpty { isUsable = false }
        if !choices.namesHostsOnly {
            addOwn(meanings.compactMap(\.title) + choices.fillings.map(\.title), chosen: choices)
        }
        let found = fields.map(\.field) + choices.filledFields
        let missing = needed.filter { !found.contains($0) && !($0 == .id && found.contains(.match)) }
        if !missing.isEmpty { refuse(UnknownNames(header, meanings, choices), missing, likelyLine) }
    }

    /// Whether rows can be made sense of at all.
    private(set) var isUsable = true

    /// Warns of columns that are only carried along, nobody having said so, and whose names mean something.
    private mutating func addOwn(_ titles: [String], chosen choices: ColumnChoices) {
        let own = columns.filter { $0.meaning == nil && !choices.isChosen($0.name) }.map(\.name)
        let hasPassword = own.contains(where: ColumnMeaning.isPassword)
        for name in own {
            let doubt = ColumnMeaning.doubt(aboutOwn: name, beside: titles, besidePassword: hasPassword)
            guard let doubt else { continue }
            diagnostics.append(Diagnostic(doubt.code, severity: .warning, line: line, column: name, doubt.message))
        }
    }

    /// Whether a column is no part of the result.
    func isDropped(_ column: Int) -> Bool { column >= passThrough.count || passThrough[column] == .dropped }

    private mutating func add(_ meaning: ColumnMeaning, at column: Int, _ columns: inout [ColumnMeaning: Int]) {
        switch meaning {
        case .nameless: nameless.append(column)
        case .result, .other: break
        case .badAuth(let what): addDiagnostic(.headerAuthMalformed, column, what)
        case .nearMiss(let field):
            addDiagnostic(.headerNearMiss, column, "this is no known column: did you mean '\(field.columnName)'?")
            // Read as what it probably is, so that what is wrong with the rows still comes out.
            if columns[.field(field)] == nil { fields.append((column, field)) }
        case .field(let field):
            if addFirst(meaning, column, &columns) { fields.append((column, field)) }
        case .auth(let key, let type):
            if addFirst(meaning, column, &columns) { auth.append(AuthColumn(column: column, key: key, type: type)) }
        }
    }

    /// Returns false, and notes it, when an earlier column has the same meaning.
    private mutating func addFirst(
        _ meaning: ColumnMeaning, _ column: Int, _ columns: inout [ColumnMeaning: Int]
    ) -> Bool {
        guard let earlier = columns[meaning] else {
            columns[meaning] = column
            return true
        }
        let names = [earlier, column].map { Quotation.of(self.names[$0].utf8) }.joined(separator: " and ")
        addDiagnostic(.headerColumnRepeated, nil, "columns \(names) mean the same: keep one of them")
        return false
    }

    /// Tells that the header lacks what every row needs, and nothing else: no row can be judged under it.
    private mutating func refuse(_ unknown: UnknownNames, _ missing: [Field], _ likelyLine: Int?) {
        isUsable = false
        diagnostics.removeAll { $0.code != .headerChosenMissing }
        let names = missing.map { "'\($0.columnName)'" }.joined(separator: " and no column ")
        if missing.count == 1 || likelyLine == nil && unknown.areNames {
            let advice = unknown.areNames ? unknown.advice(missing) : ""
            return addDiagnostic(.headerColumnMissing, nil, "there is no column \(names) in the header\(advice)")
        }
        // Nothing of the line is quoted: without a header it is data, with secrets in it.
        let advice =
            likelyLine.map { "line \($0) looks like it, so what stands above is a title: delete it" }
            ?? (self.names.count == 1
                ? "it is one cell: is the delimiter another one, or the header missing?"
                : "is there a title row above it, or is the header missing? names of your own are told by --column 'NAME=base_url'")
        addDiagnostic(.headerUnrecognized, nil, "no header with 'base_url' and 'id' here: \(advice)")
    }

    private mutating func addDiagnostic(_ code: Diagnostic.Code, _ column: Int?, _ message: String) {
        diagnostics.append(
            Diagnostic(code, severity: .file, line: line, column: column.map { names[$0] }, message))
    }
}

/// The names of a header that are not understood.
struct UnknownNames {
    /// Whether they are names, so that they may be shown.
    let areNames: Bool
    private var names: [(name: Bytes, likely: String?)] = []
    private static let limit = 12

    /// Names whose likeliest meaning is looked for.
    private static let searchLimit = 64
    /// Bytes of the longest name of a column.
    private static let nameLimit = 40

    init(_ header: Record, _ meanings: [ColumnMeaning], _ choices: ColumnChoices) {
        var isKnown = false
        for (column, meaning) in meanings.enumerated() {
            let name = Whitespace.trimmed(header[column])
            switch choices.namesHostsOnly ? ColumnMeaning(name: name, in: .csv) : meaning {
            case .field, .auth: isKnown = true
            case .result, .nameless: break
            case .other where choices.index(of: name) != nil: break
            case .other, .nearMiss, .badAuth:
                let isSearched = names.count < Self.searchLimit && name.count <= Self.nameLimit
                let likely = isSearched ? ColumnMeaning.likely(name) : nil
                if likely != nil { isKnown = true }
                names.append((name, likely))
            }
        }
        areNames = isKnown && PassThrough.mayQuote(firstLine: header)
    }

    /// What they may mean, and how to say so.
    func advice(_ missing: [Field]) -> String {
        guard !names.isEmpty else { return "" }
        let shown = names.prefix(Self.limit).map { name, likely in
            PassThrough.quoted(name: name) + (likely.map { " (\($0)?)" } ?? "")
        }
        let more = names.count > Self.limit ? " and \(names.count - Self.limit) more" : ""
        let wanted = missing.map(\.columnName)
        let example = names.first { $0.likely.map(wanted.contains) ?? false }
        let header = example.map { Quotation.escaped($0.name) } ?? "HEADER"
        let column = example?.likely ?? wanted[0]
        return "; not understood: \(shown.joined(separator: ", "))\(more); say what one means by "
            + "--column '\(header)=\(column)'"
    }
}
