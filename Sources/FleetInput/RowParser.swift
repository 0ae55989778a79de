import Platform
import FleetModel
import TabularText

/// Judges rows one by one: what each says, and everything that is wrong with it.
///
/// Confined to one thread; it keeps nothing of a row but its diagnostics.
struct RowParser: ~Copyable {
    /// What is wrong with the row read last, warnings included.
    private(set) var diagnostics: [Diagnostic] = []
    let secrets: SecretReader
    let credentials: CredentialBook
    let allowsPlainHTTP: Bool
    private let isStrict: Bool
    var providerAdvice = ProviderAdvice()
    let scratch = HostName.makeScratch()
    private var position = RowPosition(row: 0, line: 0)
    private var errorCount = 0

    /// - Parameters:
    ///   - settings: what is allowed, and where credentials come from.
    ///   - secrets: opens the secrets of the rows.
    init(_ settings: InputSettings, _ secrets: SecretReader) {
        self.secrets = secrets
        credentials = settings.credentials
        allowsPlainHTTP = settings.allowsPlainHTTP
        isStrict = settings.isStrict
    }

    deinit {
        scratch.deallocate()
    }

    /// Reads a row.
    ///
    /// - Returns: what the row says; the name of its host is borrowed until the next row is read.
    mutating func read(_ cells: borrowing RowCells, at position: RowPosition) -> ParsedRow {
        start(at: position)
        for (column, diagnostic) in cells.diagnostics { add(diagnostic, column.map { cells.names[$0] }) }
        var row = ParsedRow()
        let own = diagnostics.count
        readAddress(cells, &row)
        readID(cells, &row)
        if cells.isShifted {
            // What else is wrong would quote cells that may hold what belongs into a secret one.
            diagnostics.removeLast(diagnostics.count - own)
            return row
        }
        readEdit(cells, &row)
        readCredentials(cells, &row)
        row.isValid = errorCount == 0 && row.url != nil && row.id != nil && row.credentials != nil
        return row
    }

    /// Begins a row about which nothing is known yet.
    mutating func start(at position: RowPosition) {
        self.position = position
        errorCount = 0
        if !diagnostics.isEmpty { diagnostics.removeAll(keepingCapacity: true) }
    }

    /// Notes what is wrong with the row that was begun last.
    mutating func add(_ diagnostic: Diagnostic, _ column: String?) {
        let diagnostic = isStrict ? diagnostic.strict : diagnostic
        if diagnostic.severity == .row { errorCount += 1 }
        diagnostics.append(diagnostic.placed(row: position.row, line: position.line, column: column))
    }

    /// Notes what is doubtful about a column.
    mutating func warn(_ doubts: [Diagnostic], _ column: String) {
        for doubt in doubts { add(doubt, column) }
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

extension RowCells.Cell {
    /// The bytes of a value that must be text, which only in JSON lines it may not be.
    func text() throws(Diagnostic) -> Bytes {
        if kind == .text { return bytes }
        throw Diagnostic(.jsonType, "\(kind.title) stands where a text should be: put it in quotes")
    }
}

extension RowCells.Kind {
    /// What JSON calls it, for messages.
    var title: String {
        switch self {
        case .text: "a text"
        case .number: "a number"
        case .boolean: "a boolean"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// What a row says, as far as it could be read.
struct ParsedRow: ~Copyable {
    /// The host's name is borrowed from the reader's scratch space.
    var url: BaseURL?
    var apiPath = PBXAddress.defaultAPIPath
    /// The certificate's id; nil when it is missing or malformed.
    var id: Int64?
    // What is to be edited, as in CertificateEdit.
    var name: String?
    var issueTo: String?
    var autoRenewal: Bool?
    var dnsProvider: String?
    var authInfo: [AuthInfo]?
    var credentials: Credentials?
    var tlsPin: String?
    /// Whether nothing is wrong with the row itself; that an earlier row is the same is not known here.
    var isValid = false

    /// The row made ready to run; nil when something is wrong with it.
    func job(at position: RowPosition) -> Job? {
        guard isValid, let url, let id, let credentials else { return nil }
        let edit = CertificateEdit(
            id: id, name: name, issueTo: issueTo, autoRenewal: autoRenewal, dnsProvider: dnsProvider, authInfo: authInfo
        )
        let address = PBXAddress(scheme: url.scheme, host: url.host, apiPath: apiPath)
        return Job(position: position, address: address, credentials: credentials, tlsPin: tlsPin, edit: edit)
    }
}
