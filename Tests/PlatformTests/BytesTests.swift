import Platform
import Testing

@Suite("A run of digits")
struct IntDigitsTests {
    @Test(
        "is a number when it is nothing but digits and fits",
        arguments: [
            ("0", 0), ("007", 7), ("42", 42), ("9223372036854775807", .max), ("9223372036854775808", nil),
            ("99999999999999999999", nil), ("", nil), ("+1", nil), ("-1", nil), (" 1", nil), ("1a", nil), ("٣", nil),
        ] as [(String, Int?)])
    func reading(text: String, number: Int?) {
        #expect(Int(digits: text.utf8) == number)
    }
}

@Suite("Borrowed bytes")
struct BytesTests {
    @Test(
        "tell where a byte stands first",
        arguments: [
            ("", 0x61, nil), ("b", 0x61, nil), ("ab", 0x61, 0), ("bab", 0x61, 1), ("bba", 0x61, 2), ("é", 0xA9, 1),
        ]
            as [(String, UInt8, Int?)])
    func search(_ text: String, _ byte: UInt8, _ index: Int?) {
        var text = text
        #expect(text.withUTF8 { $0.firstIndex(of: byte) } == index)
        #expect(text.withUTF8 { $0.part(0..<$0.count).firstIndex(of: byte) } == index)
    }
}
