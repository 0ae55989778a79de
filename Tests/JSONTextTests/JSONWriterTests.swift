import JSONText
import TestSupport
import Testing

@Suite("The JSON writer")
struct JSONWriterTests {
    @Test("puts commas between values and members and nowhere else")
    func commas() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("event", "sent")
        writer.member("row", 7)
        writer.member("ok", true)
        writer.member("list", .array([.null, .number("1e5"), .array([]), .object([])]))
        writer.key("inner")
        writer.beginObject()
        writer.endObject()
        writer.key("values")
        writer.beginArray()
        writer.null()
        writer.boolean(false)
        writer.integer(Int64.max)
        writer.string("")
        writer.endArray()
        writer.member("last", Int64.min)
        writer.endObject()
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"event":"sent","row":7,"ok":true,"list":[null,1e5,[],{}],"inner":{},"#
                + #""values":[null,false,9223372036854775807,""],"last":-9223372036854775808}"#)
    }

    @Test("fits given members in between its own", arguments: [("", "{\"a\":1,\"b\":2}"), ("\"x\":0,\"y\":[]", nil)])
    func rawMembers(members: String, text: String?) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("a", 1)
        writer.raw(members.utf8)
        writer.member("b", 2)
        writer.endObject()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text ?? "{\"a\":1,\(members),\"b\":2}")
    }

    @Test("starts an object with given members, or leaves it empty", arguments: ["", "\"x\":0"])
    func rawFirst(members: String) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.raw(members.utf8)
        writer.endObject()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "{\(members)}")
    }

    @Test("writes line after line", arguments: [[0x0A], [0x0D, 0x0A], [0x0D]] as [[UInt8]])
    func lines(ending: [UInt8]) {
        var writer = JSONWriter()
        for row in 1...2 {
            writer.beginObject()
            writer.member("row", Int64(row))
            writer.endObject()
            writer.endLine(ending)
        }
        let line = { (row: Int) in Array("{\"row\":\(row)}".utf8) + ending }
        #expect(writer.bytes == line(1) + line(2))
    }

    @Test("ends a line by LF unless told otherwise")
    func defaultLineEnd() {
        var writer = JSONWriter()
        writer.null()
        writer.endLine()
        writer.null()
        #expect(writer.bytes == Array("null\nnull".utf8))
    }

    @Test(
        "escapes what must be escaped and nothing more",
        arguments: [
            ("a/b", #""a/b""#), ("\"\\", #""\"\\""#), ("\n\r\t", #""\n\r\t""#),
            ("\u{0}\u{8}\u{F}", #""\u0000\u0008\u000f""#),
            ("\u{10}\u{1F}", #""\u0010\u001f""#), ("\u{7F}é€😀\u{2028}", "\"\u{7F}é€😀\u{2028}\""), ("\r\n", #""\r\n""#),
            ("e\u{301}", "\"e\u{301}\""),
        ])
    func escapes(text: String, json: String) {
        var writer = JSONWriter()
        writer.string(text)
        #expect(writer.bytes == Array(json.utf8))
    }

    @Test("never puts a line break of any kind inside a value")
    func oneLine() {
        var writer = JSONWriter()
        writer.string(String(String.UnicodeScalarView((0...0x1F).compactMap(UnicodeScalar.init))))
        #expect(writer.bytes.allSatisfy { $0 >= 0x20 })
    }

    @Test("writes what is read back as the same value, for 3,000 values")
    func wayBack() throws {
        for seed in 0..<3000 as Range<UInt64> {
            var random = RandomJSON(seed: seed)
            let value = random.value()
            var writer = JSONWriter()
            writer.value(value)
            let read = try JSONValue(parsing: writer.bytes)
            var again = JSONWriter(capacity: 0)
            again.value(read)
            // Bytes, because equal values may hold strings that only look the same.
            #expect(again.bytes == writer.bytes, "seed \(seed)")
            #expect(read == value, "seed \(seed)")
        }
    }
}
