import Histogram
import JSONText
import Platform
import Synchronization

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
            p99: .microseconds(all.valueAtPercentile(99)), max: .microseconds(all.maxRecorded),
            buckets: LatencyBuckets { previous, bound in
                let start = previous.map(all.nextNonEquivalentForValue) ?? 0
                return Int(all.count(within: start...bound))
            })
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

/// How long requests took: within 0.1 % of the truth for one run, and within a bucket for several.
package struct LatencySummary: Hashable, Sendable {
    /// Half of the requests took no longer.
    package let p50: Duration
    /// 95 of 100 requests took no longer.
    package let p95: Duration
    /// 99 of 100 requests took no longer.
    package let p99: Duration
    /// No request took longer.
    package let max: Duration
    /// How many requests took about how long.
    package let buckets: LatencyBuckets

    /// The members one by one.
    package init(
        p50: Duration, p95: Duration, p99: Duration, max: Duration, buckets: LatencyBuckets = LatencyBuckets()
    ) {
        self.p50 = p50
        self.p95 = p95
        self.p99 = p99
        self.max = max
        self.buckets = buckets
    }

    /// The percentiles of several runs together, each the upper bound of the bucket that it is in.
    ///
    /// - Parameters:
    ///   - buckets: the requests of all runs, at least one.
    ///   - max: no request took longer.
    package init(_ buckets: LatencyBuckets, max: Duration) {
        let percentiles = [0.5, 0.95, 0.99].map { Swift.min(buckets.upperBound(ofShare: $0), max) }
        self.init(p50: percentiles[0], p95: percentiles[1], p99: percentiles[2], max: max, buckets: buckets)
    }

    /// Reads what a summary says of it; nil for anything else and for a run without requests.
    init?(_ percentiles: JSONValue, _ buckets: JSONValue?) {
        let times = LatencySummary.names.compactMap { percentiles[$0].flatMap(Duration.init(milliseconds:)) }
        guard times.count == 4 else { return nil }
        self.init(
            p50: times[0], p95: times[1], p99: times[2], max: times[3],
            buckets: buckets.flatMap(LatencyBuckets.init) ?? LatencyBuckets())
    }
}

/// Requests by how long they took, in buckets that are the same for every run, so that those of several can be added.
package struct LatencyBuckets: Hashable, Sendable {
    /// The most milliseconds of each bucket; what took longer than the last is in the last.
    package static let bounds: [Double] = [1, 10, 100, 1000, 10_000].flatMap { decade in
        [1, 1.5, 2, 3, 5, 7].map { $0 * decade }
    }
    /// Requests in each bucket.
    package private(set) var counts = [Int](repeating: 0, count: bounds.count)

    /// No request.
    package init() {}

    /// - Parameter count: tells how many requests took more than so many microseconds, nil for the first bucket, and at most
    ///   so many.
    package init(countedBy count: (UInt64?, UInt64) -> Int) {
        var previous: UInt64?
        for (index, bound) in LatencyBuckets.bounds.enumerated() {
            let isLast = index == LatencyBuckets.bounds.count - 1
            let bound = isLast ? 600_000_000 : UInt64(bound * 1000)
            counts[index] = count(previous, bound)
            previous = bound
        }
    }

    /// Adds the requests of another run.
    package mutating func add(_ other: LatencyBuckets) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    fileprivate func upperBound(ofShare share: Double) -> Duration {
        let wanted = Double(counts.reduce(0, +)) * share
        var sum = 0
        for (bound, count) in zip(LatencyBuckets.bounds, counts) {
            sum += count
            if Double(sum) >= wanted { return .milliseconds(bound) }
        }
        return .seconds(600)
    }

    /// `{"7":12,"10":3}`: those that are not empty, under their bounds.
    var json: JSONValue {
        let members = zip(LatencyBuckets.bounds, counts).filter { $0.1 > 0 }
        return .object(members.map { JSONMember(key: LatencyBuckets.key($0), value: JSONValue($1)) })
    }

    fileprivate init?(_ json: JSONValue) {
        guard case .object = json else { return nil }
        for (index, bound) in LatencyBuckets.bounds.enumerated() {
            counts[index] = json[LatencyBuckets.key(bound)]?.integer.flatMap { Int(exactly: $0) } ?? 0
        }
    }

    /// `7` or `1.5`.
    private static func key(_ bound: Double) -> String {
        bound == bound.rounded() ? String(Int(bound)) : String(bound)
    }
}

extension Duration {
    /// A JSON number of milliseconds; nil for anything else.
    fileprivate init?(milliseconds json: JSONValue) {
        guard case .number(let text) = json, let number = Double(text), (0...1e9).contains(number) else { return nil }
        self = .microseconds(Int64((number * 1000).rounded()))
    }
}

extension LatencySummary {
    var json: JSONValue {
        .object(zip(LatencySummary.names, [p50, p95, p99, max]).map { JSONMember(key: $0, value: $1.milliseconds) })
    }

    /// The summary of no request.
    static let absent = JSONValue.object(names.map { JSONMember(key: $0, value: .null) })

    private static let names = ["p50", "p95", "p99", "max"]
}

extension Duration {
    /// Milliseconds with three decimals.
    fileprivate var milliseconds: JSONValue {
        let microseconds = Int(self / .microseconds(1))
        let decimals = String(1000 + microseconds % 1000).dropFirst()
        return .number("\(microseconds / 1000).\(decimals)")
    }
}
