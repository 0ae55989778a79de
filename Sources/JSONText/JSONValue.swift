/// A JSON value that keeps what other readers lose: numbers as they are written, members in their order.
package enum JSONValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// The number's own text, valid by the grammar of RFC 8259.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// The value of an object's member; nil when this is no object or has no such member.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.isNamed(key) }?.value
    }

    /// The whole number that a number's text denotes exactly (`5`, `5.0`, `5e0`); nil for anything else and for what
    /// exceeds 64 bits.
    package var integer: Int64? {
        guard case .number(let text) = self else { return nil }
        return JSONNumber(text).integer
    }

    /// The text of a string; nil for anything else.
    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// What JSON calls this kind of value, for messages.
    package var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// One member of a JSON object.
package struct JSONMember: Hashable, Sendable {
    /// The key without quotes and escapes.
    package let key: String
    /// What stands under it.
    package let value: JSONValue

    /// - Parameters:
    ///   - key: without quotes and escapes, empty or not.
    ///   - value: what stands under it.
    package init(key: String, value: JSONValue) {
        self.key = key
        self.value = value
    }

    /// Whether the key has these bytes; Swift calls two strings equal when they only look the same.
    func isNamed(_ name: String) -> Bool { key == name && key.utf8.elementsEqual(name.utf8) }
}
