import FleetModel
import JSONText
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

    /// What to say of a column of the user's own whose name says that a secret stands in it, or that it is probably one
    /// which is missing; nil for most.
    ///
    /// - Parameters:
    ///   - titles: the names of the columns that are read.
    ///   - besidePassword: whether a password stands in another one, so that this may be the name to it.
    static func doubt(
        aboutOwn name: String, beside titles: [String], besidePassword: Bool = false
    ) -> Diagnostic? {
        guard name.utf8.count <= nameLimit else { return nil }
        let header = Quotation.escaped(name.utf8)
        if let meant = ownSecrets[plain(name.utf8)] {
            return Diagnostic(
                .ownSecret,
                "is a column of your own: it is not used, and stands in the result as it is: did you mean "
                    + "'\(meant)'? \(advice(header, meant))")
        }
        var text = name
        guard let meant = text.withUTF8({ likely($0) }), !isThere(meant, titles) else { return nil }
        // Many a sheet names people.
        guard meant != "client_id" || besidePassword else { return nil }
        return Diagnostic(
            meant == "client_id" ? .ownSecret : .ownColumn,
            "is a column of your own and is not used: did you mean '\(meant)'? \(advice(header, meant))")
    }

    private static func isThere(_ title: String, _ titles: [String]) -> Bool {
        titles.contains { $0 == title || $0.hasPrefix("\(title):") || title == "id" && $0 == "match" }
    }

    private static func advice(_ header: String, _ column: String) -> String {
        "--column '\(header)=\(column)', or --column '\(header)=' to only carry it along"
    }

    /// Whether a name that means nothing here says that a secret stands under it.
    static func isSecret(_ name: String) -> Bool {
        name.utf8.count <= nameLimit && ownSecrets[plain(name.utf8)] != nil
    }

    /// Whether a name says that a password stands under it.
    static func isPassword(_ name: String) -> Bool {
        name.utf8.count <= nameLimit && ownSecrets[plain(name.utf8)] == "client_secret"
    }

    private static func plain(_ name: some Collection<UInt8>) -> String {
        String(decoding: name.filter { !separators.contains($0) }.map(\.lowercased), as: UTF8.self)
    }

    private static let ownSecrets = [
        "password": "client_secret", "passwd": "client_secret", "pwd": "client_secret", "secret": "client_secret",
        "appsecret": "client_secret", "token": "access_token", "bearer": "access_token", "apikey": "auth.APIKey",
        "apitoken": "auth.APIToken", "apisecret": "auth.APISecret", "secretkey": "auth.SecretKey",
    ]

    /// The column that a name which is none probably stands for; nil when nobody can tell.
    static func likely(_ name: Bytes) -> String? {
        guard name.count <= nameLimit else { return nil }
        if case .nearMiss(let field) = ColumnMeaning(name: name, in: .csv) { return field.columnName }
        if let key = misspelledKey(name) { return "auth.\(key.isEmpty ? "KEY" : Quotation.escaped(key.utf8))" }
        let plain = plain(name)
        if let column = likelyNames[plain] ?? ownSecrets[plain] { return column }
        // Others of the providers' keys are words that people have in their sheets anyway, like 'Customer'.
        guard ["key", "token", "secret"].contains(where: plain.contains) else { return nil }
        return DNSProviders.key(like: plain).map { "auth.\($0)" }
    }

    /// How people name the columns of sheets of their own.
    private static let likelyNames: [String: String] = {
        let names = [
            "base_url":
                "hostname fqdn ip ipaddress address server servername pbxaddress pbxurl pbxhost pbxip pbxfqdn hostip",
            "id":
                "certificateid certid certificateno certno certificatenumber certnumber sslid zertifikatid zertifikatsid",
            "issue_to":
                "domain domainname commonname cn san issuedto dnsname certificatedomain certdomain zertifikatdomain "
                + "zertifikatsdomain",
            "name": "certificatename certname filename certificatefilename certfilename zertifikatname zertifikatsname",
            "cert_file": "certificatefile certfilepath certificatepath certpath",
            "auto_renewal": "autorenew renew renewal renewable autorenewalenabled automaticrenewal",
            "dns_provider": "provider dns dnshost dnsservice dnsprovidername registrar",
            "client_id": "username user login appid applicationid apiuser",
            "access_token": "accesskey sessiontoken", "tls_pin": "pin publickeypin pinnedpubkey",
        ]
        var columns: [String: String] = [:]
        for (column, others) in names { for name in others.split(separator: " ") { columns[String(name)] = column } }
        return columns
    }()

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
        return text.withUTF8 { choices.passThrough(of: Whitespace.trimmed($0), meaning, in: .jsonl) }
    }
}
