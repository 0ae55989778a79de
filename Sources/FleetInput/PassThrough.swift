import Platform
import JSONText
import FleetModel
import TabularText

/// What may be shown of a cell: how it comes back in the result, and whether a problem may quote it.
///
/// Rules quote what stands in cells by ``quoted(_:of:)``, ``quoted(key:)`` and ``quoted(reference:)`` alone, and what is
/// wrong with a secret is told without it.
///
/// What an edit sets is shown from the edit and not from cells: the changes of a plan and a dry run have `***` for every
/// ``Secret``. The files that are made to be fed back are no showing: an undo file has the DNS credentials in clear, and
/// `export --with-secrets` and `pins -o` have the logins, too (``EditRow``).
enum PassThrough: Equatable {
    /// As it was read.
    case plain
    /// As it was read when it has no more than an address; else `***`, for a user name, a query, a fragment or something in
    /// percent signs may be a secret.
    case address
    /// `***`, unless it is empty or a reference.
    case secret
    /// `***` as a whole in a CSV, unless it is empty; in JSON lines each text of it but keys and references.
    case secretList
    /// As it was read when it is empty or a value of the type, which is no secret; else `***`, for it may be one.
    case typed(AuthType)
    /// Not at all: whoever shows a row leaves out the column.
    case dropped

    /// How a column or member comes back in the result. One that `--column` makes the user's own is hidden all the same if
    /// its name is that of a secret's column, like `client_secret`. Names that only sound like secrets, like `password`, are
    /// not: such a column is shown in the result, and left out of the report (``ColumnRole``).
    init(_ meaning: ColumnMeaning, named name: Bytes, in format: TableShape.Format) {
        self.init(meaning == .other ? ColumnMeaning(name: name, in: format) : meaning)
    }

    init(_ meaning: ColumnMeaning) {
        switch meaning {
        case .field(let field), .nearMiss(let field): self.init(field)
        case .auth(_, type: .string), .badAuth: self = .secret
        case .auth(_, let type): self = .typed(type)
        case .nameless, .other: self = .plain
        case .result: self = .dropped
        }
    }

    private init(_ field: Field) {
        switch field {
        case .accessToken, .clientSecret: self = .secret
        case .authInfoList, .authObject: self = .secretList
        case .baseURL, .apiPath: self = .address
        case .id, .match, .name, .certFile, .issueTo, .autoRenewal, .dnsProvider, .clientID,
            .tlsPin:
            self = .plain
        }
    }

    /// Appends the cell as the result shows it.
    ///
    /// - Parameter isShifted: whether it is one of a row in which cells may stand under wrong names: each of them may be a
    ///   secret then.
    func show(_ cell: Bytes, ofShiftedRow isShifted: Bool, in shown: inout [UInt8]) {
        let isHidden: Bool
        switch isShifted ? .secret : self {
        case .plain, .dropped: isHidden = false
        case .address: isHidden = !cell.isBareAddress
        case .typed(let type): isHidden = !type.matches(Whitespace.trimmed(cell))
        case .secret: isHidden = !SecretCell.isReference(Whitespace.trimmed(cell))
        case .secretList: isHidden = true
        }
        if isHidden, !Whitespace.trimmed(cell).isEmpty {
            shown += Self.mask
        } else {
            shown.append(contentsOf: cell)
        }
    }

    private static let mask = Array(Secret.mask.utf8)

    /// Whether problems may quote what stands in a row: not where a cell may hold what belongs into a secret one.
    static func mayQuote(_ cells: borrowing RowCells) -> Bool { !cells.isShifted }

    /// A cell of a column, or a part of it, as a problem quotes it: `***` where the result hides it.
    static func quoted(_ cell: Bytes, of field: Field) -> String {
        let passThrough = PassThrough(field)
        let isShown = passThrough == .plain || passThrough == .address && cell.isBareAddress
        return isShown ? Quotation.of(cell) : "'\(Secret.mask)'"
    }

    /// Whether a first line may be quoted that should be a header: not one that may be a row, with secrets in it, because
    /// one of its cells is what stands in rows: a number, an address, a reference.
    static func mayQuote(firstLine record: Record) -> Bool {
        !(0..<record.count).contains { isValue(Whitespace.trimmed(record[$0])) }
    }

    private static func isValue(_ cell: Bytes) -> Bool {
        guard let first = cell.first, cell.count <= 160 else { return false }
        guard case .literal = SecretCell(cell) else { return true }
        return !first.isLetter && cell.allSatisfy { $0.isDigit || ".:+-,".utf8.contains($0) }
            || cell.text.contains("://")
    }

    /// The name of a column, in a line that may be quoted.
    static func quoted(name: Bytes) -> String { Quotation.of(name) }

    /// What may be quoted of an address that is none: what stands before anything that may hide a secret. Nil for nothing.
    static func quotable(ofAddress address: Bytes) -> Bytes? {
        guard !address.contains(UInt8(ascii: "@")) else { return nil }
        return Bytes(rebasing: address.prefix { !":/?#".utf8.contains($0) })
    }

    /// The text of a cell of a column, or a part of it.
    static func quoted(_ text: String, of field: Field) -> String {
        var text = text
        return text.withUTF8 { quoted($0, of: field) }
    }

    /// A key of the auth list. It is a name, as in a header `auth.KEY`, also where it stands in a list: that a CSV's result
    /// hides the whole cell is for the values beside it.
    static func quoted(key: String) -> String { Quotation.of(key.utf8) }

    /// The name behind `env:` or `file:`, which only says where a secret is; the result shows it, too, unless the cell is a
    /// list.
    static func quoted(reference: String) -> String { Quotation.of(reference.utf8) }
}

extension Bytes {
    /// Whether nothing in it can be a user name, a query or a fragment of a URL.
    fileprivate var isBareAddress: Bool {
        !contains { byte in
            byte == UInt8(ascii: "@") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
                || byte == UInt8(ascii: "%")
        }
    }
}

extension AuthType {
    /// Whether a text is a value of the type, so that it is no secret.
    fileprivate func matches(_ text: Bytes) -> Bool {
        switch self {
        case .string: false
        case .int: WholeNumber.read(text, allowsMinus: true) != nil
        case .bool: BooleanWord.read(text) != nil
        }
    }
}

extension JSONValue {
    /// The value as the result shows it.
    func shown(as passThrough: PassThrough) -> JSONValue {
        switch passThrough {
        case .plain, .dropped: self
        case .address: isBareAddress ? self : .string(Secret.mask)
        case .secret: self == .null ? self : maskedText
        case .typed(let type): isShown(as: type) ? self : .string(Secret.mask)
        case .secretList: maskedList
        }
    }

    private var isBareAddress: Bool {
        switch self {
        case .null, .boolean, .number: true
        case .string(var text): text.withUTF8 { $0.isBareAddress }
        case .array, .object: false
        }
    }

    /// Whether a value may be seen where one of a type should be.
    private func isShown(as type: AuthType) -> Bool {
        switch self {
        case .null: true
        case .boolean: type == .bool
        case .number(var text): type == .int && text.withUTF8 { WholeNumber.readJSON($0) != nil }
        case .string(var text):
            text.withUTF8 { bytes in
                let value = Whitespace.trimmed(bytes)
                return value.isEmpty || type.matches(value)
            }
        case .array, .object: false
        }
    }

    /// An auth list with its texts masked, keys excepted; what is no list is masked as a whole.
    private var maskedList: JSONValue {
        switch self {
        case .null: self
        case .array(let elements): .array(elements.map { $0.maskedItem(isKeyed: true) })
        case .object: maskedItem(isKeyed: false)
        case .boolean, .number, .string: maskedText
        }
    }

    /// - Parameter isKeyed: whether the member `k` is a key and no secret.
    private func maskedItem(isKeyed: Bool) -> JSONValue {
        guard case .object(let members) = self else { return maskedText }
        return .object(
            members.map { member in
                if isKeyed, member.key == "k", case .string = member.value { return member }
                return JSONMember(key: member.key, value: member.value.maskedLeaf)
            })
    }

    /// Numbers and booleans of an auth list are no secrets.
    private var maskedLeaf: JSONValue {
        switch self {
        case .null, .boolean, .number: self
        case .string, .array, .object: maskedText
        }
    }

    /// `***`, but for an empty text and a reference.
    private var maskedText: JSONValue {
        guard case .string(var text) = self else { return .string(Secret.mask) }
        let isShown = text.withUTF8 { bytes in
            let value = Whitespace.trimmed(bytes)
            return value.isEmpty || SecretCell.isReference(value)
        }
        return isShown ? self : .string(Secret.mask)
    }
}

/// What a column of a result is to somebody who reads it.
package enum ColumnRole: Hashable, Sendable {
    /// It names the PBX.
    case host
    /// It names the certificate.
    case certificate
    /// The user's own, carried along.
    case own
    /// Part of the edit or of the login, or a secret by its name.
    case other

    /// - Parameters:
    ///   - name: the column's name as the input writes it.
    ///   - choices: what `--column` says of it.
    package init(named name: String, _ choices: ColumnChoices) {
        var text = name
        let (meaning, passThrough) = text.withUTF8 { bytes in
            let name = Whitespace.trimmed(bytes)
            let meaning = choices.meaning(of: name, in: .jsonl)
            return (meaning, PassThrough(meaning, named: name, in: .jsonl))
        }
        switch meaning {
        case .field(.baseURL): self = .host
        case .field(.id): self = .certificate
        case .other: self = passThrough == .plain && !ColumnMeaning.isSecret(name) ? .own : .other
        case .field, .auth, .result, .nameless, .nearMiss, .badAuth: self = .other
        }
    }
}

/// A cell as it may be shown.
package enum ShownCell {
    /// - Parameters:
    ///   - text: the cell.
    ///   - name: the name of its column, which tells whether it is a secret.
    package static func text(_ text: String, ofColumn name: String) -> String {
        var (text, name) = (text, name)
        let passThrough = name.withUTF8 { PassThrough(ColumnMeaning(name: Whitespace.trimmed($0), in: .csv)) }
        var shown: [UInt8] = []
        text.withUTF8 { passThrough.show($0, ofShiftedRow: false, in: &shown) }
        return String(decoding: shown, as: UTF8.self)
    }
}
