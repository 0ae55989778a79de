import Testing

@testable import Pacing

@Suite("A halt policy")
struct HaltPolicyTests {
    @Test(
        "stops the run at the right row",
        arguments: [
            ("5", 4, 4, false), ("5", 4, 1000, false), ("5", 5, 5, true), ("5", 6, 900, true), ("1", 0, 50, false),
            ("1", 1, 1, true), ("10%", 1, 9, false), ("10%", 9, 9, false), ("10%", 1, 10, true), ("10%", 2, 25, false),
            ("10%", 3, 25, true), ("10%", 1, 11, false), ("10%", 0, 10, false), ("1%", 9, 1000, false),
            ("1%", 10, 1000, true), ("33%", 33, 100, true), ("33%", 32, 100, false), ("100%", 9, 10, false),
            ("100%", 10, 10, true), ("50%", 5, 10, true), ("05", 5, 5, true),
            ("9223372036854775807", 1_000_000, 1_000_000, false),
        ] as [(String, Int, Int, Bool)])
    func reached(text: String, bad: Int, finished: Int, isReached: Bool) throws {
        #expect(try #require(HaltPolicy(text)).isReached(bad: bad, finished: finished) == isReached)
    }

    @Test(
        "is nothing else than a number or a percentage",
        arguments: [
            "", "%", "0", "0%", "-1", "+5", "101%", "1000%", "5 %", "5%%", " 5", "5 ", "5.5", "10.5%", "1e2", "five",
            "5%5",
            "9223372036854775808", "９", "5\u{0}",
        ])
    func refused(text: String) {
        #expect(HaltPolicy(text) == nil)
    }
}
