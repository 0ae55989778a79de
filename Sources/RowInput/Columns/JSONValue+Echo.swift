import JSONText
import FleetModel

extension JSONValue {
    /// The value as the result shows it.
    func shown(as echo: CellEcho) -> JSONValue {
        switch echo {
        case .plain, .dropped: self
        case .secret: self == .null ? self : maskedText
        case .typed(let type): isShown(as: type) ? self : .string(Secret.mask)
        case .secretList: maskedList
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
                let value = Blanks.trimmed(bytes)
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
            let value = Blanks.trimmed(bytes)
            return value.isEmpty || SecretCell(value).isReference
        }
        return isShown ? self : .string(Secret.mask)
    }
}
