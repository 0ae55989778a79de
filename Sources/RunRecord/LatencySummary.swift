/// How long requests took, within 0.1 % of the truth.
package struct LatencySummary: Hashable, Sendable {
    /// Half of the requests took no longer.
    package let p50: Duration
    package let p95: Duration
    package let p99: Duration
    package let max: Duration

    package init(p50: Duration, p95: Duration, p99: Duration, max: Duration) {
        self.p50 = p50
        self.p95 = p95
        self.p99 = p99
        self.max = max
    }
}
