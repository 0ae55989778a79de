import JSONText
import Testing

@Suite("The JSON reader")
struct JSONReaderTests {
    @Test(
        "reads every kind of value",
        arguments: [
            ("null", .null), ("true", .boolean(true)), ("false", .boolean(false)), ("0", .number("0")),
            ("\"\"", .string("")), ("\"a\"", .string("a")), ("[]", .array([])), ("{}", .object([])),
            ("[null]", .array([.null])), ("[[],{}]", .array([.array([]), .object([])])),
            ("[1,\"2\",true]", .array([.number("1"), .string("2"), .boolean(true)])),
            ("{\"a\":1}", .object([JSONMember(key: "a", value: .number("1"))])),
            ("{\"\":null}", .object([JSONMember(key: "", value: .null)])),
        ] as [(String, JSONValue)])
    func values(text: String, value: JSONValue) throws {
        #expect(try read(text) == value)
    }

    @Test("keeps the members of an object in their order")
    func memberOrder() throws {
        guard case .object(let members) = try read(#"{"z":1,"a":2,"m":3,"A":4}"#) else {
            Issue.record("this is an object")
            return
        }
        #expect(members.map(\.key) == ["z", "a", "m", "A"])
    }

    @Test(
        "takes the four blanks of JSON between all parts",
        arguments: [" 1", "1 ", "\t1\n", "\r\n1\r\n", " [ 1 , 2 ] ", "\t{\n\"a\"\r:\t[ ] ,\n\"b\" : { } }\n"])
    func blanks(text: String) throws {
        let compact = text.filter { !$0.isWhitespace }
        #expect(try read(text) == read(compact))
    }

    @Test(
        "takes no other blank",
        arguments: [
            "\u{0B}1", "\u{0C}1", "\u{A0}1", "\u{85}1", "\u{2028}1", "\u{200B}1", "\u{FEFF}1", "1\u{0}", "\u{0}1",
        ])
    func otherBlanks(text: String) {
        #expect(throws: JSONError.self) { try read(text) }
    }

    @Test(
        "keeps a number's own text",
        arguments: [
            "0", "-0", "5", "5.0", "-5.50", "5e0", "1E+05", "1e-05", "0.1", "0e0", "-0.0E-0", "9007199254740993",
            "9223372036854775808", "123456789012345678901234567890.123456789", "1e999999999999", "-1e-999999999999",
        ])
    func numbers(text: String) throws {
        #expect(try read(text) == .number(text))
        #expect(try read("[\(text) ]") == .array([.number(text)]))
    }

    @Test(
        "refuses what only resembles a number",
        arguments: [
            "-", "+1", "01", "-01", "00", "1.", ".1", "-.1", "1.e1", "1e", "1e+", "1E-", "1ee1", "1e1.0", "1.0.0",
            "0x10",
            "1_000", "1,000", "--1", "- 1", "1 000", "Infinity", "-Infinity", "NaN", "inf", "1f", "٣", "1٣", "１",
        ])
    func noNumbers(text: String) {
        #expect(throws: JSONError.self) { try read(text) }
        #expect(throws: JSONError.self) { try read("{\"a\":\(text)}") }
    }

    @Test(
        "refuses what is no JSON text",
        arguments: [
            "", " ", "\n", "tru", "truee", "True", "TRUE", "nul", "nil", "None", "undefined", "'a'", "a", "\"", "\"a",
            "[", "]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1,,2]", "[1;2]", "[1}", "{", "}", "{]", "{\"a\"",
            "{\"a\"}", "{\"a\":", "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{1:1}",
            "{null:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":1;\"b\":2}", "{\"a\"::1}", "{\"a\":1}}", "[1]]",
            "1 2",
            "1,2", "{}{}", "[][]", "null,", "\"a\"\"b\"", "// a\n1", "/* a */1", "1 // a", "# a\n1", "[1] x", "&", "\\",
        ])
    func noJSON(text: String) {
        #expect(throws: JSONError.self) { try read(text) }
    }

    @Test(
        "refuses a repeated key",
        arguments: [
            #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"a":3}"#, #"{"":1,"":2}"#, #"{"a":1,"\u0061":2}"#,
            #"[{"b":{"a":1,"a":2}}]"#, #"{"/":1,"\/":2}"#,
        ])
    func repeatedKeys(text: String) {
        #expect(throws: JSONError.self) { try read(text) }
    }

    @Test(
        "takes keys for different that differ in their bytes",
        arguments: [
            "{\"\u{E9}\":1,\"e\u{301}\":2}", "{\"K\":1,\"\u{212A}\":2}", #"{"a":1,"A":2}"#, #"{"a":1,"a ":2}"#,
            #"{"a":{"a":{"a":1}}}"#, #"[{"a":1},{"a":2}]"#, #"{"a":1,"a\u0000":2}"#,
        ])
    func differentKeys(text: String) throws {
        _ = try read(text)
    }

    @Test(
        "names the place at which it went wrong",
        arguments: [
            ("", 0, "the text ends where a value should be"), ("  x", 2, "this is no value"),
            ("1 x", 2, "there is more after the value"), ("[1 2]", 3, "a ',' or ']' should be here"),
            ("{\"a\":1]", 6, "a ',' or '}' should be here"), ("{\"a\" 1}", 5, "a ':' should be here"),
            ("{1}", 1, "a key in quotes should be here"), ("{\"a\":1,\"a\":2}", 7, "a key stands twice in one object"),
            ("[\"ab", 1, "a string is not closed"), ("[\"a\\\"", 1, "a string is not closed"),
            ("[\"a\nb\"]", 3, "a control character must be escaped"), ("[\"a\\x\"]", 3, "this is no escape"),
            ("[\"a\\u12x4\"]", 7, "four hexadecimal digits should be here"),
            ("[\"a\\ud800\"]", 3, "half of a surrogate pair is no character"), ("[-x]", 2, "a digit should be here"),
            ("[1.]", 3, "a digit should be here"), ("[1,]", 3, "this is no value"),
        ])
    func errors(text: String, offset: Int, reason: String) {
        do {
            _ = try read(text)
            Issue.record("this is no JSON")
        } catch {
            #expect(error.offset == offset)
            #expect(error.reason == reason)
        }
    }

    @Test(
        "names no string in an error",
        arguments: [
            #"{"hush":1,"hush":2}"#, #"["hush"#, #"["hush\x"]"#, #"["hush" 1]"#, #"{"hush"}"#, "[\"hush\u{1}\"]",
            "hush",
            #"{"a":hush}"#,
        ])
    func discreetErrors(text: String) {
        do {
            _ = try read(text)
            Issue.record("this is no JSON")
        } catch {
            #expect(!error.reason.contains("hush"))
        }
    }

    private func read(_ text: String) throws(JSONError) -> JSONValue {
        try JSONValue(parsing: Array(text.utf8))
    }
}
