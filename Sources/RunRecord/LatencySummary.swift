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
