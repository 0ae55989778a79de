import FleetModel
import Platform
import TabularText

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

    /// - Parameters:
    ///   - header: the cells of the header.
    ///   - line: the line on which it starts.
    ///   - likelyLine: a later line that looks more like one.
    init(header: Record, line: Int, likelyLine: Int? = nil) {
        self.line = line
        var columns: [ColumnMeaning: Int] = [:]
        for column in 0..<header.count {
            let name = Whitespace.trimmed(header[column])
            names.append(name.text)
            let meaning = ColumnMeaning(name: name, in: .csv)
            add(meaning, at: column, &columns)
            if let title = meaning.title { self.columns.append((name.text, title)) }
            if meaning == .other { addOwn(name.text, column) }
        }
        checkRequiredColumns(likelyLine)
    }

    /// Whether rows can be made sense of at all.
    var isUsable: Bool { !diagnostics.contains { $0.code == .headerUnrecognized } }

    /// Notes a column that is only carried along, and warns of one that holds secrets by its name.
    private mutating func addOwn(_ name: String, _ column: Int) {
        columns.append((name, nil))
        guard let advice = ColumnMeaning.adviceOnSecret(named: name) else { return }
        diagnostics.append(Diagnostic(.ownSecret, severity: .warning, line: line, column: name, advice))
    }

    /// Whether a column is no part of the result.
    func isDropped(_ column: Int) -> Bool { column >= passThrough.count || passThrough[column] == .dropped }

    private mutating func add(_ meaning: ColumnMeaning, at column: Int, _ columns: inout [ColumnMeaning: Int]) {
        passThrough.append(PassThrough(meaning))
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

    private mutating func checkRequiredColumns(_ likelyLine: Int?) {
        let missing = Self.needed.filter { field in !fields.contains { $0.field == field } }
        if missing.count == 2 {
            // Nothing of the line is quoted: without a header it is data, with secrets in it.
            diagnostics.removeAll()
            let advice =
                likelyLine.map { "line \($0) looks like it, so what stands above is a title: delete it" }
                ?? "is there a title row above it, or is the header missing?"
            addDiagnostic(.headerUnrecognized, nil, "no header with 'base_url' and 'id' here: \(advice)")
        } else if let field = missing.first {
            addDiagnostic(.headerColumnMissing, nil, "there is no column '\(field.columnName)' in the header")
        }
    }

    private mutating func addDiagnostic(_ code: Diagnostic.Code, _ column: Int?, _ message: String) {
        diagnostics.append(
            Diagnostic(code, severity: .file, line: line, column: column.map { names[$0] }, message))
    }
}

extension HeaderScore {
    /// - Parameters:
    ///   - record: what may be a header.
    ///   - needed: the columns without which there is none.
    init(of record: Record, needed: [Field]) {
        var missing = Set(needed)
        var points = 0
        for column in 0..<record.count {
            switch ColumnMeaning(name: Whitespace.trimmed(record[column]), in: .csv) {
            case .field(let field):
                missing.remove(field)
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

/// The columns that mean something to a row, those of the auth list apart.
enum Field: Int, CaseIterable {
    case baseURL, apiPath, id, name, certFile, issueTo, autoRenewal, dnsProvider, authInfoList, authObject
    case accessToken, clientID, clientSecret, tlsPin

    /// The name to use in messages where the input has none of its own.
    var columnName: String {
        switch self {
        case .baseURL: "base_url"
        case .apiPath: "api_path"
        case .id: "id"
        case .name: "name"
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
        let plain = String(decoding: lowercase.filter { !separators.contains($0) }, as: UTF8.self)
        if let field = known[plain] { return .field(field) }
        if plain == "authinfo" || plain == "authlist" { return .nearMiss(.authInfoList) }
        let separated = lowercase.map { separators.contains($0) ? UInt8(ascii: "_") : $0 }
        if let field = nearest(to: String(decoding: separated, as: UTF8.self)) { return .nearMiss(field) }
        return misspelledAuth(name, in: format) ?? .other
    }

    static let separators = Array("_- ".utf8)

    private static let known: [String: Field] = {
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

    /// What to say of a column of the user's own whose name says that a secret stands in it; nil for most.
    static func adviceOnSecret(named name: String) -> String? {
        let plain = String(decoding: name.utf8.map(\.lowercased).filter { !separators.contains($0) }, as: UTF8.self)
        guard let meant = meantBySecretNames[plain] else { return nil }
        return "is a column of your own: it is not used, and stands in the result as it is: did you mean '\(meant)'?"
    }

    private static let meantBySecretNames = [
        "password": "client_secret", "passwd": "client_secret", "pwd": "client_secret", "secret": "client_secret",
        "appsecret": "client_secret", "token": "access_token", "bearer": "access_token", "apikey": "auth.APIKey",
        "apitoken": "auth.APIToken", "apisecret": "auth.APISecret", "secretkey": "auth.SecretKey",
    ]

    /// The column whose name of 6 letters or more is 1 or 2 edits away, if there is one.
    private static func nearest(to name: String) -> Field? {
        let nearest = EditDistance.nearest(to: name, in: longNames, atMost: 2)
        return nearest.flatMap { known[$0.filter { $0 != "_" }] }
    }

    private static let longNames = Field.allCases.map(\.columnName).filter { $0.count { $0 != "_" } >= 6 }
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

    /// What a name means that nobody writes but for `auth.KEY`; nil for any other.
    static func misspelledAuth(_ name: Bytes, in format: TableShape.Format) -> ColumnMeaning? {
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
        if let key = DNSProviders.key(like: name.part(4..<name.count).text) { return key }
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
    func hasPrefix(_ text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && part(0..<text.utf8CodeUnitCount).equalsIgnoringCase(text)
    }
}

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
            let meaning = text.withUTF8 { ColumnMeaning(name: Whitespace.trimmed($0), in: .jsonl) }
            if isPlain, known.count < Self.limit { known[key] = meaning }
            return meaning
        }
    }
}
