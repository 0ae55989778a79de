import JSONText
import Testing

@Suite("A JSON value")
struct JSONValueTests {
    @Test("finds a member by its key's bytes")
    func members() throws {
        let value = try JSONValue(parsing: Array("{\"a\":1,\"A\":2,\"\u{212A}\":3,\"e\u{301}\":4,\"n\":null}".utf8))
        #expect(value["a"] == .number("1"))
        #expect(value["A"] == .number("2"))
        #expect(value["n"] == .null)
        #expect(value["K"] == nil)
        #expect(value["\u{212A}"] == .number("3"))
        #expect(value["\u{E9}"] == nil)
        #expect(value["b"] == nil)
    }

    @Test(
        "has members only when it is an object",
        arguments: [.null, .boolean(true), .number("1"), .string("a"), .array([.string("a")])] as [JSONValue])
    func noMembers(value: JSONValue) {
        #expect(value["a"] == nil)
    }

    @Test(
        "is a whole number only when it is a number",
        arguments: [
            (.number("5.0"), 5), (.number("5.5"), nil), (.string("5"), nil), (.boolean(true), nil), (.null, nil),
            (.array([.number("5")]), nil),
        ] as [(JSONValue, Int64?)])
    func integer(value: JSONValue, integer: Int64?) {
        #expect(value.integer == integer)
    }

    @Test(
        "is a text only when it is a string, and has a name for its kind",
        arguments: [
            (.null, nil, "null"), (.boolean(false), nil, "a boolean"), (.number("1"), nil, "a number"),
            (.string("a"), "a", "a string"), (.array([]), nil, "an array"), (.object([]), nil, "an object"),
        ] as [(JSONValue, String?, String)])
    func kinds(value: JSONValue, text: String?, kind: String) {
        #expect(value.text == text)
        #expect(value.kind == kind)
    }

    @Test("never takes a boolean for a number, nor one form of a number for another")
    func difference() {
        #expect(JSONValue.boolean(true) != .number("1"))
        #expect(JSONValue.number("1") != .number("1.0"))
        #expect(JSONValue.null != .string("null"))
    }
}
