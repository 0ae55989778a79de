import Platform
import FleetModel
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
