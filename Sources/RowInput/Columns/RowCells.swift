import Platform
import JSONText
import FleetModel

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
    /// What the cells themselves are at fault for, before anything is read in them.
    private(set) var flaws: [(column: Int?, flaw: Flaw)] = []
    /// For JSON lines, the values in the order of ``names``.
    private(set) var values: [JSONValue] = []
    /// Whether something that was meant for the auth list could not be read as part of it.
    private(set) var hasUnreadableAuth = false
    /// Whether the row has too many cells, so that nobody knows which of them stands under the wrong name.
    private(set) var isShifted = false
    private let fields = UnsafeMutablePointer<Cell?>.allocate(capacity: Field.allCases.count)
    private var columns: [Int?] = Array(repeating: nil, count: Field.allCases.count)
    /// Whether the rows are those of a CSV.
    let isCSV: Bool
    // Of the map of a CSV, each by itself: taking the map apart for each row would cost more than reading it.
    private let fieldColumns: [(column: Int, field: Field)]
    private let authColumns: [ColumnMap.AuthColumn]
    private let nameless: [Int]

    /// Cells of CSV rows under a header.
    init(_ map: ColumnMap) {
        isCSV = true
        fieldColumns = map.fields
        authColumns = map.auth
        nameless = map.nameless
        fields.initialize(repeating: nil, count: Field.allCases.count)
        names = map.names
        hasUnreadableAuth = map.problems.contains { $0.code == .headerAuthMalformed }
        for (column, field) in map.fields { columns[field.rawValue] = column }
    }

    /// Cells of JSON lines.
    init() {
        isCSV = false
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

    /// Whether the row gives credentials for a DNS provider, or was meant to.
    var hasAuth: Bool { !auth.isEmpty || self[.authInfoList] != nil || self[.authObject] != nil || hasUnreadableAuth }

    /// Takes the cells of a CSV row.
    ///
    /// - Returns: whether there is anything in the row; one that is wholly empty is none.
    mutating func take(_ record: Record) -> Bool {
        clear()
        var isEmpty = true
        for (column, field) in fieldColumns {
            let bytes = column < record.count ? Blanks.trimmed(record[column]) : Bytes(start: nil, count: 0)
            fields[field.rawValue] = bytes.isEmpty ? nil : Cell(bytes: bytes, kind: .text, column: column)
            if !bytes.isEmpty { isEmpty = false }
        }
        for column in authColumns where column.column < record.count {
            let bytes = Blanks.trimmed(record[column.column])
            guard !bytes.isEmpty else { continue }
            let cell = Cell(bytes: bytes, kind: .text, column: column.column)
            auth.append(AuthCell(key: column.key, type: column.type, cell: cell))
            isEmpty = false
        }
        if record.count > names.count || !nameless.isEmpty { checkStrays(record) }
        return !isEmpty || !record.isBlank
    }

    private mutating func checkStrays(_ record: Record) {
        for column in nameless {
            guard column < record.count else { break }
            guard !Blanks.trimmed(record[column]).isEmpty else { continue }
            addFlaw(nil, .cellWithoutName, "cell \(column + 1) holds a value, but its column has no name")
        }
        for column in names.count..<max(record.count, names.count)
        where !Blanks.trimmed(record[column]).isEmpty {
            let width = "the row has \(record.count) cells, the header \(names.count)"
            isShifted = true
            addFlaw(nil, .cellsTooMany, "\(width): is there a cell too many, or a delimiter without quotes round it?")
            break
        }
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
        for column in values.indices { take(column, meanings[names[column]], Blanks.trimmed(record[column])) }
    }

    private mutating func take(_ column: Int, _ meaning: ColumnMeaning, _ bytes: Bytes) {
        let kind = values[column].cellKind
        let cell = kind.flatMap { kind in
            kind == .text && bytes.isEmpty ? nil : Cell(bytes: bytes, kind: kind, column: column)
        }
        switch meaning {
        case .result, .other: break
        case .nameless:
            if cell != nil { addFlaw(nil, .cellWithoutName, "a member without a name holds a value") }
        case .nearMiss(let field):
            addFlaw(column, .keyNearMiss, "this is no known key: did you mean '\(field.columnName)'?")
            // Read as what it probably is, so that the row's other problems still come out.
            if fields[field.rawValue] == nil { fields[field.rawValue] = cell }
        case .badAuth(let what):
            addFlaw(column, .keyMalformed, what)
            hasUnreadableAuth = true
        case .auth(let key, let type):
            if let cell { auth.append(AuthCell(key: key, type: type, cell: cell)) }
        case .field(let field):
            if let earlier = columns[field.rawValue] {
                let names = [earlier, column].map { Quotation.of(self.names[$0].utf8) }.joined(separator: " and ")
                addFlaw(nil, .keyRepeated, "keys \(names) mean the same: keep one of them")
            } else {
                columns[field.rawValue] = column
                fields[field.rawValue] = cell
            }
        }
    }

    private mutating func addFlaw(_ column: Int?, _ code: Problem.Code, _ message: String) {
        flaws.append((column, Flaw(code, message)))
    }

    private mutating func clear() {
        if !auth.isEmpty { auth.removeAll(keepingCapacity: true) }
        if !flaws.isEmpty { flaws.removeAll() }
        isShifted = false
    }
}

extension JSONValue {
    /// What the value is as a cell; nil for null, which is an empty one.
    fileprivate var cellKind: RowCells.Kind? {
        switch self {
        case .null: nil
        case .boolean: .boolean
        case .number: .number
        case .string: .text
        case .array: .array
        case .object: .object
        }
    }

    /// The text of a value that has one.
    fileprivate var cellText: String {
        switch self {
        case .null, .array, .object: ""
        case .boolean(let value): value ? "true" : "false"
        case .number(let text), .string(let text): text
        }
    }
}
