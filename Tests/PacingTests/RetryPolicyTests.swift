@testable import Pacing
import TestSupport
import Testing

@Suite("A retry policy")
struct RetryPolicyTests {
    /// The highest value a generator can give, so that jitter is at its upper bound.
    private struct HighestGenerator: RandomNumberGenerator {
        func next() -> UInt64 { .max }
    }

    @Test(
        "doubles the longest delay up to a minute",
        arguments: [
            (1, 1000), (2, 2000), (3, 4000), (4, 8000), (5, 16_000), (6, 32_000), (7, 60_000), (8, 60_000),
            (70, 60_000), (10_000, 60_000),
        ])
    func longestDelay(retry: Int, milliseconds: Int) throws {
        var generator = HighestGenerator()
        let delay = try #require(
            RetryPolicy(retries: 10_000).delay(beforeRetry: retry, pause: nil, using: &generator))
        #expect(delay == .milliseconds(milliseconds))
    }

    @Test(
        "starts from the first delay it is given",
        arguments: [
            (.zero, 1, .zero), (.zero, 9, .zero), (.seconds(-1), 3, .zero), (.milliseconds(250), 3, .seconds(1)),
            (.seconds(59), 1, .seconds(59)), (.seconds(59), 2, .seconds(60)), (.seconds(600), 1, .seconds(60)),
            (.nanoseconds(1), 10, .nanoseconds(512)),
        ] as [(Duration, Int, Duration)])
    func firstDelay(first: Duration, retry: Int, longest: Duration) {
        var generator = HighestGenerator()
        let policy = RetryPolicy(retries: 10, firstDelay: first)
        #expect(policy.delay(beforeRetry: retry, pause: nil, using: &generator) == longest)
    }

    @Test("spreads the delay over all of zero to the longest, for 10,000 seeds", arguments: [1, 2, 3, 5, 9])
    func jitter(retry: Int) throws {
        let policy = RetryPolicy(retries: 9)
        let longest = min(Double(1 << (retry - 1)), 60)
        let shares = try (0..<10_000).map { seed in
            var generator = SeededGenerator(seed: UInt64(seed))
            let delay = try #require(policy.delay(beforeRetry: retry, pause: nil, using: &generator))
            return delay / .seconds(1) / longest
        }
        #expect(shares.allSatisfy { (0...1).contains($0) })
        for tenth in 0..<10 {
            let count = shares.count { Int($0 * 10) == tenth }
            #expect((850...1150).contains(count), "share \(tenth)/10 came \(count) times of 10,000")
        }
    }

    @Test("has no retry after the last", arguments: [(3, 3, true), (3, 4, false), (0, 1, false), (1, 1, true)])
    func lastRetry(retries: Int, retry: Int, isGranted: Bool) {
        var generator = SeededGenerator(seed: 1)
        let policy = RetryPolicy(retries: retries)
        #expect((policy.delay(beforeRetry: retry, pause: nil, using: &generator) != nil) == isGranted)
        #expect((policy.delay(beforeRetry: retry, pause: .seconds(1), using: &generator) != nil) == isGranted)
    }

    @Test("makes three retries from a second on unless told otherwise")
    func defaults() {
        #expect(RetryPolicy() == RetryPolicy(retries: 3, firstDelay: .seconds(1)))
    }

    @Test(
        "obeys a pause up to five minutes",
        arguments: [
            (.seconds(20), .seconds(20)), (.seconds(299), .seconds(299)), (.seconds(300), .seconds(300)),
            (.seconds(301), .seconds(300)), (.seconds(86_400), .seconds(300)),
        ] as [(Duration, Duration)])
    func pause(asked: Duration, granted: Duration) {
        var generator = SeededGenerator(seed: 1)
        #expect(RetryPolicy().delay(beforeRetry: 3, pause: asked, using: &generator) == granted)
    }

    @Test("never waits less than a short pause, and not less than its jitter for it")
    func shortPause() throws {
        for seed in 0..<1000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var same = SeededGenerator(seed: seed)
            let alone = try #require(RetryPolicy().delay(beforeRetry: 2, pause: nil, using: &generator))
            let paused = try #require(RetryPolicy().delay(beforeRetry: 2, pause: .seconds(1), using: &same))
            #expect(paused == max(alone, .seconds(1)))
        }
    }

    @Test("takes a pause that is over already for none")
    func pastPause() throws {
        var generator = SeededGenerator(seed: 4)
        let delay = RetryPolicy().delay(beforeRetry: 1, pause: .seconds(-30), using: &generator)
        #expect(try #require(delay) >= .zero)
    }
}

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
