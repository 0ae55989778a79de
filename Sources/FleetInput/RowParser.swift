import FleetModel
import Platform
import TabularText

/// Judges rows one by one: what each says, and everything that is wrong with it.
///
/// Confined to one thread; it keeps nothing of a row but its diagnostics.
struct RowParser: ~Copyable {
    /// What is wrong with the row read last, warnings included.
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var secrets: SecretReader
    let credentials: CredentialBook
    let allowsPlainHTTP: Bool
    private let isStrict: Bool
    private let namesHostsOnly: Bool
    let needsCredentials: Bool
    let keepsCells: Bool
    let keepsSecrets: Bool
    var providerAdvice = ProviderAdvice()
    let scratch = HostName.makeScratch()
    /// Whether a secret stood in a cell of the input itself so far.
    private(set) var hasPlainSecret = false
    /// What is to be said of secret files, once for each: with the column that names it.
    private(set) var exposures: [(column: String, diagnostic: Diagnostic)] = []
    /// Where the secrets of the row come from.
    private var sources: [(column: Int, source: SecretNotes.Source)] = []
    private var position = RowPosition(row: 0, line: 0)
    private var sheetRow = 0
    private var errorCount = 0

    /// - Parameter onlyJudges: whether no jobs are made of the rows.
    init(_ settings: InputSettings, _ secrets: SecretReader, onlyJudges: Bool) {
        self.secrets = secrets
        self.secrets.onlyJudges = onlyJudges
        credentials = settings.credentials
        allowsPlainHTTP = settings.allowsPlainHTTP
        isStrict = settings.isStrict
        namesHostsOnly = settings.namesHostsOnly
        needsCredentials = settings.needsCredentials
        keepsCells = settings.keepsCells
        keepsSecrets = settings.keepsSecrets
    }

    deinit {
        scratch.deallocate()
    }

    /// Reads a row; the name of its host is borrowed until the next one is read.
    ///
    /// - Parameter sheetRow: the row as a spreadsheet counts it, for diagnostics; 0 where none does.
    mutating func read(_ cells: borrowing RowCells, at position: RowPosition, sheetRow: Int = 0) -> ParsedRow {
        start(at: position, sheetRow: sheetRow)
        for (column, diagnostic) in cells.diagnostics { add(diagnostic, column.map { cells.names[$0] }) }
        var row = ParsedRow()
        let own = diagnostics.count
        readAddress(cells, &row)
        if namesHostsOnly { row.id = 1 } else { readCertificate(cells, &row) }
        guard PassThrough.mayQuote(cells) else {
            diagnostics.removeLast(diagnostics.count - own)
            return row
        }
        if !namesHostsOnly { readEdit(cells, &row) }
        readCredentials(cells, &row)
        row.isValid = errorCount == 0 && row.url != nil && row.id != nil && row.credentials != nil
        return row
    }

    /// Begins a row about which nothing is known yet.
    mutating func start(at position: RowPosition, sheetRow: Int = 0) {
        self.position = position
        self.sheetRow = sheetRow
        errorCount = 0
        if !sources.isEmpty { sources.removeAll(keepingCapacity: true) }
        if !exposures.isEmpty { exposures.removeAll() }
        if !diagnostics.isEmpty { diagnostics.removeAll(keepingCapacity: true) }
    }

    /// Notes what is wrong with the row that was begun last.
    mutating func add(_ diagnostic: Diagnostic, _ column: String?) {
        let diagnostic = isStrict ? diagnostic.strict : diagnostic
        if diagnostic.severity == .row { errorCount += 1 }
        diagnostics.append(
            diagnostic.placed(row: position.row, line: position.line, sheetRow: sheetRow, column: column))
    }

    /// Takes what there is to say of the secrets of a column.
    mutating func take(_ notes: SecretNotes, _ column: Int, _ cells: borrowing RowCells) {
        if notes.isPlain, !cells.isFilled(column) { hasPlainSecret = true }
        if !notes.isEmpty { takeRare(notes, column, cells) }
    }

    private mutating func takeRare(_ notes: SecretNotes, _ column: Int, _ cells: borrowing RowCells) {
        for doubt in notes.doubts { add(doubt, cells.names[column]) }
        for source in notes.sources {
            if let exposure = source.exposure { exposures.append((cells.names[column], exposure)) }
            if let earlier = sources.first(where: { $0.source.isSame(as: source) }) {
                let place =
                    earlier.column == column
                    ? "another value" : "column \(Quotation.of(cells.names[earlier.column].utf8))"
                let message = "this is read from the same \(source.kind) as \(place)"
                add(Diagnostic(.sameSource, severity: .warning, message), cells.names[column])
            } else {
                sources.append((column, source))
            }
        }
    }

    /// What `read` makes of a cell, or nil and a diagnostic of its column.
    @inline(__always)
    mutating func value<Value>(
        of cell: RowCells.Cell, _ cells: borrowing RowCells, _ read: (RowCells.Cell) throws(Diagnostic) -> Value
    ) -> Value? {
        do throws(Diagnostic) {
            return try read(cell)
        } catch {
            add(error, cells.names[cell.column])
            return nil
        }
    }
}

/// Whom a row is about: the PBX and the certificate.
extension RowParser {
    mutating func readAddress(_ cells: borrowing RowCells, _ row: inout ParsedRow) {
        // With a path of the API that cannot be read, any may be meant.
        var path: String? = row.apiPath
        if let cell = cells[.apiPath] {
            path = value(of: cell, cells) { cell throws(Diagnostic) in try APIPath.read(try cell.text()) }
            if let path {
                row.apiPath = path
                warn(ofLeftoverIn: cell, cells)
            }
        }
        if let cell = cells[.baseURL] {
            row.url = readURL(cell, behindIt: path, cells)
        } else if cells.canHave(.baseURL) {
            add(Diagnostic(.baseURLMissing, "the address of the PBX is missing"), cells.name(of: .baseURL))
        }
        if let cell = cells[.tlsPin] {
            row.tlsPin = value(of: cell, cells) { cell throws(Diagnostic) in try Self.pin(try cell.text()) }
        }
    }

    private mutating func readURL(
        _ cell: RowCells.Cell, behindIt apiPath: String?, _ cells: borrowing RowCells
    ) -> AddressCell? {
        let scratch = scratch
        let url = value(of: cell, cells) { cell throws(Diagnostic) in
            try AddressCell(try cell.text(), apiPath: apiPath, scratch: scratch)
        }
        guard let url else { return nil }
        warn(ofLeftoverIn: cell, cells)
        if !allowsPlainHTTP, case .http = url.scheme, !HostForm(url.name).isLoopback {
            let message = "plain http would send credentials in the clear: use https, or allow it by --allow-plain-http"
            add(Diagnostic(.plainHTTP, message), cells.names[cell.column])
        }
        return url
    }

    private mutating func warn(ofLeftoverIn cell: RowCells.Cell, _ cells: borrowing RowCells) {
        if let doubt = LeftBehind.doubt(cell.bytes) { add(doubt, cells.names[cell.column]) }
    }

    private static func pin(_ cell: Bytes) throws(Diagnostic) -> String {
        let pin = cell.text
        if PublicKeyPin.isWellFormed(pin) { return pin }
        throw Diagnostic(.tlsPinMalformed, "a pin is 'sha256//' and the base64 text of 32 bytes (44 characters)")
    }

    /// Whether a row names a host that is selected; nothing is noted.
    func isHost(of cells: borrowing RowCells, in selection: Selection) -> Bool {
        do throws(Diagnostic) {
            guard let text = try cells[.baseURL]?.text() else { return selection.includes(nil) }
            return selection.includes(try AddressCell(text, apiPath: nil, scratch: scratch).name)
        } catch {
            return selection.includes(nil)
        }
    }

    mutating func readID(_ cells: borrowing RowCells, _ row: inout ParsedRow) {
        guard let cell = cells[.id] else {
            if cells.canHave(.id) {
                add(Diagnostic(.idMissing, "the certificate's id is missing"), cells.name(of: .id))
            }
            return
        }
        row.id = value(of: cell, cells) { cell throws(Diagnostic) in
            switch cell.kind {
            case .text, .number: break
            case .boolean, .array, .object: throw Diagnostic(.idMalformed, "\(cell.kind.title) is no certificate id")
            }
            let id = cell.kind == .text ? WholeNumber.read(cell.bytes) : WholeNumber.readJSON(cell.bytes)
            guard let id else {
                let reason = WholeNumber.reason(against: cell.bytes)
                throw Diagnostic(.idMalformed, "\(PassThrough.quoted(cell.bytes, of: .id)) \(reason)")
            }
            guard id >= 1 else {
                throw Diagnostic(.idMalformed, "\(PassThrough.quoted(cell.bytes, of: .id)) is less than 1")
            }
            return id
        }
    }

    /// Reads which certificate a row means: by its id, or by what it is.
    mutating func readCertificate(_ cells: borrowing RowCells, _ row: inout ParsedRow) {
        guard let cell = cells[.match] else { return readID(cells, &row) }
        if cells[.id] != nil {
            let names = [cells.name(of: .id), cells.names[cell.column]].map { Quotation.of($0.utf8) }
            let message = "\(names.joined(separator: " and ")) are both given: a row takes one of them"
            return add(Diagnostic(.idAndMatch, message), nil)
        }
        row.match = value(of: cell, cells) { cell throws(Diagnostic) in
            guard let match = CertificateMatch(try CellText.match.read(try cell.text()).text) else {
                throw Diagnostic(
                    .matchMalformed,
                    "\(PassThrough.quoted(cell.bytes, of: .match)) is none of issue_to=NAME, name=FILE and only")
            }
            if let text = Self.text(ofMatch: cell.bytes) { try CellText.refuseMarks(text) }
            return match
        }
        row.id = row.match?.number
        if row.match != nil, let text = Self.text(ofMatch: cell.bytes), let doubt = LeftBehind.doubt(text) {
            add(doubt, cells.names[cell.column])
        }
    }

    /// What stands behind the sign of a match; nil for nothing.
    private static func text(ofMatch cell: Bytes) -> Bytes? {
        let text = Whitespace.trimmed(Bytes(rebasing: cell.drop { $0 != UInt8(ascii: "=") }.dropFirst()))
        return text.isEmpty ? nil : text
    }
}

/// What a row wants edited.
///
/// Source of the rules: the PBX's `certificate/update` call.
extension RowParser {
    mutating func readEdit(_ cells: borrowing RowCells, _ row: inout ParsedRow) {
        row.autoRenewal = readBoolean(cells)
        row.name = readText(.name, as: .name, cells)
        row.issueTo = readText(.issueTo, as: .issueTo, cells)
        row.dnsProvider = readText(.dnsProvider, as: .dnsProvider, cells)
        row.file = readFile(cells, for: row.issueTo?.text)
        let known = errorCount
        row.authInfo = readAuth(cells)
        let isAuthRead = errorCount == known
        if let provider = row.dnsProvider { warn(aboutProvider: provider, isAuthRead ? row.authInfo : nil, cells) }
        if row.autoRenewal == true { checkRenewal(cells, row) }
        if let file = row.file { checkKey(of: file, cells, row.match) }
        if !hasEdit(cells) {
            add(Diagnostic(.nothingToEdit, "there is nothing to edit: no column of the certificate is set"), nil)
        }
    }

    private mutating func readBoolean(_ cells: borrowing RowCells) -> Bool? {
        guard let cell = cells[.autoRenewal] else { return nil }
        return value(of: cell, cells) { cell throws(Diagnostic) in
            switch cell.kind {
            case .text, .boolean:
                if let value = BooleanWord.read(cell.bytes) { return value }
            case .number:
                if let number = WholeNumber.readJSON(cell.bytes), number == 0 || number == 1 { return number == 1 }
            case .array, .object:
                throw Diagnostic(.autoRenewalMalformed, "\(cell.kind.title) is none of \(BooleanWord.list)")
            }
            throw Diagnostic(
                .autoRenewalMalformed,
                "\(PassThrough.quoted(cell.bytes, of: .autoRenewal)) is none of \(BooleanWord.list)")
        }
    }

    private mutating func readText(_ field: Field, as rule: CellText, _ cells: borrowing RowCells) -> Bytes? {
        guard let cell = cells[field] else { return nil }
        let text = value(of: cell, cells) { cell throws(Diagnostic) in try rule.read(try cell.text()) }
        if let text, !text.isEmpty, let doubt = Self.doubt(cell.bytes, field) { add(doubt, cells.names[cell.column]) }
        return text
    }

    private static func doubt(_ cell: Bytes, _ field: Field) -> Diagnostic? {
        if field == .name, cell[0] == UInt8(ascii: "'") {
            let message = "the file name starts with an apostrophe, which may be a spreadsheet's mark for text"
            return Diagnostic(.apostrophe, severity: .warning, message)
        }
        if let doubt = LeftBehind.doubt(cell) { return doubt }
        switch field {
        case .name: return NameDoubt.file(cell)
        case .issueTo: return NameDoubt.domain(cell)
        default: return nil
        }
    }

    private mutating func warn(
        aboutProvider provider: Bytes, _ auth: [AuthInfo]?, _ cells: borrowing RowCells
    ) {
        // What is doubtful as a value was told already.
        guard !provider.isEmpty, let cell = cells[.dnsProvider], LeftBehind.doubt(cell.bytes) == nil else { return }
        if let advice = providerAdvice.about(provider) {
            add(Diagnostic(.dnsProviderUnknown, severity: .warning, advice), cells.name(of: .dnsProvider))
        } else if let auth {
            let list = cells[.authInfoList] ?? cells[.authObject]
            for (key, doubt) in providerAdvice.doubts(about: auth) {
                let cell = key == nil ? nil : cells.auth.first { $0.key == key }?.cell ?? list
                add(doubt, cell.map { cells.names[$0.column] })
            }
        }
    }

    /// Renewal needs a provider and its credentials in the same request.
    private mutating func checkRenewal(_ cells: borrowing RowCells, _ row: borrowing ParsedRow) {
        if cells[.dnsProvider] == nil || row.dnsProvider?.isEmpty == true {
            let message = "is missing while auto-renewal is switched on: the PBX wants it in the same request"
            add(Diagnostic(.dnsProviderMissing, message), cells.name(of: .dnsProvider))
        }
        if !cells.hasAuth || cells.auth.isEmpty && row.authInfo?.isEmpty == true {
            let message =
                "the credentials of the DNS provider ('auth.KEY' or 'auth_info_list') are missing while auto-renewal "
                + "is switched on: the PBX wants them in the same request"
            add(Diagnostic(.authMissing, message), nil)
        }
    }

    private func hasEdit(_ cells: borrowing RowCells) -> Bool {
        cells[.autoRenewal] != nil || cells[.name] != nil || cells[.issueTo] != nil || cells[.dnsProvider] != nil
            || cells[.certFile] != nil || cells.hasAuth
    }
}

/// What certificates are for and what their files are called: names that are neither are doubtful.
enum NameDoubt {
    /// What is doubtful about a domain name; a wildcard is one.
    static func domain(_ cell: Bytes) -> Diagnostic? {
        guard !isDomain(cell.starts(with: "*.") ? cell.part(2..<cell.count) : cell) else { return nil }
        return Diagnostic(
            .domainDoubtful, severity: .warning,
            "\(PassThrough.quoted(cell, of: .issueTo)) is no domain name: write one like pbx.example.com or *.example.com, letters beyond "
                + "ASCII in their 'xn--' form")
    }

    private static func isDomain(_ name: Bytes) -> Bool {
        var start = 0
        var isNumber = true
        for index in 0...name.count {
            let byte = index < name.count ? name[index] : UInt8(ascii: ".")
            if byte == UInt8(ascii: ".") {
                guard index > start, index - start <= 63, name[start] != UInt8(ascii: "-"),
                    name[index - 1] != UInt8(ascii: "-")
                else { return false }
                start = index + 1
                if index < name.count { isNumber = true }
            } else if !byte.isDigit {
                guard byte.isLetter || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") else { return false }
                isNumber = false
            }
        }
        return !isNumber && name.count <= HostName.limit
    }

    /// What is doubtful about the name of a certificate's file.
    static func file(_ cell: Bytes) -> Diagnostic? {
        if cell.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }) {
            return Diagnostic(
                .fileNameDoubtful, severity: .warning,
                "\(PassThrough.quoted(cell, of: .name)) is a path, and 'name' takes the name of a file that the PBX has: "
                    + "a file of this machine goes into 'cert_file'")
        }
        if let dot = cell.lastIndex(of: UInt8(ascii: ".")) {
            let ending = cell.part(dot + 1..<cell.count)
            for known in endings where ending.equalsIgnoringCase(known) { return nil }
        }
        return Diagnostic(
            .fileNameDoubtful, severity: .warning,
            "\(PassThrough.quoted(cell, of: .name)) would be sent as the name of the certificate's file, but does not end as one does (.pem, "
                + ".crt, .key …): if the column is your own, give it another name")
    }

    private static let endings: [StaticString] = [
        "pem", "crt", "cer", "cert", "der", "key", "p12", "pfx", "p7b", "p7c", "csr", "jks",
    ]
}
