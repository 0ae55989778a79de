extension RecordedRequest {
    /// The request as one line of JSON with its line break. Tokens, passwords and the string values of an auth list
    /// are `***`, and so is all of a body that is no JSON object.
    var maskedLine: String {
        let members: [(String, String)] = [
            ("host", String(host)), ("address", address.jsonQuoted), ("client", client.jsonQuoted),
            ("started_ns", String(started.nanoseconds)), ("ended_ns", String(ended.nanoseconds)),
            ("method", method.jsonQuoted), ("call", call.jsonQuoted), ("query", maskedQuery.jsonQuoted),
            ("body", maskedBody), ("status", status.map(String.init) ?? "null"),
            ("errcode", errcode.map(String.init) ?? "null"),
        ]
        return "{" + members.map { "\($0.jsonQuoted):\($1)" }.joined(separator: ",") + "}\n"
    }

    private static let mask = "***"
    private static let secretMembers: Set = ["password", "access_token", "refresh_token", "sv"]

    private var maskedQuery: String {
        let items = query.split(separator: "&", omittingEmptySubsequences: false).map { item in
            let name = item.prefix { $0 != "=" }
            return Self.secretMembers.contains(String(name)) ? "\(name)=\(Self.mask)" : String(item)
        }
        return items.joined(separator: "&")
    }

    private var maskedBody: String {
        if body.isEmpty { return "null" }
        guard let value = try? BodyReader.read(body), value.members != nil else { return Self.mask.jsonQuoted }
        return Self.masked(value).json
    }

    private static func masked(_ value: BodyValue) -> BodyValue {
        switch value {
        case .array(let elements): return .array(elements.map(masked))
        case .object(let members):
            let shown = members.map { name, value in
                (name, secretMembers.contains(name) ? .string(mask) : masked(value))
            }
            return .object(Dictionary(uniqueKeysWithValues: shown))
        case .null, .boolean, .number, .string: return value
        }
    }
}
