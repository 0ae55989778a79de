import Testing

@testable import JSONText

@Suite("The JSON reader, of hostile texts", .timeLimit(.minutes(2)))
struct JSONReaderLimitsTests {

    @Test(
        "reads 64 levels and no more, whatever is inside",
        arguments: [("[", "]", ""), ("[", "]", "1"), ("[", "]", "{}")])
    func depth(open: String, close: String, inside: String) throws {
        let own = inside == "{}" ? 1 : 0
        _ = try read(nested(64 - own, open, close, inside))
        #expect(throws: JSONError.self) { try read(nested(65 - own, open, close, inside)) }
    }

    @Test("counts objects as it counts arrays")
    func objectDepth() throws {
        _ = try read(nested(64, "{\"a\":", "}", "1"))
        _ = try read(nested(32, "{\"a\":[", "]}", "1"))
        #expect(throws: JSONError.self) { try read(nested(65, "{\"a\":", "}", "1")) }
        #expect(throws: JSONError.self) { try read(nested(32, "{\"a\":[", "]}", "[]")) }
    }

    @Test("says which limit a text exceeds, and where")
    func depthError() {
        do {
            _ = try read(nested(100, "[", "]", ""))
            Issue.record("this is too deep")
        } catch {
            #expect(error == JSONError(offset: 64, reason: "nesting is deeper than 64"))
        }
    }

    @Test("keeps the top of a text, and reads the rest to the letter")
    func top() throws {
        let text = #"{"a":1,"b":{"c":1,"c":2},"d":[1,[2]],"e":"x"}"#
        let expected = #"{"a":1,"b":{},"d":[],"e":"x"}"#
        #expect(try JSONValue(parsingTopOf: Array(text.utf8)) == read(expected))
        for broken in [#"{"a":{"b":01}}"#, #"{"a":1,"a":2}"#, #"[[1,]]"#, "[1] 2"] {
            #expect(throws: JSONError.self) { try JSONValue(parsingTopOf: Array(broken.utf8)) }
        }
        for (count, isRead) in [(1024, true), (1025, false)] {
            let members = "{" + (0..<count).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
            #expect(((try? JSONValue(parsingTopOf: Array(members.utf8))) != nil) == isRead)
            let elements = "[" + (0..<count).map(String.init).joined(separator: ",") + "]"
            #expect(((try? JSONValue(parsingTopOf: Array(elements.utf8))) != nil) == isRead)
        }
    }

    @Test("does not exhaust the stack", arguments: ["[", "{\"a\":", "[{\"a\":"])
    func deepTexts(open: String) {
        #expect(throws: JSONError.self) { try read(String(repeating: open, count: 100_000)) }
        #expect(throws: JSONError.self) { try read(nested(100_000, open, "]", "")) }
    }

    @Test("refuses a million opening brackets")
    func brackets() {
        #expect(throws: JSONError.self) {
            try JSONValue(parsing: Array(repeating: UInt8(ascii: "["), count: 1_000_000))
        }
    }

    @Test("reads 4 MiB of backslashes")
    func backslashes() throws {
        let count = 4 << 20
        let quote = [UInt8(ascii: "\"")]
        let value = try JSONValue(parsing: quote + Array(repeating: UInt8(ascii: "\\"), count: count) + quote)
        #expect(value.text?.utf8.count == count / 2)
        #expect(throws: JSONError.self) {
            try JSONValue(parsing: quote + Array(repeating: UInt8(ascii: "\\"), count: count - 1) + quote)
        }
    }

    @Test("reads 100,000 members, and finds the one that comes twice")
    func members() throws {
        let members = (0..<100_000).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
        let value = try read("{\(members)}")
        #expect(value["key99999"] == .number("99999"))
        #expect(throws: JSONError.self) { try read("{\(members),\"key0\":1}") }
    }

    @Test("reads 1,000,000 elements and a number of 1,000,000 digits")
    func elements() throws {
        guard case .array(let elements) = try read("[0" + String(repeating: ",0", count: 999_999) + "]") else {
            Issue.record("this is an array")
            return
        }
        #expect(elements.count == 1_000_000)
        let number = "1" + String(repeating: "0", count: 999_999)
        #expect(try read(number) == .number(number))
    }

    private func nested(_ count: Int, _ open: String, _ close: String, _ inside: String) -> String {
        String(repeating: open, count: count) + inside + String(repeating: close, count: count)
    }

    private func read(_ text: String) throws(JSONError) -> JSONValue {
        try JSONValue(parsing: Array(text.utf8))
    }
}
