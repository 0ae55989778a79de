import JobModel
import Testing

@testable import RowInput

@Suite("JSON lines by the letter of RFC 8259")
struct JSONConformanceTests {
    static let values = [
        "0", "-0", "0.0", "-0.5", "1e5", "1E+05", "123456789012345678901234567890", "1e999999999", "\"\"",
        "\"\\u0000\"",
        "\"\\ud83d\\ude42\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"é🙂\u{2028}\u{7F}\"", "true", "false", "null", "[]",
        "{}",
        "[ 1 , [ 2 , { \"a\" : null } ] ]", "{\"a\":1,\"b\":{\"a\":2}}", "[\t1\t]",
        String(repeating: "[", count: 60) + String(repeating: "]", count: 60),
    ]

    static let others = [
        "", "01", "-", "+1", ".5", "5.", "1e", "1e+", "0x10", "1_000", "NaN", "Infinity", "-Infinity", "True", "nul",
        "'a'",
        "\"a", "\"\\x41\"", "\"\\u12\"", "\"\\ud83d\"", "\"\\ude42\"", "\"\u{1}\"", "\"\t\"", "[1,]", "[,1]", "[1 2]",
        "[1", "1]",
        "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{\"a\":1;\"b\":2}", "1 2", "// no",
        "/* no */ 1",
        "“a”", "\u{FEFF}1", "\u{A0}1", "1\u{C}",
        String(repeating: "[", count: 100) + String(repeating: "]", count: 100), String(repeating: "[", count: 100_000),
    ]

    @Test("Each form of a value is taken", arguments: values)
    func taken(value: String) throws {
        let reading = try Reading.line([("note", value)])
        #expect(reading.texts == [] && reading.catalog.validRowCount == 1)
        let compact = value.split(whereSeparator: { " \t".contains($0) }).joined()
        let echo = try reading.echoedMembers()[0].split(whereSeparator: { " ".contains($0) }).joined()
        if !value.contains("\\") { #expect(echo.hasSuffix("\"note\":\(compact)")) }
    }

    @Test("What is no JSON spoils its own line and no other", arguments: others)
    func refused(value: String) throws {
        let good = #"{"host":"a","id":1,"auto_renewal":0,"access_token":"t"}"#
        let reading = try Reading("\(good)\n{\"note\":\(value)}\n\(good.replacing("1", with: "2"))\n", name: "x.jsonl")
        #expect(reading.codes == [.jsonMalformed])
        #expect(reading.problems.map(\.line) == [2])
        #expect(try reading.jobs().map(\.edit.id) == [1, 2])
    }
}
