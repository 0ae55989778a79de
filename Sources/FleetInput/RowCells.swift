import FleetModel
import JSONText
import Platform
import TabularText

/// The cells of one row by what they mean, without blanks at their ends; empty ones are absent.
///
/// The same for CSV and JSON lines, so that one reader judges both. The bytes are borrowed from a ``CellBuffer``.
struct RowCells: ~Copyable {
    /// One value.
    struct Cell {
        let bytes: Bytes
        let kind: Kind
        /// Index of its column among ``RowCells/names``.
        let column: Int
    }

    /// What a value is in JSON; whatever a CSV holds is text.
    enum Kind: UInt8 {
        case text, number, boolean, array, object
    }

    /// A value of the auth list that has a column or member of its own.
    struct AuthCell {
        let key: String
        let type: AuthType
        let cell: Cell
    }

    /// The names as the input writes them.
    private(set) var names: [String]
    private(set) var auth: [AuthCell] = []
    /// What is wrong with the cells themselves, before anything is read in them.
    private(set) var diagnostics: [(column: Int?, diagnostic: Diagnostic)] = []
    /// For JSON lines, the values in the order of ``names``.
    private(set) var values: [JSONValue] = []
    /// Whether something that was meant for the auth list could not be read as part of it.
    private(set) var hasUnreadableAuth = false
    /// Whether the row has too many cells, so that nobody knows which of them stands under the wrong name.
    private(set) var isShifted = false
    private let fields = UnsafeMutablePointer<Cell?>.allocate(capacity: Field.allCases.count)
    private var columns: [Int?] = Array(repeating: nil, count: Field.allCases.count)
    /// The user's own keys that were looked at.
    private var own: Set<String> = []
    /// Own keys to look at; a file with more has keys that do not repeat.
    private static let ownLimit = 1024
    private let choices: ColumnChoices
    /// Whether the rows are those of a CSV.
    let isCSV: Bool
    // Of the map of a CSV, each by itself: taking the map apart for each row would cost more than reading it.
    private let fieldColumns: [(column: Int, field: Field)]
    private let authColumns: [ColumnMap.AuthColumn]
    private let nameless: [Int]
    /// Columns of the header.
    private let width: Int
    private let fillings: [ColumnChoices.Filling]
    /// The texts of ``fillings``.
    private var filling = CellBuffer(capacity: 16)

    /// Cells of CSV rows under a header.
    init(_ map: ColumnMap, _ choices: ColumnChoices) {
        isCSV = true
        width = map.names.count
        self.choices = choices
        fillings = choices.fillings
        for value in fillings { filling.append(value.text) }
        fieldColumns = map.fields
        authColumns = map.auth
        nameless = map.nameless
        fields.initialize(repeating: nil, count: Field.allCases.count)
        names = map.names
        hasUnreadableAuth = map.diagnostics.contains { $0.code == .headerAuthMalformed }
        for (column, field) in map.fields { columns[field.rawValue] = column }
        // The names behind the header's are those of filled columns that the file has not.
        for value in fillings { names.append(value.title) }
    }

    /// Cells of JSON lines.
    init(_ choices: ColumnChoices) {
        isCSV = false
        width = 0
        self.choices = choices
        fillings = choices.fillings
        for value in fillings { filling.append(value.text) }
        fieldColumns = []
        authColumns = []
        nameless = []
        fields.initialize(repeating: nil, count: Field.allCases.count)
        names = []
    }

    deinit {
        fields.deallocate()
    }

    subscript(field: Field) -> Cell? { fields[field.rawValue] }

    /// What to call a field of which the row has no value.
    func name(of field: Field) -> String { columns[field.rawValue].map { names[$0] } ?? field.columnName }

    /// Whether the row could have a value: in a CSV there is a column for it.
    func canHave(_ field: Field) -> Bool { !isCSV || columns[field.rawValue] != nil }

    /// Whether what stands under a name comes from the command line.
    func isFilled(_ column: Int) -> Bool { column >= (isCSV ? width : values.count) }

    /// The value of JSON lines that a cell was made of; nil for one that is text alone.
    func value(of cell: Cell) -> JSONValue? { cell.column < values.count ? values[cell.column] : nil }

    /// Whether the row gives credentials for a DNS provider, or was meant to.
    var hasAuth: Bool { !auth.isEmpty || self[.authInfoList] != nil || self[.authObject] != nil || hasUnreadableAuth }

    /// Takes the cells of a CSV row.
    ///
    /// - Parameter isUnended: whether the text ends with the row, without a line end.
    /// - Returns: whether there is anything in the row; one that is wholly empty is none.
    mutating func take(_ record: Record, isUnended: Bool) -> Bool {
        clear()
        var isEmpty = true
        for (column, field) in fieldColumns {
            let bytes = column < record.count ? Whitespace.trimmed(record[column]) : Bytes(start: nil, count: 0)
            fields[field.rawValue] = bytes.isEmpty ? nil : Cell(bytes: bytes, kind: .text, column: column)
            if !bytes.isEmpty { isEmpty = false }
        }
        for column in authColumns where column.column < record.count {
            let bytes = Whitespace.trimmed(record[column.column])
            guard !bytes.isEmpty else { continue }
            let cell = Cell(bytes: bytes, kind: .text, column: column.column)
            auth.append(AuthCell(key: column.key, type: column.type, cell: cell))
            isEmpty = false
        }
        if record.count > width || !nameless.isEmpty { checkStrays(record) }
        if isEmpty, record.isBlank { return false }
        if isUnended, record.count < width { diagnostics.append((nil, Self.cutShort)) }
        if !fillings.isEmpty { fill(from: width) }
        return true
    }

    /// Fills the empty cells of the columns for which the command line has a value.
    ///
    /// - Parameter start: the place of the first of these columns among the names.
    private mutating func fill(from start: Int) {
        for (index, value) in fillings.enumerated() {
            let bytes = filling.record(0..<fillings.count)[index]
            switch value.meaning {
            case .field(let field):
                let column = columns[field.rawValue] ?? start + index
                if fields[field.rawValue] == nil {
                    fields[field.rawValue] = Cell(bytes: bytes, kind: .text, column: start + index)
                }
                columns[field.rawValue] = column
            case .auth(let key, let type):
                guard !auth.contains(where: { $0.key.isSame(as: key) }) else { continue }
                auth.append(
                    AuthCell(key: key, type: type, cell: Cell(bytes: bytes, kind: .text, column: start + index)))
            case .result, .other, .nameless, .nearMiss, .badAuth: break
            }
        }
    }

    private static let cutShort = Diagnostic(
        .rowCutShort, severity: .warning,
        "the last row has fewer cells than the header, and no line end: was the file cut off?")

    private mutating func checkStrays(_ record: Record) {
        for column in nameless {
            guard column < record.count else { break }
            guard !Whitespace.trimmed(record[column]).isEmpty else { continue }
            addDiagnostic(nil, .cellWithoutName, "cell \(column + 1) holds a value, but its column has no name")
        }
        guard record.isShifted(under: width) else { return }
        let counts = "the row has \(record.count) cells, the header \(width)"
        isShifted = true
        addDiagnostic(
            nil, .cellsTooMany, "\(counts): is there a cell too many, or a delimiter without quotes round it?")
    }

    /// Takes the members of a JSON object.
    mutating func take(_ members: [JSONMember], _ meanings: inout MemberMeanings, _ buffer: inout CellBuffer) {
        clear()
        fields.update(repeating: nil, count: Field.allCases.count)
        columns = Array(repeating: nil, count: columns.count)
        hasUnreadableAuth = false
        names = members.map(\.key)
        values = members.map(\.value)
        // First the bytes, then the cells: cells must not be borrowed from a buffer that still grows.
        buffer.removeAll()
        for value in values { buffer.append(value.cellText) }
        let record = buffer.record(0..<buffer.count)
        var newOwn: [Int] = []
        for column in values.indices {
            let meaning = meanings[names[column]]
            take(column, meaning, Whitespace.trimmed(record[column]))
            if meaning == .other, isNewOwn(names[column]) { newOwn.append(column) }
        }
        if !newOwn.isEmpty { tellOwn(newOwn, &meanings) }
        guard !fillings.isEmpty else { return }
        names += fillings.map(\.title)
        fill(from: values.count)
    }

    private mutating func take(_ column: Int, _ meaning: ColumnMeaning, _ bytes: Bytes) {
        let kind = values[column].cellKind
        let cell = kind.flatMap { kind in
            kind == .text && bytes.isEmpty ? nil : Cell(bytes: bytes, kind: kind, column: column)
        }
        switch meaning {
        case .result, .other: break
        case .nameless:
            if cell != nil { addDiagnostic(nil, .cellWithoutName, "a member without a name holds a value") }
        case .nearMiss(let field):
            addDiagnostic(column, .keyNearMiss, "this is no known key: did you mean '\(field.columnName)'?")
            // Read as what it probably is, so that what else is wrong with the row still comes out.
            if fields[field.rawValue] == nil { fields[field.rawValue] = cell }
        case .badAuth(let what):
            addDiagnostic(column, .keyMalformed, what)
            hasUnreadableAuth = true
        case .auth(let key, let type):
            if let cell { auth.append(AuthCell(key: key, type: type, cell: cell)) }
        case .field(let field):
            if let earlier = columns[field.rawValue] {
                let names = [earlier, column].map { Quotation.of(self.names[$0].utf8) }.joined(separator: " and ")
                addDiagnostic(nil, .keyRepeated, "keys \(names) mean the same: keep one of them")
            } else {
                columns[field.rawValue] = column
                fields[field.rawValue] = cell
            }
        }
    }

    /// Once for each name, for it is so on every line.
    private mutating func isNewOwn(_ name: String) -> Bool {
        !choices.namesHostsOnly && own.count < Self.ownLimit && own.insert(name).inserted
    }

    /// Warns of keys of the user's own whose names mean something.
    private mutating func tellOwn(_ own: [Int], _ meanings: inout MemberMeanings) {
        var titles = fillings.map(\.title)
        for name in names { if let title = meanings[name].title { titles.append(title) } }
        let hasPassword = own.contains { ColumnMeaning.isPassword(names[$0]) }
        for column in own where !choices.isChosen(names[column]) {
            let name = names[column]
            let doubt = ColumnMeaning.doubt(aboutOwn: name, beside: titles, besidePassword: hasPassword)
            if let doubt { diagnostics.append((column, Diagnostic(doubt.code, severity: .warning, doubt.message))) }
        }
    }

    private mutating func addDiagnostic(_ column: Int?, _ code: Diagnostic.Code, _ message: String) {
        diagnostics.append((column, Diagnostic(code, message)))
    }

    private mutating func clear() {
        if !auth.isEmpty { auth.removeAll(keepingCapacity: true) }
        if !diagnostics.isEmpty { diagnostics.removeAll() }
        isShifted = false
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

/// What a row says, as far as it could be read: bytes are borrowed from its cells.
struct ParsedRow: ~Copyable {
    /// The host's name is borrowed from the reader's scratch space.
    var url: AddressCell?
    var apiPath = PBXAddress.defaultAPIPath
    /// The certificate's id, below 0 when ``match`` says which one; nil when it is missing or malformed.
    var id: Int64?
    var match: CertificateMatch?
    // What is to be edited, as in CertificateEdit.
    var name: Bytes?
    var file: CertificateFile?
    var issueTo: Bytes?
    var autoRenewal: Bool?
    var dnsProvider: Bytes?
    var authInfo: [AuthInfo]?
    var credentials: Credentials?
    var tlsPin: String?
    var credentialCells: CredentialCells?
    /// Whether nothing is wrong with the row itself; that an earlier row is the same is not known here.
    var isValid = false

    /// The row made ready to run; nil when something is wrong with it.
    func job(at position: RowPosition) -> Job? {
        guard isValid, let url, let id, let credentials else { return nil }
        let edit = CertificateEdit(
            id: match == nil ? id : 0, name: name?.text, file: file, issueTo: issueTo?.text, autoRenewal: autoRenewal,
            dnsProvider: dnsProvider?.text, authInfo: authInfo)
        let address = PBXAddress(scheme: url.scheme, host: url.host, apiPath: apiPath)
        return Job(
            position: position, address: address, credentials: credentials, tlsPin: tlsPin, edit: edit, match: match,
            cells: credentialCells)
    }
}

extension Record {
    /// Whether something stands behind the last column of a header, so that cells may stand under the wrong names.
    ///
    /// - Parameter width: how many cells the header has.
    func isShifted(under width: Int) -> Bool {
        (width..<max(count, width)).contains { !Whitespace.trimmed(self[$0]).isEmpty }
    }
}
