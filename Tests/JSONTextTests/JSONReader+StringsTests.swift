import Testing

@testable import JSONText

@Suite("The JSON reader, of strings")
struct JSONReaderStringsTests {
    @Test(
        "undoes every escape",
        arguments: [
            (#""\"""#, "\""), (#""\\""#, "\\"), (#""\/""#, "/"), (#""\b""#, "\u{8}"), (#""\f""#, "\u{C}"),
            (#""\n""#, "\n"), (#""\r""#, "\r"), (#""\t""#, "\t"), (#""\u0000""#, "\u{0}"), (#""\u001f""#, "\u{1F}"),
            (#""\u0041""#, "A"), (#""\u00e9""#, "\u{E9}"), (#""\u00E9""#, "\u{E9}"), (#""\u20ac""#, "€"),
            (#""\ud7ff""#, "\u{D7FF}"), (#""\ue000""#, "\u{E000}"), (#""\uFFFF""#, "\u{FFFF}"),
            (#""\ufeff""#, "\u{FEFF}"), (#""\ud800\udc00""#, "\u{10000}"), (#""\uD83D\uDE00""#, "\u{1F600}"),
            (#""\udbff\udfff""#, "\u{10FFFF}"), (#""\\u0041""#, "\\u0041"), (#""\\\"""#, "\\\""),
            (#""a\nb\tc""#, "a\nb\tc"), (#""\u00410""#, "A0"), (#""é\u0301é""#, "é\u{301}é"),
        ])
    func escapes(text: String, string: String) throws {
        let value = try JSONValue(parsing: Array(text.utf8))
        #expect(try Array(#require(value.text).utf8) == Array(string.utf8))
    }

    @Test(
        "refuses every other escape",
        arguments: [
            #""\""#, #""\a""#, #""\v""#, #""\0""#, #""\x41""#, #""\'""#, #""\U0041""#, #""\N""#, #""\ ""#, #""\é""#,
            #""\u""#,
            #""\u1""#, #""\u12""#, #""\u123""#, #""\u123g""#, #""\u 123""#, #""\u+123""#, #""\u{41}""#, #""\u-001""#,
            #""\u１２３４""#, "\"\\\n\"", "\"\\",
        ])
    func noEscapes(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test(
        "refuses half of a surrogate pair",
        arguments: [
            #""\ud800""#, #""\udbff""#, #""\udc00""#, #""\udfff""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\""#,
            #""\ud800\u""#, #""\ud800\u0041""#, #""\ud800\ud800""#, #""\ud800\ue000""#, #""\udc00\ud800""#,
            #""\ud800\\udc00""#, #""\ud800 \udc00""#, #""\ud800\ud800\udc00""#,
        ])
    func surrogates(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test("refuses every bare control character, and only those", arguments: 0...0x9F as ClosedRange<UInt32>)
    func controls(code: UInt32) throws {
        let character = String(try #require(UnicodeScalar(code)))
        guard character != "\"", character != "\\" else { return }
        for text in ["\"\(character)\"", "\"\\n\(character)\""] {
            let isRead = (try? JSONValue(parsing: Array(text.utf8))) != nil
            #expect(isRead == (code >= 0x20))
        }
    }

    @Test(
        "refuses bytes that are not UTF-8, wherever they stand",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE2, 0x82], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
            [0xE9], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        let quote = Array("\"".utf8)
        let texts = [
            quote + bytes + quote, Array(#"["\n"#.utf8) + bytes + Array(#""]"#.utf8),
            Array(#"{""#.utf8) + bytes
                + Array(#"":1}"#.utf8), bytes, Array("1".utf8) + bytes,
        ]
        for text in texts {
            #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        }
    }

    @Test("says where the string starts that is not UTF-8", arguments: [[0xFF], [0x5C, 0x6E, 0xFF]] as [[UInt8]])
    func invalidUTF8Offset(bytes: [UInt8]) {
        do {
            _ = try JSONValue(parsing: Array("[1,\"a".utf8) + bytes + Array("\"]".utf8))
            Issue.record("this is no JSON")
        } catch {
            #expect(error == JSONError(offset: 3, reason: "a string is not valid UTF-8"))
        }
    }

    @Test("reads every character as it is, bare and escaped")
    func allPlanes() throws {
        for code in stride(from: UInt32(0x20), through: 0x10FFFF, by: 61) {
            guard let scalar = UnicodeScalar(code), scalar != "\"", scalar != "\\" else { continue }
            let string = String(scalar)
            #expect(try JSONValue(parsing: Array("\"\(string)\"".utf8)).text?.unicodeScalars.first == scalar)
            let escaped = string.utf16.map { unit in
                let digits = String(unit, radix: 16)
                return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
            let text = "\"\(escaped.joined())\""
            #expect(try JSONValue(parsing: Array(text.utf8)).text?.unicodeScalars.elementsEqual([scalar]) == true)
        }
    }
}
