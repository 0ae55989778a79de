import FleetModel
package import Platform
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
    ///   - choices: what the command line says about columns.
    ///   - needed: the columns without which no row can be made sense of.
    ///   - line: the line on which it starts.
    ///   - likelyLine: a later line that looks more like one.
    init(
        header: Record, _ choices: ColumnChoices, needed: [Field] = ColumnMap.needed, line: Int, likelyLine: Int? = nil
    ) {
        self.line = line
        names = (0..<header.count).map { Whitespace.trimmed(header[$0]).text }
        var columns: [ColumnMeaning: Int] = [:]
        var chosen: Set<Int> = []
        var meanings: [ColumnMeaning] = []
        for column in 0..<header.count {
            let name = Whitespace.trimmed(header[column])
            if let index = choices.index(of: name) { chosen.insert(index) }
            let meaning = choices.meaning(of: name, in: .csv)
            meanings.append(meaning)
            passThrough.append(choices.passThrough(of: name, meaning, in: .csv))
            add(meaning, at: column, &columns)
            if meaning.title != nil || meaning == .other { self.columns.append((names[column], meaning.title)) }
        }
        let absent = choices.missing(chosen, line: line)
        diagnostics += absent
        if !absent.isEmpty { isUsable = false }
        if !choices.namesHostsOnly {
            addOwn(meanings.compactMap(\.title) + choices.fillings.map(\.title), chosen: choices)
        }
        let found = fields.map(\.field) + choices.filledFields
        let missing = needed.filter { !found.contains($0) && !($0 == .id && found.contains(.match)) }
        if !missing.isEmpty { refuse(UnknownNames(header, meanings, choices), missing, likelyLine) }
    }

    /// Whether rows can be made sense of at all.
    private(set) var isUsable = true

    /// Warns of columns that are only carried along, nobody having said so, and whose names mean something.
    private mutating func addOwn(_ titles: [String], chosen choices: ColumnChoices) {
        let own = columns.filter { $0.meaning == nil && !choices.isChosen($0.name) }.map(\.name)
        let hasPassword = own.contains(where: ColumnMeaning.isPassword)
        for name in own {
            let doubt = ColumnMeaning.doubt(aboutOwn: name, beside: titles, besidePassword: hasPassword)
            guard let doubt else { continue }
            diagnostics.append(Diagnostic(doubt.code, severity: .warning, line: line, column: name, doubt.message))
        }
    }

    /// Whether a column is no part of the result.
    func isDropped(_ column: Int) -> Bool { column >= passThrough.count || passThrough[column] == .dropped }

    private mutating func add(_ meaning: ColumnMeaning, at column: Int, _ columns: inout [ColumnMeaning: Int]) {
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

    /// Tells that the header lacks what every row needs, and nothing else: no row can be judged under it.
    private mutating func refuse(_ unknown: UnknownNames, _ missing: [Field], _ likelyLine: Int?) {
        isUsable = false
        diagnostics.removeAll { $0.code != .headerChosenMissing }
        let names = missing.map { "'\($0.columnName)'" }.joined(separator: " and no column ")
        if missing.count == 1 || likelyLine == nil && unknown.areNames {
            let advice = unknown.areNames ? unknown.advice(missing) : ""
            return addDiagnostic(.headerColumnMissing, nil, "there is no column \(names) in the header\(advice)")
        }
        // Nothing of the line is quoted: without a header it is data, with secrets in it.
        let advice =
            likelyLine.map { "line \($0) looks like it, so what stands above is a title: delete it" }
            ?? (self.names.count == 1
                ? "it is one cell: is the delimiter another one, or the header missing?"
                : "is there a title row above it, or is the header missing? names of your own are told by --column 'NAME=base_url'")
        addDiagnostic(.headerUnrecognized, nil, "no header with 'base_url' and 'id' here: \(advice)")
    }

    private mutating func addDiagnostic(_ code: Diagnostic.Code, _ column: Int?, _ message: String) {
        diagnostics.append(
            Diagnostic(code, severity: .file, line: line, column: column.map { names[$0] }, message))
    }
}

/// The names of a header that are not understood.
private struct UnknownNames {
    /// Whether they are names: what stands in a row of data must not be shown.
    private(set) var areNames = true
    private var names: [(name: Bytes, likely: String?)] = []
    private static let limit = 12

    /// Names whose likeliest meaning is looked for.
    private static let searchLimit = 64
    /// Bytes of the longest name of a column.
    private static let nameLimit = 40

    init(_ header: Record, _ meanings: [ColumnMeaning], _ choices: ColumnChoices) {
        var isKnown = false
        for (column, meaning) in meanings.enumerated() {
            let name = Whitespace.trimmed(header[column])
            if areNames, Self.isValue(name) { areNames = false }
            switch choices.namesHostsOnly ? ColumnMeaning(name: name, in: .csv) : meaning {
            case .field, .auth: isKnown = true
            case .result, .nameless: break
            case .other where choices.index(of: name) != nil: break
            case .other, .nearMiss, .badAuth:
                let isSearched = names.count < Self.searchLimit && name.count <= Self.nameLimit
                let likely = isSearched ? ColumnMeaning.likely(name) : nil
                if likely != nil { isKnown = true }
                names.append((name, likely))
            }
        }
        if !isKnown { areNames = false }
    }

    /// Whether a cell is what stands in a row, not over it: a number, an address, a reference.
    private static func isValue(_ cell: Bytes) -> Bool {
        guard let first = cell.first, cell.count <= nameLimit * 4 else { return false }
        if case .literal = SecretCell(cell) {
            return !first.isLetter && cell.allSatisfy { $0.isDigit || ".:+-,".utf8.contains($0) }
                || cell.text.contains("://")
        }
        return true
    }

    /// What they may mean, and how to say so.
    func advice(_ missing: [Field]) -> String {
        guard !names.isEmpty else { return "" }
        let shown = names.prefix(Self.limit).map { name, likely in
            Quotation.of(name) + (likely.map { " (\($0)?)" } ?? "")
        }
        let more = names.count > Self.limit ? " and \(names.count - Self.limit) more" : ""
        let wanted = missing.map(\.columnName)
        let example = names.first { $0.likely.map(wanted.contains) ?? false }
        let header = example.map { Quotation.escaped($0.name) } ?? "HEADER"
        let column = example?.likely ?? wanted[0]
        return "; not understood: \(shown.joined(separator: ", "))\(more); say what one means by "
            + "--column '\(header)=\(column)'"
    }
}

extension HeaderScore {
    /// - Parameters:
    ///   - record: what may be a header.
    ///   - needed: the columns without which there is none.
    ///   - choices: what the command line says about columns.
    init(of record: Record, needed: [Field], _ choices: ColumnChoices = ColumnChoices()) {
        var missing = Set(needed).subtracting(choices.filledFields)
        var points = 0
        for column in 0..<record.count {
            switch choices.meaning(of: Whitespace.trimmed(record[column]), in: .csv) {
            case .field(let field):
                missing.remove(field == .match ? .id : field)
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

/// What the command line says about columns: what a header means, and what an empty cell holds.
package struct ColumnChoices: Sendable {
    /// A header and what it means.
    private struct Renamed {
        /// As it was given.
        let header: String
        let key: String
        let meaning: ColumnMeaning
    }

    /// What fills the empty cells of a column.
    struct Filling {
        let meaning: ColumnMeaning
        /// The name of the column where the input has none of its own.
        let title: String
        /// Without blanks at its ends, not empty.
        let text: String
    }

    private var renamed: [Renamed] = []
    private(set) var fillings: [Filling] = []
    /// Whether nothing matters but the columns that name PBXs and log in.
    var namesHostsOnly = false

    /// Nothing is said.
    package init() {}

    /// Reads what was given.
    ///
    /// - Parameters:
    ///   - columns: `HEADER=COLUMN` each; with nothing behind the last equals sign the column is only carried along.
    ///   - values: `COLUMN=VALUE` each.
    /// - Throws: ``ToolError`` of kind `usage` when a column is unknown or given twice, or an equals sign is missing.
    ///   Also when one holds bytes that are no UTF-8, which only a file's name may.
    package init(columns: [String], values: [String]) throws(ToolError) {
        for (flag, choices) in [("--column", columns), ("--set", values)] {
            // Nothing is quoted: it may be a secret.
            guard choices.allSatisfy({ SystemText.bytes($0) == Array($0.utf8) }) else {
                throw ToolError(
                    .usage, "a value of \(flag) holds bytes that are no UTF-8 text",
                    hint: "write it in a terminal that is set to UTF-8")
            }
        }
        for choice in columns { try addColumn(choice) }
        for choice in values { try addValue(choice) }
    }

    /// The columns that cannot be empty because each row's cell is filled.
    var filledFields: [Field] {
        fillings.compactMap { if case .field(let field) = $0.meaning { field } else { nil } }
    }

    /// Whether a plain secret stands on the command line, where others can see it.
    package var hasPlainSecret: Bool {
        fillings.contains { filling in
            let isSecret = [.secret, .secretList].contains(PassThrough(filling.meaning))
            return isSecret && !filling.text.withBytes { SecretCell.isReference($0) }
        }
    }

    /// What a column or member means.
    func meaning(of name: Bytes, in format: TableShape.Format) -> ColumnMeaning {
        let meaning = index(of: name).map { renamed[$0].meaning } ?? ColumnMeaning(name: name, in: format)
        guard namesHostsOnly else { return meaning }
        switch meaning {
        case .field(let field), .nearMiss(let field): return Self.hostFields.contains(field) ? meaning : .other
        case .auth, .badAuth: return .other
        case .result, .other, .nameless: return meaning
        }
    }

    /// What is read of a row that names a PBX and nothing else.
    private static let hostFields: Set<Field> = [
        .baseURL, .apiPath, .accessToken, .clientID, .clientSecret, .tlsPin,
    ]

    /// Whether a header was given a meaning, or none.
    func isChosen(_ name: String) -> Bool { name.withBytes { index(of: Whitespace.trimmed($0)) } != nil }

    /// How a column or member comes back in the result: what only is called a secret is hidden as well.
    func passThrough(of name: Bytes, _ meaning: ColumnMeaning, in format: TableShape.Format) -> PassThrough {
        PassThrough(meaning == .other ? ColumnMeaning(name: name, in: format) : meaning)
    }

    /// Which of the given headers a name is; nil for most.
    func index(of name: Bytes) -> Int? {
        guard !renamed.isEmpty, name.count <= ColumnMeaning.nameLimit else { return nil }
        let key = Self.key(name)
        return renamed.firstIndex { $0.key == key }
    }

    /// What to say of the given headers that an input has not.
    ///
    /// - Parameter found: the indexes of those that it has.
    func missing(_ found: Set<Int>, line: Int) -> [Diagnostic] {
        renamed.indices.filter { !found.contains($0) }.map { index in
            let name = Quotation.of(renamed[index].header.utf8)
            return Diagnostic(
                .headerChosenMissing, severity: .file, line: line,
                "there is no column \(name) here, to which --column gives a meaning")
        }
    }

    /// Names match whatever their case and whatever separates their words.
    private static func key(_ name: Bytes) -> String {
        let letters = name.filter { !ColumnMeaning.separators.contains($0) }
        return String(decoding: letters.isEmpty ? Array(name) : letters, as: UTF8.self).lowercased()
    }

    private mutating func addColumn(_ choice: String) throws(ToolError) {
        guard let sign = choice.utf8.lastIndex(of: UInt8(ascii: "=")) else {
            throw Self.refused("--column", choice, "is not of the form HEADER=COLUMN")
        }
        let header = choice[..<sign].withBytes { Whitespace.trimmed($0).text }
        let name = choice[choice.utf8.index(after: sign)...]
        guard !header.isEmpty else { throw Self.refused("--column", choice, "names no header before its '='") }
        let meaning = name.isEmpty ? .other : try Self.known(name, "--column", choice)
        let key = header.withBytes(Self.key)
        guard !renamed.contains(where: { $0.key == key }) else {
            throw Self.refused("--column", choice, "gives a second meaning to the same header")
        }
        guard meaning == .other || !renamed.contains(where: { $0.meaning == meaning }) else {
            throw Self.refused("--column", choice, "gives a second header to the same column")
        }
        renamed.append(Renamed(header: header, key: key, meaning: meaning))
    }

    private mutating func addValue(_ choice: String) throws(ToolError) {
        guard let sign = choice.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            // It may be a secret that lost its column.
            throw ToolError(.usage, "a value of --set is not of the form COLUMN=VALUE", hint: Self.columnsHint)
        }
        let name = choice[..<sign]
        let meaning = try Self.known(name, "--set", name)
        let text = choice[choice.utf8.index(after: sign)...].withBytes { Whitespace.trimmed($0).text }
        guard !text.isEmpty else { throw Self.refused("--set", name, "has no value behind its '='") }
        guard !fillings.contains(where: { $0.meaning == meaning }), let title = meaning.title else {
            throw Self.refused("--set", name, "is given twice")
        }
        fillings.append(Filling(meaning: meaning, title: title, text: text))
    }

    /// The column of a name.
    private static func known(
        _ name: Substring, _ flag: String, _ choice: some StringProtocol
    ) throws(ToolError) -> ColumnMeaning {
        let meaning = name.withBytes { ColumnMeaning(name: Whitespace.trimmed($0), in: .csv) }
        switch meaning {
        case .field, .auth: return meaning
        case .nearMiss(let field):
            throw refused(flag, choice, "names no known column: did you mean '\(field.columnName)'?")
        case .badAuth(let what): throw refused(flag, choice, what)
        case .result, .other, .nameless: throw refused(flag, choice, "names no known column")
        }
    }

    private static func refused(_ flag: String, _ choice: some StringProtocol, _ what: String) -> ToolError {
        ToolError(.usage, "\(flag) \(Quotation.of(Array(choice.utf8))): \(what)", hint: columnsHint)
    }

    private static let columnsHint =
        "the columns are \(Field.allCases.filter { $0 != .authObject }.map(\.columnName).joined(separator: ", ")) and "
        + "auth.KEY"
}

extension StringProtocol {
    /// Calls `body` with the text's bytes.
    fileprivate func withBytes<Value>(_ body: (Bytes) -> Value) -> Value {
        var text = String(self)
        return text.withUTF8(body)
    }
}
