import Platform
import JSONText

/// A line of JSON lines as a row.
enum JSONRow {
    /// The members of the object that is the line.
    ///
    /// - Throws: ``Flaw`` with code `json-malformed`, which quotes nothing of the line.
    static func members(in line: Bytes) throws(Flaw) -> [JSONMember] {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: Array(line))
        } catch {
            throw Flaw(.jsonMalformed, describe(error, in: line))
        }
        guard case .object(let members) = value else {
            throw Flaw(.jsonMalformed, "the line is \(value.kind), not an object like {\"host\":…,\"id\":…}")
        }
        return members
    }

    /// Says what is wrong with a JSON text without quoting it.
    static func describe(_ error: JSONError, in text: Bytes) -> String {
        let rest = text.part(min(error.offset, text.count)..<text.count)
        if typographicQuotes.contains(where: { rest.starts(with: $0) }) {
            return "this is no JSON: at byte \(error.offset + 1) stands a typographic quote, as word processors write "
                + "them: use plain ones (\")"
        }
        return "this is no JSON, at byte \(error.offset + 1): \(error.reason)"
    }

    /// “ ” „ ‘ ’
    private static let typographicQuotes: [[UInt8]] = ["“", "”", "„", "‘", "’"].map { Array($0.utf8) }
}
