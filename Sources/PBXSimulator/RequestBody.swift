import JSONText

/// The fields of an object in a request's body. An absent field is nil; one of another type is a bad one.
struct BodyFields {
    private let object: JSONValue

    /// - Parameter known: the fields that the call has. A real PBX may let another one pass: here a misspelt one must not.
    /// - Throws: the code of bad syntax for what is no JSON object, that of a bad field for one that is not known.
    init(_ body: [UInt8], known: Set<String>) throws(ErrorCode) {
        guard let value = try? JSONValue(parsing: body), case .object = value else { throw .parameterSyntax }
        try self.init(value, known: known)
    }

    /// - Parameter known: the fields that the object has.
    init(_ value: JSONValue, known: Set<String>) throws(ErrorCode) {
        guard case .object(let members) = value, members.allSatisfy({ known.contains($0.key) }) else {
            throw .parameter
        }
        object = value
    }

    func string(_ name: String) throws(ErrorCode) -> String? { try field(name) { $0.text } }

    func word<Word: RawRepresentable<String>>(_ name: String) throws(ErrorCode) -> Word? {
        try field(name) { $0.text.flatMap(Word.init) }
    }

    /// A number that is written as a plain integer: `5` is one, `5.0` is none.
    func integer(_ name: String) throws(ErrorCode) -> Int? {
        try field(name) { if case .number(let text) = $0 { Int(text) } else { nil } }
    }

    func boolean(_ name: String) throws(ErrorCode) -> Bool? {
        try field(name) { if case .boolean(let value) = $0 { value } else { nil } }
    }

    func array(_ name: String) throws(ErrorCode) -> [JSONValue]? {
        try field(name) { if case .array(let elements) = $0 { elements } else { nil } }
    }

    private func field<Value>(_ name: String, _ read: (JSONValue) -> Value?) throws(ErrorCode) -> Value? {
        guard let value = object[name] else { return nil }
        guard let typed = read(value) else { throw .parameter }
        return typed
    }
}

/// A body of `multipart/form-data`, by RFC 7578.
enum MultipartForm {
    /// One field of the form.
    struct Part: Equatable {
        let name: String
        /// The file's name as the client knows it; nil for a field that is no file.
        let fileName: String?
        let content: ArraySlice<UInt8>
    }

    /// The fields in the order in which they stand.
    ///
    /// - Throws: the code of bad syntax when the body is no such form.
    static func parts(of request: ReceivedRequest) throws(ErrorCode) -> [Part] {
        guard let type = request.contentType, type.lowercased().hasPrefix("multipart/form-data;"),
            let boundary = parameters(of: type)["boundary"], !boundary.isEmpty
        else { throw .parameterSyntax }
        // Each part begins and ends with the line of the boundary, which has two dashes behind it at the end.
        let line = Array("\r\n--\(boundary)".utf8)
        var rest = (Array("\r\n".utf8) + request.body)[...]
        guard rest.starts(with: line) else { throw .parameterSyntax }
        rest = rest.dropFirst(line.count)
        var parts: [Part] = []
        while !rest.starts(with: "--".utf8) {
            guard rest.starts(with: "\r\n".utf8), let end = rest.firstRange(of: line),
                let part = Part(rest[..<end.lowerBound])
            else { throw .parameterSyntax }
            parts.append(part)
            rest = rest[end.upperBound...]
        }
        return parts
    }

    /// The parameters of a header's value, in quotes or not.
    fileprivate static func parameters(of value: String) -> [String: String] {
        let pairs = value.matches(of: #/;\s*([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/#).map { match in
            let text = String(match.2 ?? match.3 ?? "")
            return (match.1.lowercased(), text.replacing("\\\"", with: "\"").replacing("%22", with: "\""))
        }
        return Dictionary(pairs) { first, _ in first }
    }
}

extension MultipartForm.Part {
    /// - Parameter text: what stands between two lines of the boundary, with the line break before its headers.
    fileprivate init?(_ text: ArraySlice<UInt8>) {
        guard let end = text.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let headers = String(decoding: text[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let disposition = headers.first { $0.lowercased().hasPrefix("content-disposition: form-data;") }
        let parameters = MultipartForm.parameters(of: disposition.map(String.init) ?? "")
        guard let name = parameters["name"] else { return nil }
        self.name = name
        fileName = parameters["filename"]
        content = text[end.upperBound...]
    }
}
