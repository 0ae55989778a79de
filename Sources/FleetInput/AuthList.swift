import FleetModel
import JSONText
import Platform
import TabularText

/// The credentials of the DNS provider as one value, a list or an object.
extension RowParser {
    /// Reads `auth_info_list`, or the object `auth` of JSON lines.
    mutating func readAuthValue(
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

extension AuthReader {
    /// Reads the JSON text in a CSV cell.
    mutating func list(in cell: Bytes) throws(Diagnostic) -> [AuthInfo] {
        if cell.equals(EditRow.clear) { return [] }
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
        if !isObject, value == .string("\(EditRow.clear)") { return [] }
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
        var left = key
        if let leftover = left.withUTF8({ LeftBehind.problem($0) }) { throw leftover }
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
}
