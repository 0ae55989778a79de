/// A JSON value that was in a request's body, told apart as strictly as a PBX tells them: `1` is not `true`, and a
/// number keeps its text, so that `5` is not `5.0`.
indirect enum BodyValue: Equatable {
    case null
    case boolean(Bool)
    case number(String)
    case string(String)
    case array([BodyValue])
    case object([String: BodyValue])

    /// The members of an object; nil for anything else.
    var members: [String: BodyValue]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    var elements: [BodyValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var boolean: Bool? {
        guard case .boolean(let value) = self else { return nil }
        return value
    }

    /// A number written as a plain integer of 64 bits.
    var integer: Int? {
        guard case .number(let text) = self else { return nil }
        return Int(text)
    }
}

extension BodyValue {
    /// The value as JSON text, members in the order of their keys.
    var json: String {
        switch self {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .number(let text): text
        case .string(let text): text.jsonQuoted
        case .array(let elements): "[" + elements.map(\.json).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { $0.key.jsonQuoted + ":" + $0.value.json }
                .joined(separator: ",") + "}"
        }
    }
}

extension String {
    /// The text as a JSON string, in quotes.
    var jsonQuoted: String {
        // Nearly every text can stand as it is, and the record has eight of them in each line.
        guard utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else {
            return "\"" + self + "\""
        }
        var quoted = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\u{0}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
