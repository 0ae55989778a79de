/// The members of an object in a request's body. An absent member is nil; one of another type is a syntax error.
struct RequestMembers {
    private let members: [String: BodyValue]

    init(_ body: [UInt8], known: Set<String>) throws(ErrorCode) {
        guard let value = try? BodyReader.read(body) else { throw .parameterSyntax }
        try self.init(value, known: known)
    }

    init(_ value: BodyValue, known: Set<String>) throws(ErrorCode) {
        guard let members = value.members, known.isSuperset(of: members.keys) else { throw .parameterSyntax }
        self.members = members
    }

    func string(_ name: String) throws(ErrorCode) -> String? { try member(name, \.text) }
    func integer(_ name: String) throws(ErrorCode) -> Int? { try member(name, \.integer) }
    func boolean(_ name: String) throws(ErrorCode) -> Bool? { try member(name, \.boolean) }
    func array(_ name: String) throws(ErrorCode) -> [BodyValue]? { try member(name, \.elements) }

    private func member<Value>(_ name: String, _ read: (BodyValue) -> Value?) throws(ErrorCode) -> Value? {
        guard let value = members[name] else { return nil }
        guard let typed = read(value) else { throw .parameterSyntax }
        return typed
    }
}
