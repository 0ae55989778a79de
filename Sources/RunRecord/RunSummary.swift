import FleetModel
import Histogram
import JSONText
package import Platform
import Synchronization

/// What a run was and how it ended: the content of `summary.json`.
package struct RunSummary: Hashable, Sendable {
    /// The hosts of a run.
    package struct Hosts: Hashable, Sendable {
        /// Distinct hosts of the rows that are part of the run.
        package var total: Int
        /// Hosts that were stopped, so that rows of theirs were skipped.
        package var stopped: Int
        /// Hosts that could not be reached.
        package var unreachable: Int

        /// The members one by one.
        package init(total: Int, stopped: Int, unreachable: Int) {
            self.total = total
            self.stopped = stopped
            self.unreachable = unreachable
        }
    }

    /// What was known of the run when it began.
    package var run: RunHeader
    /// When the last row was done.
    package var finishedAt: WallTime
    /// Rows by status and errcode, as the result file has them.
    package var rows: OutcomeTally
    /// How many hosts there were, and how many were given up.
    package var hosts: Hosts
    /// HTTP requests made, those of logins among them.
    package var requests: Int
    /// HTTP requests that were sent because an earlier one failed.
    package var retries: Int
    /// Rows whose outcome was taken over from an earlier run.
    package var resumed: Int
    /// Nil when no request was made.
    package var latency: LatencySummary?
    /// How the process ends.
    package var exitCode: Int32
    /// What ended the run before all rows were done, in one word; nil when nothing did.
    package var stoppedBy: String?
    /// Name of the result file; nil when it could not be written, so that an older one may stand there.
    package var result: String?

    /// The members one by one.
    package init(
        run: RunHeader, finishedAt: WallTime, rows: OutcomeTally, hosts: Hosts, requests: Int, retries: Int,
        resumed: Int, latency: LatencySummary?, exitCode: Int32, stoppedBy: String?, result: String?
    ) {
        self.run = run
        self.finishedAt = finishedAt
        self.rows = rows
        self.hosts = hosts
        self.requests = requests
        self.retries = retries
        self.resumed = resumed
        self.latency = latency
        self.exitCode = exitCode
        self.stoppedBy = stoppedBy
        self.result = result
    }

    /// Writes `summary.json` into a directory, replacing an earlier one when the new one is complete and on disk.
    ///
    /// - Throws: ``ToolError`` when it cannot be written.
    package func write(to directory: RunDirectory) throws(ToolError) {
        let file = try AtomicFile(RunSummary.fileName, in: directory.folder)
        try file.append(json)
        try file.commit()
    }

    static let fileName = "summary.json"
}

extension RunSummary {
    /// The summary as one JSON object, each of its members on a line of its own.
    package var json: [UInt8] {
        var bytes: [UInt8] = Array("{\n".utf8)
        for (index, member) in members.enumerated() {
            bytes.append(contentsOf: index == 0 ? "  ".utf8 : ",\n  ".utf8)
            bytes.appendJSONString(member.key)
            bytes.append(contentsOf: ": ".utf8)
            var value = JSONWriter()
            value.value(member.value)
            bytes.append(contentsOf: value.bytes)
        }
        bytes.append(contentsOf: "\n}\n".utf8)
        return bytes
    }

    private var members: [JSONMember] {
        [
            JSONMember(key: "run_id", value: .string(run.runID)),
            JSONMember(key: "version", value: .string(run.version)),
            JSONMember(key: "input", value: run.input.json),
            JSONMember(key: "arguments", value: run.argumentsJSON),
            JSONMember(key: "started_at", value: .string(run.startedAt.description)),
            JSONMember(key: "finished_at", value: .string(finishedAt.description)),
            JSONMember(key: "counts", value: counts),
            JSONMember(key: "errcodes", value: errcodes),
            JSONMember(key: "hosts", value: hosts.json),
            JSONMember(key: "requests", value: .integer(requests)),
            JSONMember(key: "retries", value: .integer(retries)),
            JSONMember(key: "resumed", value: .integer(resumed)),
            JSONMember(key: "latency_ms", value: latency?.json ?? LatencySummary.absent),
            JSONMember(key: "latency_buckets", value: (latency?.buckets ?? LatencyBuckets()).json),
            JSONMember(key: "exit_code", value: .integer(Int(exitCode))),
            JSONMember(key: "stopped_by", value: stoppedBy.map { .string($0) } ?? .null),
            JSONMember(key: "result", value: result.map { .string($0) } ?? .null),
        ]
    }

    private var counts: JSONValue {
        .object(RowStatus.allCases.map { JSONMember(key: $0.rawValue, value: .integer(rows[$0])) })
    }

    private var errcodes: JSONValue {
        let sorted = rows.errcodes.sorted { $0.key < $1.key }
        return .object(sorted.map { JSONMember(key: "\($0.key)", value: .integer($0.value)) })
    }
}

extension RunSummary.Hosts {
    fileprivate var json: JSONValue {
        .object([
            JSONMember(key: "total", value: .integer(total)), JSONMember(key: "stopped", value: .integer(stopped)),
            JSONMember(key: "unreachable", value: .integer(unreachable)),
        ])
    }
}

extension LatencySummary {
    fileprivate var json: JSONValue {
        .object(zip(LatencySummary.names, [p50, p95, p99, max]).map { JSONMember(key: $0, value: $1.milliseconds) })
    }

    /// The summary of no request.
    fileprivate static let absent = JSONValue.object(names.map { JSONMember(key: $0, value: .null) })

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

extension JSONValue {
    fileprivate static func integer(_ number: Int) -> JSONValue { .number(String(number)) }
}

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
            buckets: LatencyBuckets(countedBy: { Int(all.count(within: 0...$0)) }))
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

    /// - Parameter count: tells how many requests took at most so many microseconds.
    package init(countedBy count: (UInt64) -> Int) {
        var counted = 0
        for (index, bound) in LatencyBuckets.bounds.enumerated() {
            let isLast = index == LatencyBuckets.bounds.count - 1
            let sum = count(isLast ? 600_000_000 : UInt64(bound * 1000))
            counts[index] = sum - counted
            counted = sum
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
    fileprivate var json: JSONValue {
        let members = zip(LatencyBuckets.bounds, counts).filter { $0.1 > 0 }
        return .object(members.map { JSONMember(key: LatencyBuckets.key($0), value: .integer($1)) })
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
