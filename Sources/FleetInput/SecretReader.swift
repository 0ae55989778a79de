import FleetModel
import Platform
import TabularText

/// What a cell that holds a secret can be: the secret itself, a reference to it, or the mask of an earlier result.
enum SecretCell {
    case literal
    /// `env:NAME`, the prefix in any case.
    case environment(name: String)
    /// `file:PATH`, the prefix in any case.
    case file(path: String)
    /// `***` or more of them, which is no secret of anybody's.
    case mask

    @inline(__always)
    init(_ cell: Bytes) {
        if Self.isReference(cell) {
            let isFile = cell[0].lowercased == UInt8(ascii: "f")
            let rest = cell.part((isFile ? 5 : 4)..<cell.count).text
            self = isFile ? .file(path: rest) : .environment(name: rest)
        } else {
            self = cell.first == UInt8(ascii: "*") && Secret.isMask(cell) ? .mask : .literal
        }
    }

    /// Whether a cell only says where the secret is.
    @inline(__always)
    static func isReference(_ cell: Bytes) -> Bool {
        switch cell.first {
        case UInt8(ascii: "e"), UInt8(ascii: "E"): cell.hasPrefix("env:")
        case UInt8(ascii: "f"), UInt8(ascii: "F"): cell.hasPrefix("file:")
        default: false
        }
    }
}

/// What a secret is for, which decides what may stand in it.
enum SecretUse {
    /// Token, client id or client secret: one line.
    case login
    /// A value of the auth list: keys and key files of providers have line breaks and tabs.
    case auth

    static let masked = Diagnostic(
        .secretMasked, "'***' only stands for a secret that was left out: write the secret or a reference to it")

    /// - Throws: ``Diagnostic`` when nobody can mean a secret.
    @inline(__always)
    func check(_ text: Bytes) throws(Diagnostic) {
        let isAuth = self == .auth
        let control = CellText.controlCharacter(in: text, allowsLineBreaks: isAuth, allowsTabs: isAuth)
        if let control { throw control }
        guard !isAuth else {
            if let diagnostic = LeftBehind.problem(text) { throw diagnostic }
            return
        }
        if text.equals(EditRow.clear) { throw CellText.misplacedClear }
        try CellText.refuseLeftovers(text)
    }

    /// What is doubtful about a secret.
    ///
    /// - Parameters:
    ///   - text: the secret, not empty.
    ///   - isCell: whether it stands in a cell; in a file of its own lines are nothing strange.
    @inline(__always)
    func doubt(_ text: Bytes, isCell: Bool = true) -> Diagnostic? {
        if LeftBehind.isScientific(text) { return Self.scientific }
        if isCell, self == .auth, Self.hasStrayLineBreak(text) { return Self.lineBreak }
        return LeftBehind.doubt(text)
    }

    /// Whether there is a line break in what is neither a key in PEM nor JSON.
    private static func hasStrayLineBreak(_ text: Bytes) -> Bool {
        guard text.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return false }
        return !text.hasPrefix("-----begin") && text[0] != UInt8(ascii: "{") && text[0] != UInt8(ascii: "[")
    }

    /// Judges what a reference leads to, not empty.
    ///
    /// - Returns: what is doubtful about it.
    func judge(_ text: String) throws(Diagnostic) -> Diagnostic? {
        try Array(text.utf8).withUnsafeBufferPointer { text throws(Diagnostic) in try judge(text) }
    }

    private func judge(_ text: Bytes) throws(Diagnostic) -> Diagnostic? {
        let value = Whitespace.trimmed(text)
        guard !value.isEmpty else { throw Diagnostic(.referenceUnresolved, "there are only blanks in it") }
        switch SecretCell(value) {
        case .mask: throw Self.masked
        case .environment, .file: throw Diagnostic(.referenceUnresolved, "there is another reference in it")
        case .literal: try check(text)
        }
        return value.count == text.count ? doubt(text, isCell: false) : Self.blankAtEnd
    }

    private static let scientific = Diagnostic(
        .scientificNotation, severity: .warning,
        "this is a number in scientific notation, so digits may be lost: format the column as text")
    private static let lineBreak = Diagnostic(
        .lineBreakInside, severity: .warning,
        "there is a line break inside the value, and it is sent with it: is this one value?")
    private static let blankAtEnd = Diagnostic(
        .blankAtEnd, severity: .warning, "there is a blank at an end of the value, and it is sent with it")
}

/// Opens the secrets that cells hold or refer to.
struct SecretReader {
    /// What `file:PATH` is looked up in; copies of the reader share it. Nil opens nothing.
    private let files: SecretFiles?
    /// What `env:NAME` is looked up in.
    private let environment: [String: String]
    /// Whether nobody wants the secrets that stand in cells, but only what is wrong with them.
    var onlyJudges = false
    /// The files of `cert_file`, which may hold private keys; copies of the reader share them, too.
    let certificates: CertificateFiles

    /// - Parameters:
    ///   - folder: what relative paths are relative to.
    ///   - environment: what `env:NAME` is looked up in.
    init(folder: String, environment: [String: String]) {
        files = SecretFiles(in: folder)
        certificates = CertificateFiles(in: folder)
        self.environment = environment
    }

    private init() { (files, certificates, environment) = (nil, CertificateFiles(in: ""), [:]) }

    /// One for which every reference leads to nothing.
    static var openingNothing: SecretReader { SecretReader() }

    /// The secret of a cell; what else there is to say of it is added to the notes.
    ///
    /// - Throws: ``Diagnostic`` when nobody can mean the secret, or the reference leads to nothing.
    func secret(_ cell: Bytes, for use: SecretUse, notes: inout SecretNotes) throws(Diagnostic) -> Secret {
        let references = notes.sources.count
        let text = try text(cell, for: use, notes: &notes)
        if notes.sources.count == references { notes.isPlain = true }
        return Secret(text)
    }

    /// A cell as an input in another folder has to write it.
    func absolute(_ cell: Bytes) -> String {
        guard case .file(let path) = SecretCell(cell), !path.hasPrefix("/"), let files else { return cell.text }
        return "file:\(files.absoluteFolder)/\(path)"
    }

    /// The text of a cell that is no secret and yet may hold a reference, as a client id.
    func clientID(_ cell: Bytes, notes: inout SecretNotes) throws(Diagnostic) -> String {
        let text = try text(cell, for: .login, notes: &notes)
        if !SecretCell.isReference(cell) { _ = try CellText.clientID.read(cell) }
        return text
    }

    private func text(_ cell: Bytes, for use: SecretUse, notes: inout SecretNotes) throws(Diagnostic) -> String {
        switch SecretCell(cell) {
        case .mask: throw SecretUse.masked
        case .literal:
            try use.check(cell)
            if let doubt = use.doubt(cell) { notes.doubts.append(doubt) }
            return onlyJudges ? "" : cell.text
        case .environment(let name):
            // Only for what is wrong: quoting a name takes longer than all the rest.
            let title = { subject("environment variable", name) }
            guard let value = variable(name) else {
                throw Diagnostic(.referenceUnresolved, "\(title()) is not set, empty, or no UTF-8 text")
            }
            notes.sources.append(SecretNotes.Source(kind: "variable", name: name, exposure: nil))
            try judge(value, title, use, &notes)
            return value
        case .file(let path):
            let title = { subject("file", path) }
            guard let files else { throw Diagnostic(.referenceUnresolved, "\(title()) is not opened") }
            let content: SecretFile.Content
            do throws(SecretFile.Failure) { content = try files.content(path) } catch {
                throw Diagnostic(.referenceUnresolved, "\(title()) \(error.clause)")
            }
            let exposure = content.isExposed ? SecretFile.exposure(title()) : nil
            notes.sources.append(SecretNotes.Source(kind: "file", name: path, exposure: exposure))
            try judge(content.text, title, use, &notes)
            return content.text
        }
    }

    /// Judges what a reference leads to as a cell is.
    private func judge(
        _ text: String, _ title: () -> String, _ use: SecretUse, _ notes: inout SecretNotes
    ) throws(Diagnostic) {
        do throws(Diagnostic) {
            if let doubt = try use.judge(text) { notes.doubts.append(doubt.about(title())) }
        } catch {
            throw error.about(title())
        }
    }

    private func subject(_ what: String, _ name: String) -> String {
        "the \(what) \(PassThrough.quoted(reference: name))"
    }

    /// The value of a variable without the line breaks at its end; nil when there is none.
    private func variable(_ name: String) -> String? {
        // Told apart by bytes: names that only look the same are found for one another.
        guard let index = environment.index(forKey: name), environment[index].key.isSame(as: name) else {
            return nil
        }
        return SecretFile.text(of: Array(environment[index].value.utf8))
    }
}

extension Diagnostic {
    /// The same about what a reference leads to.
    fileprivate func about(_ subject: String) -> Diagnostic {
        Diagnostic(code, severity: severity, "\(subject): \(message)")
    }
}

/// How a row proves who it is to the PBX.
extension RowParser {
    mutating func readCredentials(_ cells: borrowing RowCells, _ row: inout ParsedRow) {
        if keepsCells { row.credentialCells = credentialCells(cells) }
        guard needsCredentials else { return row.credentials = .token(Secret("")) }
        if let cell = cells[.accessToken] {
            row.credentials = readSecret(cell, cells).map { .token($0) }
        } else if let id = cells[.clientID], let secret = cells[.clientSecret] {
            let name = readClientID(id, cells)
            let secret = readSecret(secret, cells)
            if let name, let secret { row.credentials = .client(id: name, secret: secret) }
        } else if let half = cells[.clientID] ?? cells[.clientSecret] {
            let other = cells[.clientID] == nil ? Field.clientID : .clientSecret
            let message = "is given without \(Quotation.of(cells.name(of: other).utf8)): a login takes both"
            add(Diagnostic(.credentialsIncomplete, message), cells.names[half.column])
        } else if let found = credentials.credentials(for: row.url) {
            row.credentials = found
        } else if row.url != nil || !credentials.hasHosts {
            let message = "no credentials for this PBX: neither in the row, nor \(credentials.places(for: row.url))"
            add(Diagnostic(.credentialsMissing, message), nil)
        }
    }

    /// The cells of the credentials where they are references, or may be told; nil for those of a row that may not.
    private func credentialCells(_ cells: borrowing RowCells) -> CredentialCells? {
        var own = CredentialCells()
        for (field, column) in [
            (Field.accessToken, \CredentialCells.accessToken), (.clientSecret, \.clientSecret), (.clientID, \.clientID),
        ] {
            guard let cell = cells[field] else { continue }
            let isShown = field == .clientID || keepsSecrets || SecretCell.isReference(cell.bytes)
            guard isShown else { return nil }
            own[keyPath: column] = secrets.absolute(cell.bytes)
        }
        return own
    }

    private mutating func readSecret(_ cell: RowCells.Cell, _ cells: borrowing RowCells) -> Secret? {
        // Not by way of a closure, which would have to hold a copy of all that secrets are looked up in.
        var notes = SecretNotes()
        defer { take(notes, cell.column, cells) }
        do throws(Diagnostic) {
            return try secrets.secret(try cell.text(), for: .login, notes: &notes)
        } catch {
            add(error, cells.names[cell.column])
            return nil
        }
    }

    private mutating func readClientID(_ cell: RowCells.Cell, _ cells: borrowing RowCells) -> String? {
        var notes = SecretNotes()
        defer { take(notes, cell.column, cells) }
        do throws(Diagnostic) {
            return try secrets.clientID(try cell.text(), notes: &notes)
        } catch {
            add(error, cells.names[cell.column])
            return nil
        }
    }
}

/// The credentials of the DNS provider, in whichever of their three forms they come.
extension RowParser {
    mutating func readAuth(_ cells: borrowing RowCells) -> [AuthInfo]? {
        let list = cells[.authInfoList]
        let object = cells[.authObject]
        if (cells.auth.isEmpty ? 0 : 1) + (list == nil ? 0 : 1) + (object == nil ? 0 : 1) > 1 {
            let message = "the credentials of the DNS provider are given twice: either 'auth.KEY' or 'auth_info_list'"
            add(Diagnostic(.authGivenTwice, message), nil)
        }
        if !cells.auth.isEmpty {
            let items = readAuthCells(cells)
            // Only for what is wrong with it.
            if let list { _ = readAuthValue(list, isObject: false, cells) }
            return items
        }
        if let list { return readAuthValue(list, isObject: false, cells) }
        if let object { return readAuthValue(object, isObject: true, cells) }
        return nil
    }

    private mutating func readAuthCells(_ cells: borrowing RowCells) -> [AuthInfo] {
        var reader = AuthReader(secrets: secrets)
        var items: [AuthInfo] = []
        var keys: Set<[UInt8]> = []
        for entry in cells.auth {
            let item = value(of: entry.cell, cells) { _ throws(Diagnostic) in
                guard cells.auth.count == 1 || keys.insert(Array(entry.key.utf8)).inserted else {
                    throw Diagnostic(.authKeyRepeated, "the key stands twice in this row")
                }
                return AuthInfo(key: entry.key, value: try reader.value(entry))
            }
            if let item { items.append(item) }
            take(reader.takeNotes(), entry.cell.column, cells)
            if entry.key == "KEY" { add(Self.literalKey, cells.names[entry.cell.column]) }
            let isDoubtful = entry.type == .string && entry.cell.kind == .text
            if isDoubtful, AuthReader.isNumber(entry.cell.bytes, of: entry.key) {
                let message =
                    "a number is sent as a text: name the column 'auth.\(entry.key):int' to send it as a number"
                add(Diagnostic(.authNumberAsText, severity: .warning, message), cells.names[entry.cell.column])
            }
        }
        return items
    }

    static let literalKey = Diagnostic(
        .authKeyDoubtful, severity: .warning,
        "'KEY' stands for the provider's own key, like APIKey: 'certfleet providers NAME' lists those of a provider")
}

/// Reads the values of an auth list; the texts of diagnostics quote none of them.
///
/// Source: Auth_Info of the PBX's `certificate/update` call: a key and exactly one of `iv`, `sv`, `bv`.
struct AuthReader {
    var notes = SecretNotes()
    private let secrets: SecretReader

    init(secrets: SecretReader) {
        self.secrets = secrets
    }

    /// What there is to say of what was read since the last call.
    mutating func takeNotes() -> SecretNotes {
        defer { notes = SecretNotes() }
        return notes
    }

    /// Whether a text is a number under a key whose documented values are numbers.
    static func isNumber(_ cell: Bytes, of key: String) -> Bool {
        WholeNumber.read(cell) != nil && numericKeys.contains(key)
    }

    private static let numericKeys: Set<String> = ["TTL", "PropagationTimeout", "PollingInterval"]

    mutating func value(_ entry: RowCells.AuthCell) throws(Diagnostic) -> AuthInfo.Value {
        let bytes = entry.cell.bytes
        switch (entry.type, entry.cell.kind) {
        case (.string, .text): return .string(try secret(bytes))
        case (.int, .text):
            if let number = WholeNumber.read(bytes, allowsMinus: true) { return .integer(number) }
            throw Diagnostic(.authMalformed, "the value \(WholeNumber.reason(against: bytes))")
        case (.int, .number):
            if let number = WholeNumber.readJSON(bytes) { return .integer(number) }
            throw Diagnostic(.authMalformed, "the value is no whole number")
        case (.bool, .text), (.bool, .boolean):
            if let value = BooleanWord.read(bytes) { return .boolean(value) }
            throw Diagnostic(.authMalformed, "the value is none of \(BooleanWord.list)")
        case (.string, let kind):
            let hint = "put it in quotes, or name its type ('auth.KEY:int', 'auth.KEY:bool')"
            throw Diagnostic(.authMalformed, "\(kind.title) stands where a text should be: \(hint)")
        case (.int, let kind), (.bool, let kind):
            throw Diagnostic(.authMalformed, "\(kind.title) is of the wrong type")
        }
    }

    mutating func secret(_ text: Bytes) throws(Diagnostic) -> Secret {
        try secrets.secret(text, for: .auth, notes: &notes)
    }
}
