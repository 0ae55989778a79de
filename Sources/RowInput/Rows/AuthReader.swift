import Platform
import JSONText
import FleetModel

/// Reads the values of an auth list; the texts of flaws quote none of them.
///
/// Source: Auth_Info of the PBX's `certificate/update` call: a key and exactly one of `iv`, `sv`, `bv`.
struct AuthReader {
    /// What is doubtful but possible in the list read last.
    private(set) var doubts: [Flaw] = []
    private let secrets: SecretReader

    init(secrets: SecretReader) {
        self.secrets = secrets
    }

    /// Whether a text is a number under a key whose documented values are numbers.
    static func isNumber(_ cell: Bytes, of key: String) -> Bool {
        numericKeys.contains(key) && WholeNumber.read(cell) != nil
    }

    private static let numericKeys: Set<String> = ["TTL", "PropagationTimeout", "PollingInterval"]

    // MARK: - A column or member of its own

    func value(_ entry: RowCells.AuthCell) throws(Flaw) -> AuthInfo.Value {
        let bytes = entry.cell.bytes
        switch (entry.type, entry.cell.kind) {
        case (.string, .text): return .string(try secret(bytes))
        case (.int, .text):
            if let number = WholeNumber.read(bytes, allowsMinus: true) { return .integer(number) }
            throw Flaw(.authMalformed, "the value \(WholeNumber.reason(against: bytes))")
        case (.int, .number):
            if let number = WholeNumber.readJSON(bytes) { return .integer(number) }
            throw Flaw(.authMalformed, "the value is no whole number")
        case (.bool, .text), (.bool, .boolean):
            if let value = SwitchWord.read(bytes) { return .boolean(value) }
            throw Flaw(.authMalformed, "the value is none of \(SwitchWord.list)")
        case (.string, let kind):
            let hint = "put it in quotes, or name its type ('auth.KEY:int', 'auth.KEY:bool')"
            throw Flaw(.authMalformed, "\(kind.title) stands where a text should be: \(hint)")
        case (.int, let kind), (.bool, let kind):
            throw Flaw(.authMalformed, "\(kind.title) is of the wrong type")
        }
    }

    // MARK: - A list

    /// Reads the JSON text in a CSV cell.
    mutating func list(in cell: Bytes) throws(Flaw) -> [AuthInfo] {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: Array(cell))
        } catch {
            throw Flaw(.authMalformed, JSONRow.describe(error, in: cell))
        }
        return try list(value, isObject: false)
    }

    /// Reads the array `auth_info_list`, or the object `auth`.
    mutating func list(_ value: JSONValue, isObject: Bool) throws(Flaw) -> [AuthInfo] {
        doubts = []
        let items: [AuthInfo]
        switch (value, isObject) {
        case (.object(let members), true): items = try read(members)
        case (.array(let elements), false): items = try read(elements)
        default:
            let wanted = isObject ? "an object of keys and values" : "a list like [{\"k\":…,\"sv\":…}]"
            throw Flaw(.authMalformed, "\(value.kind) stands where \(wanted) should be")
        }
        guard !items.isEmpty else {
            throw Flaw(.authMalformed, "the list is empty: leave it out to leave the credentials alone")
        }
        var keys: Set<[UInt8]> = []
        for (index, item) in items.enumerated() where !keys.insert(Array(item.key.utf8)).inserted {
            throw Flaw(.authKeyRepeated, "item \(index + 1) repeats the key of an earlier one")
        }
        return items
    }

    private mutating func read(_ members: [JSONMember]) throws(Flaw) -> [AuthInfo] {
        var items: [AuthInfo] = []
        for (index, member) in members.enumerated() where member.value != .null {
            let place = "item \(index + 1)"
            let key = try key(member.key, place)
            items.append(AuthInfo(key: key, value: try self.value(member.value, as: nil, of: key, place)))
        }
        return items
    }

    private mutating func read(_ elements: [JSONValue]) throws(Flaw) -> [AuthInfo] {
        var items: [AuthInfo] = []
        for (index, element) in elements.enumerated() {
            let place = "item \(index + 1)"
            guard case .object(let members) = element else {
                throw Flaw(.authMalformed, "\(place) is \(element.kind), not an object like {\"k\":…,\"sv\":…}")
            }
            items.append(try read(item: members.filter { $0.value != .null }, place))
        }
        return items
    }

    private mutating func read(item members: [JSONMember], _ place: String) throws(Flaw) -> AuthInfo {
        guard let keyMember = members.first(where: { $0.key == "k" }) else {
            throw Flaw(.authMalformed, "\(place) has no key 'k'")
        }
        guard case .string(let text) = keyMember.value else {
            throw Flaw(.authMalformed, "\(place) has \(keyMember.value.kind) as its key 'k', not a text")
        }
        let key = try key(text, place)
        let values = members.filter { $0.key != "k" }
        guard values.count == 1, let type = AuthReader.types[values[0].key] else {
            throw Flaw(.authMalformed, "\(place) must have, beside 'k', exactly one of 'iv', 'sv' and 'bv'")
        }
        return AuthInfo(key: key, value: try value(values[0].value, as: type, of: key, place))
    }

    private static let types: [String: AuthType] = ["iv": .int, "sv": .string, "bv": .bool]

    private func key(_ text: String, _ place: String) throws(Flaw) -> String {
        var text = text
        let key = text.withUTF8 { Blanks.trimmed($0).text }
        guard !key.isEmpty else { throw Flaw(.authMalformed, "\(place) has an empty key") }
        if text.withUTF8({ CellText.controlCharacter(in: $0) }) != nil {
            throw Flaw(.authMalformed, "there is a control character inside the key of \(place)")
        }
        return key
    }

    /// The typed value of an item.
    ///
    /// - Parameter type: what it must be; nil takes it by its own type.
    private mutating func value(
        _ value: JSONValue, as type: AuthType?, of key: String, _ place: String
    ) throws(Flaw) -> AuthInfo.Value {
        switch (value, type) {
        case (.boolean(let value), .bool), (.boolean(let value), nil): return .boolean(value)
        case (.number, .int), (.number, nil):
            if let number = value.integer { return .integer(number) }
            throw Flaw(.authMalformed, "the number of \(place) is no whole number of 64 bits")
        case (.string(let text), .string), (.string(let text), nil):
            return .string(try string(Array(text.utf8), of: key, place))
        default:
            throw Flaw(.authMalformed, "the value of \(place) is \(value.kind), which is the wrong type")
        }
    }

    private mutating func string(
        _ bytes: [UInt8], of key: String, _ place: String
    ) throws(Flaw) -> Secret {
        try bytes.withUnsafeBufferPointer { bytes throws(Flaw) in
            try string(Blanks.trimmed(bytes), of: key, place)
        }
    }

    private mutating func string(_ text: Bytes, of key: String, _ place: String) throws(Flaw) -> Secret {
        if Self.isNumber(text, of: key) {
            doubts.append(
                Flaw(.authNumberAsText, "\(place) sends a number as a text: use 'iv' to send it as a number"))
        }
        return try text.isEmpty ? Secret("") : secret(text)
    }

    private func secret(_ text: Bytes) throws(Flaw) -> Secret {
        // Keys and certificates of providers do have line breaks.
        if let flaw = CellText.controlCharacter(in: text, allowsLineBreaks: true) { throw flaw }
        return try secrets.secret(text, isQuotable: false)
    }
}
