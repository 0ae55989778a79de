import Platform
import FleetModel

/// What a column's or member's name says about its values.
enum ColumnMeaning: Hashable {
    case field(Field)
    case auth(key: String, type: AuthType)
    /// A column of an earlier result: nothing.
    case result
    /// The user's own: carried into the result.
    case other
    /// No name at all.
    case nameless
    /// Nearly the name of a known column, which it probably should be.
    case nearMiss(Field)
    /// `auth.` without a key or with a type that is none, or something else written for its dot; and what to say of it.
    case badAuth(String)

    /// - Parameters:
    ///   - name: the name as the input writes it, without blanks at its ends.
    ///   - format: JSON lines know the member `auth`, and `result` as a whole.
    init(name: Bytes, in format: InputShape.Format) {
        if name.isEmpty {
            self = .nameless
        } else if name.count > Self.nameLimit {
            let start = name.part(0..<Self.nameLimit)
            let isAuth = Self.auth(start) != nil || Self.misspelledAuth(start, in: format) != nil
            self = isAuth ? .badAuth("the key is longer than any provider's") : .other
        } else {
            self = Self.read(name, format)
        }
    }

    /// Bytes of a name beyond which it is nobody's: longer than any known name with blanks in it, shorter than what
    /// makes comparing slow.
    static let nameLimit = 256

    private static func read(_ name: Bytes, _ format: InputShape.Format) -> ColumnMeaning {
        if let meaning = auth(name) { return meaning }
        let lowercase = name.map(\.lowercased)
        if lowercase.starts(with: "result.".utf8) { return .result }
        if format == .jsonl, lowercase.elementsEqual("result".utf8) { return .result }
        if format == .jsonl, lowercase.elementsEqual("auth".utf8) { return .field(.authObject) }
        let plain = String(decoding: lowercase.filter { !separators.contains($0) }, as: UTF8.self)
        if let field = known[plain] { return .field(field) }
        if plain == "authinfo" || plain == "authlist" { return .nearMiss(.authInfoList) }
        let separated = lowercase.map { separators.contains($0) ? UInt8(ascii: "_") : $0 }
        if let field = nearest(to: String(decoding: separated, as: UTF8.self)) { return .nearMiss(field) }
        return misspelledAuth(name, in: format) ?? .other
    }

    static let separators = Array("_- ".utf8)

    private static let known: [String: Field] = {
        var names: [String: Field] = [:]
        for field in Field.allCases where field != .authObject {
            for name in [field.columnName] + field.aliases { names[name.filter { $0 != "_" }] = field }
        }
        return names
    }()

    /// The column whose name of 6 letters or more is 1 or 2 edits away, if there is one.
    private static func nearest(to name: String) -> Field? {
        let nearest = EditDistance.nearest(to: name, in: longNames, atMost: 2)
        return nearest.flatMap { known[$0.filter { $0 != "_" }] }
    }

    private static let longNames = Field.allCases.map(\.columnName).filter { $0.count { $0 != "_" } >= 6 }
}
