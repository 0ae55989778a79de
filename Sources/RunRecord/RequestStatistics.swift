import Platform
import Histogram
import Synchronization
import FleetModel

/// Counts requests and how long they took, whichever threads they come from.
///
/// Requests go to the parts in turn, so that threads that count at the same time seldom wait for each other: one that
/// is suspended in the middle of counting would hold up all the others.
final class RequestStatistics: Sendable {
    private let ended = Atomic(0)
    private let endedRetries = Atomic(0)
    private let parts = (0..<4).map { _ in Part() }

    /// What takes longer counts as this.
    private static let longest = Duration.seconds(600)

    var requests: Int { ended.load(ordering: .relaxed) }
    var retries: Int { endedRetries.load(ordering: .relaxed) }

    func count(latency: Duration, isRetry: Bool) {
        let number = ended.add(1, ordering: .relaxed).oldValue
        if isRetry { endedRetries.add(1, ordering: .relaxed) }
        let (seconds, attoseconds) = min(max(.zero, latency), RequestStatistics.longest).components
        let microseconds = UInt64(seconds) * 1_000_000 + UInt64(attoseconds) / 1_000_000_000_000
        parts[number % parts.count].latencies.withLock { _ = $0.record(microseconds) }
    }

    /// Nil before the first request.
    var latency: LatencySummary? {
        var all = Part.empty
        for part in parts { all.add(part.latencies.withLock { $0 }) }
        guard all.totalCount > 0 else { return nil }
        return LatencySummary(
            p50: .microseconds(all.valueAtPercentile(50)), p95: .microseconds(all.valueAtPercentile(95)),
            p99: .microseconds(all.valueAtPercentile(99)), max: .microseconds(all.maxRecorded))
    }

    /// A part of the requests.
    private final class Part: Sendable {
        /// In microseconds. A fixed 85 KiB, whatever comes.
        let latencies = Lock(Part.empty)

        static var empty: Histogram<UInt32> {
            Histogram(highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: .three)
        }
    }
}

/// How long requests took, within 0.1 % of the truth.
package struct LatencySummary: Hashable, Sendable {
    /// Half of the requests took no longer.
    package let p50: Duration
    /// 95 of 100 requests took no longer.
    package let p95: Duration
    /// 99 of 100 requests took no longer.
    package let p99: Duration
    /// No request took longer.
    package let max: Duration

    /// The members one by one.
    package init(p50: Duration, p95: Duration, p99: Duration, max: Duration) {
        self.p50 = p50
        self.p95 = p95
        self.p99 = p99
        self.max = max
    }
}
