import JSONText
import TestSupport
import Testing

@Suite("A JSON number", .timeLimit(.minutes(2)))
struct JSONNumberTests {
    @Test(
        "is a whole number when its text denotes one exactly",
        arguments: [
            ("0", 0), ("-0", 0), ("5", 5), ("-5", -5), ("5.0", 5), ("5.000", 5), ("-5.0", -5), ("5e0", 5), ("50e-1", 5),
            ("0.5e1", 5), ("1E+05", 100_000), ("1e5", 100_000), ("1.5e1", 15), ("1.50e1", 15), ("0.05e2", 5),
            ("0.0", 0),
            ("0e999999999999999999999", 0), ("0e-5", 0), ("-0.0e-0", 0), ("0.000e3", 0), ("100e-2", 1),
            ("9007199254740993", 9_007_199_254_740_993), ("9223372036854775807", .max), ("9223372036854775807.0", .max),
            ("-9223372036854775808", .min), ("-9223372036854775808.000", .min), ("922337203685477580.7e1", .max),
            ("-922337203685477580.8e1", .min), ("1e18", 1_000_000_000_000_000_000),
            ("10000000000000000000000000e-24", 10), ("0.0000000000000000000000001e25", 1),
        ] as [(String, Int64)])
    func wholeNumbers(text: String, number: Int64) {
        #expect(JSONNumber(text).integer == number)
    }

    @Test(
        "is none when there is a fraction or it exceeds 64 bits",
        arguments: [
            "5.5", "0.1", "-0.1", "1e-1", "55e-1", "5.0000000000000000000000001", "1e-999999999999999999999", "1e19",
            "10e18",
            "9223372036854775808", "-9223372036854775809", "9223372036854775807.5", "9223372036854775808.0",
            "92233720368547758070", "1e999999999", "1e999999999999999999999", "-1e20", "0.1e20",
        ])
    func noWholeNumbers(text: String) {
        #expect(JSONNumber(text).integer == nil)
    }

    @Test("comes out the same however its digits and its exponent share the work, for 2,000 numbers")
    func shiftedPoints() {
        var generator = SeededGenerator(seed: 64)
        for _ in 0..<2000 {
            let number = Int64(bitPattern: generator.next()) >> Int64.random(in: 0..<63, using: &generator)
            let digits = String(number.magnitude)
            let sign = number < 0 ? "-" : ""
            let cut = Int.random(in: 1...digits.count, using: &generator)
            let zeros = String(repeating: "0", count: .random(in: 1...30, using: &generator))
            let texts = [
                "\(sign)\(digits)", "\(sign)\(digits).\(zeros)", "\(sign)\(digits)\(zeros)e-\(zeros.count)",
                "\(sign)\(digits.prefix(cut)).\(digits.dropFirst(cut))0E+\(digits.count - cut)",
                "\(sign)0.\(zeros)\(digits)e\(zeros.count + digits.count)",
            ]
            for text in texts {
                #expect(JSONNumber(text).integer == number, "\(text)")
            }
        }
    }

    @Test("takes time in proportion to its length, with zeros before, after and around the point")
    func longNumbers() {
        let zeros = String(repeating: "0", count: 1_000_000)
        #expect(JSONNumber("0.\(zeros)1").integer == nil)
        #expect(JSONNumber("0.\(zeros)7e1000001").integer == 7)
        #expect(JSONNumber("7\(zeros)e-1000000").integer == 7)
        #expect(JSONNumber("7.\(zeros)").integer == 7)
        #expect(JSONNumber("0.\(zeros)").integer == 0)
        #expect(JSONNumber("1e\(zeros)1").integer == 10)
    }
}
