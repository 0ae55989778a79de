import FleetModel
import JSONText
import Platform
import TabularText

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

    /// The secret of a cell.
    ///
    /// - Parameters:
    ///   - cell: the value without blanks at its ends, not empty.
    ///   - use: what the secret is for.
    ///   - notes: what else there is to say of it is added here.
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
            let title = { subject("environment variable", name, use) }
            guard let value = variable(name) else {
                throw Diagnostic(.referenceUnresolved, "\(title()) is not set, empty, or no UTF-8 text")
            }
            notes.sources.append(SecretNotes.Source(kind: "variable", name: name, exposure: nil))
            try judge(value, title, use, &notes)
            return value
        case .file(let path):
            let title = { subject("file", path, use) }
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

    private func subject(_ what: String, _ name: String, _ use: SecretUse) -> String {
        // Of an auth list nothing is quoted.
        use == .auth ? "the \(what) that the reference names" : "the \(what) \(Quotation.of(name.utf8))"
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

/// What there is to say of secrets beside what they are.
struct SecretNotes {
    /// Where a reference led to.
    struct Source {
        /// `file` or `variable`.
        let kind: String
        let name: String
        /// What to say of a file that others can read, the first time that it is read.
        let exposure: Diagnostic?

        func isSame(as other: Source) -> Bool { kind == other.kind && name.isSame(as: other.name) }
    }

    /// Whether one stands in the cell itself.
    var isPlain = false
    /// What is doubtful about them.
    var doubts: [Diagnostic] {
        get { rare?.doubts ?? [] }
        set { rare = Rare(doubts: newValue, sources: sources) }
    }
    var sources: [Source] {
        get { rare?.sources ?? [] }
        set { rare = Rare(doubts: doubts, sources: newValue) }
    }
    /// Whether there is neither a doubt nor a source, as for nearly every secret.
    var isEmpty: Bool { rare == nil }
    private var rare: Rare?

    // One reference to count instead of two, for each secret of each row.
    private final class Rare {
        let doubts: [Diagnostic]
        let sources: [Source]

        init(doubts: [Diagnostic], sources: [Source]) {
            self.doubts = doubts
            self.sources = sources
        }
    }
}

extension Diagnostic {
    /// The same about what a reference leads to.
    fileprivate func about(_ subject: String) -> Diagnostic {
        Diagnostic(code, severity: severity, "\(subject): \(message)")
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

    private static let literalKey = Diagnostic(
        .authKeyDoubtful, severity: .warning,
        "'KEY' stands for the provider's own key, like APIKey: 'certfleet providers NAME' lists those of a provider")

    /// Reads `auth_info_list`, or the object `auth` of JSON lines.
    private mutating func readAuthValue(
        _ cell: RowCells.Cell, isObject: Bool, _ cells: borrowing RowCells
    ) -> [AuthInfo]? {
        var reader = AuthReader(secrets: secrets)
        let items = value(of: cell, cells) { cell throws(Diagnostic) in
            guard let value = cells.value(of: cell) else { return try reader.list(in: cell.bytes) }
            return try reader.list(value, isObject: isObject)
        }
        take(reader.takeNotes(), cell.column, cells)
        if items?.contains(where: { $0.key == "KEY" }) == true { add(Self.literalKey, cells.names[cell.column]) }
        return items
    }
}

/// Reads the values of an auth list; the texts of diagnostics quote none of them.
///
/// Source: Auth_Info of the PBX's `certificate/update` call: a key and exactly one of `iv`, `sv`, `bv`.
private struct AuthReader {
    private var notes = SecretNotes()
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

    // MARK: - A column or member of its own

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

    // MARK: - A list

    /// Reads the JSON text in a CSV cell.
    mutating func list(in cell: Bytes) throws(Diagnostic) -> [AuthInfo] {
        if cell.equals(CellText.clear) { return [] }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: Array(cell))
        } catch {
            throw Diagnostic(.authMalformed, JSONRow.describe(error, in: Array(cell)))
        }
        return try list(value, isObject: false)
    }

    /// Reads the array `auth_info_list`, or the object `auth`.
    mutating func list(_ value: JSONValue, isObject: Bool) throws(Diagnostic) -> [AuthInfo] {
        if !isObject, value == .string("\(CellText.clear)") { return [] }
        let items: [AuthInfo]
        switch (value, isObject) {
        case (.object(let members), true): items = try read(members)
        case (.array(let elements), false): items = try read(elements)
        default:
            let wanted = isObject ? "an object of keys and values" : "a list like [{\"k\":…,\"sv\":…}]"
            throw Diagnostic(.authMalformed, "\(value.kind) stands where \(wanted) should be")
        }
        guard !items.isEmpty else {
            throw Diagnostic(.authMalformed, "the list is empty: leave it out to leave the credentials alone")
        }
        var keys: Set<[UInt8]> = []
        for (index, item) in items.enumerated() where !keys.insert(Array(item.key.utf8)).inserted {
            throw Diagnostic(.authKeyRepeated, "item \(index + 1) repeats the key of an earlier one")
        }
        return items
    }

    private mutating func read(_ members: [JSONMember]) throws(Diagnostic) -> [AuthInfo] {
        var items: [AuthInfo] = []
        for (index, member) in members.enumerated() where member.value != .null {
            let place = "item \(index + 1)"
            let key = try key(member.key, place)
            items.append(AuthInfo(key: key, value: try self.value(member.value, as: nil, of: key, place)))
        }
        return items
    }

    private mutating func read(_ elements: [JSONValue]) throws(Diagnostic) -> [AuthInfo] {
        var items: [AuthInfo] = []
        for (index, element) in elements.enumerated() {
            let place = "item \(index + 1)"
            guard case .object(let members) = element else {
                throw Diagnostic(.authMalformed, "\(place) is \(element.kind), not an object like {\"k\":…,\"sv\":…}")
            }
            items.append(try read(item: members.filter { $0.value != .null }, place))
        }
        return items
    }

    private mutating func read(item members: [JSONMember], _ place: String) throws(Diagnostic) -> AuthInfo {
        guard let keyMember = members.first(where: { $0.key == "k" }) else {
            throw Diagnostic(.authMalformed, "\(place) has no key 'k'")
        }
        guard case .string(let text) = keyMember.value else {
            throw Diagnostic(.authMalformed, "\(place) has \(keyMember.value.kind) as its key 'k', not a text")
        }
        let key = try key(text, place)
        let values = members.filter { $0.key != "k" }
        guard values.count == 1, let type = AuthReader.types[values[0].key] else {
            throw Diagnostic(.authMalformed, "\(place) must have, beside 'k', exactly one of 'iv', 'sv' and 'bv'")
        }
        return AuthInfo(key: key, value: try value(values[0].value, as: type, of: key, place))
    }

    private static let types: [String: AuthType] = ["iv": .int, "sv": .string, "bv": .bool]

    private func key(_ text: String, _ place: String) throws(Diagnostic) -> String {
        var text = text
        let key = text.withUTF8 { Whitespace.trimmed($0).text }
        guard !key.isEmpty else { throw Diagnostic(.authMalformed, "\(place) has an empty key") }
        if text.withUTF8({ CellText.controlCharacter(in: $0) }) != nil {
            throw Diagnostic(.authMalformed, "there is a control character inside the key of \(place)")
        }
        return key
    }

    /// The typed value of an item.
    ///
    /// - Parameter type: what it must be; nil takes it by its own type.
    private mutating func value(
        _ value: JSONValue, as type: AuthType?, of key: String, _ place: String
    ) throws(Diagnostic) -> AuthInfo.Value {
        switch (value, type) {
        case (.boolean(let value), .bool), (.boolean(let value), nil): return .boolean(value)
        case (.number, .int), (.number, nil):
            if let number = value.integer { return .integer(number) }
            throw Diagnostic(.authMalformed, "the number of \(place) is no whole number of 64 bits")
        case (.string(let text), .string), (.string(let text), nil):
            return .string(try string(Array(text.utf8), of: key, place))
        default:
            throw Diagnostic(.authMalformed, "the value of \(place) is \(value.kind), which is the wrong type")
        }
    }

    private mutating func string(
        _ bytes: [UInt8], of key: String, _ place: String
    ) throws(Diagnostic) -> Secret {
        try bytes.withUnsafeBufferPointer { bytes throws(Diagnostic) in
            try string(Whitespace.trimmed(bytes), of: key, place)
        }
    }

    private mutating func string(_ text: Bytes, of key: String, _ place: String) throws(Diagnostic) -> Secret {
        if Self.isNumber(text, of: key) {
            notes.doubts.append(
                Diagnostic(
                    .authNumberAsText, severity: .warning,
                    "\(place) sends a number as a text: use 'iv' to send it as a number"))
        }
        return try text.isEmpty ? Secret("") : secret(text)
    }

    private mutating func secret(_ text: Bytes) throws(Diagnostic) -> Secret {
        try secrets.secret(text, for: .auth, notes: &notes)
    }
}
