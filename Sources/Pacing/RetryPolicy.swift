/// How many more tries a failed request gets, and how long to wait before each: exponential with full jitter.
///
/// `delay(n) = max(uniform in 0...min(60 s, firstDelay * 2^(n - 1)), min(pause, 5 min))`, n counted from 1. With a first
/// delay of 1 s: before retry 1 at most 1 s, before retry 3 at most 4 s, from retry 7 on at most 60 s.
package struct RetryPolicy: Hashable, Sendable {
    /// What no jittered delay exceeds.
    package static let delayLimit = Duration.seconds(60)
    /// What is granted at most of the pause that a PBX asks for.
    package static let pauseLimit = Duration.seconds(300)

    /// Further tries of a retryable request.
    package let retries: Int
    /// Upper bound of the delay before the first retry.
    package let firstDelay: Duration

    /// - Parameters:
    ///   - retries: further tries of a retryable request; 0 means none.
    ///   - firstDelay: upper bound of the delay before the first retry; zero means no delay at all.
    package init(retries: Int = 3, firstDelay: Duration = .seconds(1)) {
        self.retries = retries
        self.firstDelay = firstDelay
    }

    /// How long to wait before a retry; nil when there is no such retry.
    ///
    /// - Parameters:
    ///   - n: 1 for the first retry of a request.
    ///   - pause: the least delay, asked for by the PBX (`Retry-After`).
    ///   - generator: where the jitter comes from.
    package func delay(
        beforeRetry n: Int, pause: Duration?, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard n <= retries else { return nil }
        let jittered = Int128.random(in: 0...longestDelay(beforeRetry: n).attoseconds, using: &generator)
        return max(Duration(attoseconds: jittered), granted(pause))
    }

    /// What is granted of a pause that a PBX asks for: 20 s of 20 s, 5 min of 1 h, nothing when it asks for none.
    package func granted(_ pause: Duration?) -> Duration { min(pause ?? .zero, Self.pauseLimit) }

    private func longestDelay(beforeRetry n: Int) -> Duration {
        var delay = max(.zero, min(firstDelay, Self.delayLimit))
        guard delay > .zero else { return .zero }
        var retry = 1
        while retry < n, delay < Self.delayLimit {
            delay = min(delay * 2, Self.delayLimit)
            retry += 1
        }
        return delay
    }
}
