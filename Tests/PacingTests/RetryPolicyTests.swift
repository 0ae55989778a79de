import TestSupport
import Testing

@testable import Pacing

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
