import Platform
import TabularText

/// What a name that is none of the columns probably stands for.
extension ColumnMeaning {
    /// What to say of a column of the user's own whose name says that a secret stands in it, or that it is probably one
    /// which is missing; nil for most.
    ///
    /// - Parameters:
    ///   - titles: the names of the columns that are read.
    ///   - besidePassword: whether a password stands in another one, so that this may be the name to it.
    static func doubt(
        aboutOwn name: String, beside titles: [String], besidePassword: Bool
    ) -> Diagnostic? {
        guard name.utf8.count <= nameLimit else { return nil }
        let header = Quotation.escaped(name.utf8)
        if let meant = secret(name) {
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
        name.utf8.count <= nameLimit && secret(name) != nil
    }

    /// Whether a name says that a password stands under it.
    static func isPassword(_ name: String) -> Bool {
        name.utf8.count <= nameLimit && secret(name) == "client_secret"
    }

    /// The column of the secret that a name speaks of; nil when it speaks of none.
    private static func secret(_ name: String) -> String? {
        let plain = Self.plain(name.utf8)
        if let column = ownSecrets[plain] { return column }
        if let found = secretParts.first(where: { plain.contains($0.part) }) { return found.column }
        let words = Self.words(of: name)
        return secretWords.first { words.contains($0.word) }?.column
    }

    /// The words of a name in small letters, each without an `s` at its end: `API Tokens` and `apiTokens1` are `api`, `token`.
    private static func words(of name: String) -> Set<String> {
        var words = [""]
        var last: Character = " "
        for letter in name {
            if !letter.isLetter || letter.isUppercase && last.isLowercase { words.append("") }
            if letter.isLetter { words[words.count - 1] += letter.lowercased() }
            last = letter
        }
        return Set(words.map { $0.hasSuffix("s") ? String($0.dropLast()) : $0 })
    }

    /// Wherever they stand in a name.
    private static let secretParts: [(part: String, column: String)] = [
        ("password", "client_secret"), ("passwort", "client_secret"), ("clientsecret", "client_secret"),
        ("accesstoken", "access_token"), ("apikey", "auth.APIKey"), ("apitoken", "auth.APIToken"),
    ]

    /// Only as words of their own: a secretary is none.
    private static let secretWords: [(word: String, column: String)] = [
        ("secret", "client_secret"), ("pwd", "client_secret"), ("token", "access_token"),
    ]

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
    ///
    /// What stands between words counts as a letter. Where all of it is missing it counts for nothing: 2 edits are then
    /// near in a name of 9 letters or more and 1 in a shorter one, because `Issuer` and `Clients` are names of their own.
    static func nearest(to name: Bytes) -> Field? {
        let text = name.text.unicodeScalars.map { $0.isASCII ? Character($0) : "?" }
        let separated = String(text).lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 }
        let plain = String(separated.filter { $0 != "_" })
        let nearest =
            EditDistance.nearest(to: String(separated), in: longNames, atMost: 2)
            ?? EditDistance.nearest(to: plain, in: plainNames.filter { $0.count >= 9 }, atMost: 2)
            ?? EditDistance.nearest(to: plain, in: plainNames, atMost: 1)
        return nearest.flatMap { known[$0.filter { $0 != "_" }] }
    }

    private static let longNames = Field.allCases.map(\.columnName).filter { $0.count { $0 != "_" } >= 6 }
    private static let plainNames = longNames.map { $0.filter { $0 != "_" } }

    /// What a name means that nobody writes but for `auth.KEY`; nil for any other.
    static func misspelledAuth(_ name: Bytes, in format: TableShape.Format) -> ColumnMeaning? {
        guard let key = misspelledKey(name) else {
            let isNear = format == .jsonl && EditDistance.between(name.text.lowercased(), "auth", atMost: 1) != nil
            return isNear && !name.equalsIgnoringCase("auto")
                ? .badAuth("this is no known key: did you mean 'auth'?") : nil
        }
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
        // Whatever stands there, a key of a provider's behind it tells what is meant.
        if let dot = name.firstIndex(of: UInt8(ascii: ".")),
            EditDistance.between(plain(name.part(0..<dot)), "auth", atMost: 2) != nil,
            let key = providerKey(name.part(dot + 1..<name.count))
        {
            return key
        }
        guard name.hasPrefix("auth") else { return nil }
        if let key = providerKey(name.part(4..<name.count)) { return key }
        let rest = name.part(4..<name.count).text.unicodeScalars
        let key = rest.drop { !$0.properties.isAlphabetic && $0.properties.numericType == nil }
        return rest.isEmpty || key.startIndex > rest.startIndex ? String(key) : nil
    }

    /// A key that some provider has, as it writes it, with its type if there is one; nil for any other text.
    private static func providerKey(_ text: Bytes) -> String? {
        let end = text.firstIndex(of: UInt8(ascii: ":")) ?? text.count
        let key = DNSProviders.key(like: Whitespace.trimmed(text.part(0..<end)).text)
        return key.map { $0 + text.part(end..<text.count).text }
    }

    private static let misspelledPrefixes: [StaticString] = [
        "aut.", "auh.", "ath.", "uth.", "auht.", "atuh.", "uath.", "auths.",
    ]
}
