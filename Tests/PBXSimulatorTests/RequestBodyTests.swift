import JSONText
import Testing

@testable import PBXSimulator

@Suite("Fields of a body")
struct BodyFieldsTests {
    private static func read(_ text: String) throws(ErrorCode) -> BodyFields {
        try BodyFields(Array(text.utf8), known: ["a", "b"])
    }

    @Test func anAbsentFieldIsNil() throws {
        let fields = try Self.read("{}")
        #expect(try fields.string("a") == nil && fields.integer("a") == nil)
        #expect(try fields.boolean("a") == nil && fields.array("a") == nil)
    }

    @Test(arguments: [
        (#"{"a":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é"}"#, "a\"\\/\u{8}\u{C}\n\r\té😀é"), (#" { "a" : "" } "#, ""),
    ])
    func aText(text: String, value: String) throws {
        #expect(try Self.read(text).string("a") == value)
    }

    @Test(arguments: [("0", 0), ("-7", -7), ("9223372036854775807", .max)])
    func anInteger(text: String, value: Int) throws {
        #expect(try Self.read("{\"a\":\(text)}").integer("a") == value)
    }

    @Test(arguments: ["true", "false", "1.0", "1e0", "9223372036854775808", "\"1\"", "null", "[]", "{}"])
    func whatIsNoInteger(text: String) throws {
        let fields = try Self.read("{\"a\":\(text)}")
        #expect(throws: ErrorCode.parameter) { try fields.integer("a") }
    }

    @Test func aBooleanAndAList() throws {
        let fields = try Self.read(#"{"a":true,"b":[1, [ ] ,{}]}"#)
        #expect(try fields.boolean("a") == true)
        #expect(try fields.array("b") == [.number("1"), .array([]), .object([])])
        #expect(throws: ErrorCode.parameter) { try fields.boolean("b") }
        #expect(throws: ErrorCode.parameter) { try fields.array("a") }
    }

    @Test(arguments: [
        "", " ", "null", "5", "[]", "\"a\"", "{", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}",
        "{'a':1}", "{} x", "//", #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, "{\"a\":01}", "{\"a\":+1}",
        #"{"a":"\x"}"#, #"{"a":"\ud83d"}"#, "{\"a\":\"\n\"}", String(repeating: "[", count: 100_000),
    ])
    func whatIsNoObject(text: String) {
        #expect(throws: ErrorCode.parameterSyntax) { try Self.read(text) }
    }

    @Test func aFieldThatIsNotKnown() {
        #expect(throws: ErrorCode.parameter) { try Self.read("{\"c\":1}") }
    }

    @Test func whatIsNoUTF8() {
        let bytes = Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8)
        #expect(throws: ErrorCode.parameterSyntax) { try BodyFields(bytes, known: ["a"]) }
    }
}
