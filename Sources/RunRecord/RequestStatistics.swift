import Histogram

/// Counts requests and how long they took.
struct RequestStatistics: Sendable {
    private(set) var requests = 0
    private(set) var retries = 0
    /// In microseconds. A fixed 170 KiB, whatever comes.
    private var latencies = Histogram<UInt64>(
        highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: .three)

    /// What takes longer counts as this.
    private static let longest = Duration.seconds(600)

    mutating func count(latency: Duration, isRetry: Bool) {
        requests += 1
        if isRetry { retries += 1 }
        let (seconds, attoseconds) = min(max(.zero, latency), RequestStatistics.longest).components
        latencies.record(UInt64(seconds) * 1_000_000 + UInt64(attoseconds) / 1_000_000_000_000)
    }

    /// Nil before the first request.
    var latency: LatencySummary? {
        guard requests > 0 else { return nil }
        return LatencySummary(
            p50: percentile(50), p95: percentile(95), p99: percentile(99),
            max: .microseconds(latencies.maxRecorded))
    }

    private func percentile(_ percentage: Double) -> Duration {
        .microseconds(latencies.valueAtPercentile(percentage))
    }
}
