import Testing

@testable import Pacing

@Suite("A duration text")
struct DurationTextTests {
    @Test(
        "reads a number and its unit",
        arguments: [
            ("500ms", .milliseconds(500)), ("10s", .seconds(10)), ("5m", .seconds(300)), ("2h", .seconds(7200)),
            ("0s", .zero), ("0ms", .zero), ("007s", .seconds(7)), ("90m", .seconds(5400)),
            ("8760h", .seconds(31_536_000)),
            ("31536000000ms", .seconds(31_536_000)),
        ] as [(String, Duration)])
    func reading(text: String, duration: Duration) throws {
        #expect(try #require(DurationText(text)).duration == duration)
    }

    @Test(
        "reads nothing else",
        arguments: [
            "", "s", "ms", "10", "10 s", " 10s", "10s ", "-1s", "+1s", "1.5s", "1,5s", "1e3s", "10S", "10MS", "10d",
            "10us",
            "1h30m", "10sec", "8761h", "31536001s", "31536000001ms", "9223372036854775807h", "9223372036854775808ms",
            "99999999999999999999999999s", "٣s", "10s\u{0}", "10µs", "0x10s", ":s", "/s",
        ])
    func refusing(text: String) {
        #expect(DurationText(text) == nil)
    }

    @Test(
        "is written as people read it",
        arguments: [
            (.zero, "0s"), (.milliseconds(1), "1ms"), (.milliseconds(999), "999ms"), (.seconds(1), "1s"),
            (.milliseconds(1500), "1500ms"), (.milliseconds(9999), "9999ms"), (.milliseconds(10_500), "10s"),
            (.seconds(59), "59s"), (.seconds(60), "1m"), (.milliseconds(60_999), "1m"), (.seconds(205), "3m25s"),
            (.seconds(3600), "1h"), (.seconds(3605), "1h5s"), (.seconds(5400), "1h30m"), (.seconds(93_784), "26h3m4s"),
            (.microseconds(1), "0s"), (.seconds(-205), "-3m25s"), (.milliseconds(-2), "-2ms"),
        ] as [(Duration, String)])
    func writing(duration: Duration, text: String) {
        #expect(DurationText(duration).description == text)
    }

    @Test("reads what it wrote for every duration with one unit", arguments: ["ms", "s", "m", "h"])
    func wayBack(unit: String) throws {
        for number in 1...59 {
            let text = "\(number)\(unit)"
            #expect(try #require(DurationText(text)).description == text)
        }
    }
}
