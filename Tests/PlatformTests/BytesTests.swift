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
