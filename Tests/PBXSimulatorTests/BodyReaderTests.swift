import Testing

@testable import PBXSimulator

@Suite("JSON bodies")
struct BodyReaderTests {
    @Test(arguments: [
        ("null", BodyValue.null),
        (" true ", .boolean(true)),
        ("false", .boolean(false)),
        ("-0.50e+7", .number("-0.50e+7")),
        ("0", .number("0")),
        (#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é""#, .string("a\"\\/\u{8}\u{C}\n\r\té😀é")),
        ("[]", .array([])),
        ("[1, [ ] ,\n{}]", .array([.number("1"), .array([]), .object([:])])),
        (#"{"a" : {"b":"c"}}"#, .object(["a": .object(["b": .string("c")])])),
    ])
    func reads(text: String, value: BodyValue) throws {
        #expect(try BodyReader.read(Array(text.utf8)) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "truex", "tru", "+1", "-", "01", "1.", ".5", "1e", "1e+", "0x1", "NaN", "\"", #""\x""#,
        #""\u12""#, #""\u12g4""#, #""\ud83d""#, #""\ud83dx""#, #""\ud83dA""#, #""\ude00""#, "\"\u{1}\"",
        "\"\n\"", "[", "[1", "[1,]", "[,1]", "[1 2]", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}",
        #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, "1 2", "//", "[]]",
        String(repeating: "[", count: 100_000),
    ])
    func refuses(text: String) {
        #expect(throws: BodyReader.SyntaxError.self) { try BodyReader.read(Array(text.utf8)) }
    }

    @Test func refusesWhatIsNotUTF8() {
        #expect(throws: BodyReader.SyntaxError.self) { try BodyReader.read([0x22, 0xFF, 0x22]) }
    }

    @Test(arguments: [
        "null", "[true,false,5,-1.50]", #"{"a":"\"\\\n\u0001é","b":[]}"#,
    ])
    func writesWhatItRead(text: String) throws {
        #expect(try BodyReader.read(Array(text.utf8)).json == text)
    }
}
