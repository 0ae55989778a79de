import FleetInput
import FleetModel
package import Platform
package import RunRecord

/// What became of a run, or of several that belong together: shards of one input, or its windows.
///
/// Everything comes from the run directories, so that a report can be made at any time: while a run goes on, after it was
/// killed, or a year later. Only at a run's own end its rows are counted as they are written into the result.
package struct RunReport: Sendable {
    /// The runs, in the order in which they were begun.
    package fileprivate(set) var runs: [RecordedRun]
    /// All rows, by status, errcode and class.
    package private(set) var tally = OutcomeTally()
    /// The input's line of the first row of each group of rows that are not good, where it is known.
    package private(set) var firstLines: [OutcomeGroup: Int] = [:]
    /// Hosts of all rows, and how many were given up.
    package private(set) var hosts = RunSummary.Hosts(total: 0, stopped: 0, unreachable: 0)
    /// Whether there are rows of which no file tells the host, so that there may be more hosts.
    package private(set) var mayHaveMoreHosts = false
    /// HTTP requests of the runs that came to their end; nil when none did. Of one that was resumed, those since then.
    package private(set) var requests: Int?
    /// Those of them that were sent because an earlier one failed.
    package private(set) var retries = 0
    /// How long requests took; nil when nobody counted them.
    package private(set) var latency: LatencySummary?
    /// Why rows are not good, the most frequent cause first.
    package private(set) var causes: [Cause] = []
    /// When rows came to their end.
    private(set) var timeline = Timeline()
    /// The hosts by how long their rows took.
    private(set) var hostTimes = HostTimes()
    /// The rows that are not good, as far as a report lists them.
    private(set) var details = RowList()
    /// Every row in short, in input order; empty unless it was asked for.
    private(set) var allRows: [ReportRow] = []

    /// What edits changed that were made.
    private(set) var changes = ChangeTable()

    private var folding = CauseTable()

    /// Rows of a run of which is told what they changed.
    fileprivate static let changeLimit = 100_000

    /// Reads the run directories.
    ///
    /// - Parameters:
    ///   - directories: paths of run directories, at least one; one that is named twice counts once. Of a row that is in
    ///     several the one counts that was tried last.
    ///   - listsAllRows: whether good rows are kept, too.
    /// - Throws: ``ToolError`` when one of them holds no run or cannot be read.
    package init(of directories: [String], listsAllRows: Bool = false) throws(ToolError) {
        var runs: [RecordedRun] = []
        for path in directories {
            let run = try RecordedRun(path: path)
            if !runs.contains(where: { $0.folder.isSame(as: run.folder) }) { runs.append(run) }
        }
        runs.sort { $0.headers[0].startedAt < $1.headers[0].startedAt }
        self.runs = runs
        let merge = try RowMerge(runs)
        for (index, run) in runs.enumerated() {
            let changes = try run.changes(ofAtMost: Self.changeLimit)
            try run.forEachRow(number: index) { row in
                let changes = changes[row.order.row]
                guard var row = merge.placed(row) else { return }
                row.changes = changes ?? []
                take(row)
                if listsAllRows { allRows.append(row.brief) }
            }
        }
        for (run, count) in merge.unlisted { takeUnlisted(count, of: runs[run]) }
        conclude()
    }

    fileprivate init(_ run: RecordedRun) {
        runs = [run]
    }

    fileprivate mutating func conclude() {
        takeEndings()
        causes = folding.sorted
        details.sort()
        allRows.sort { $0.order < $1.order }
    }

    /// Whether the rows tell of what was before a run was resumed, too, but the requests do not.
    package var isResumed: Bool { runs.contains { $0.headers.count > 1 } }

    /// Why the report may not be of the whole fleet, as a sentence: shards that it lacks, or that are of different inputs; nil
    /// when neither is so, or it is about no shards. Beside a run of a whole input its shards lack nothing.
    package var gap: String? {
        var parts: [Int: Set<Int>] = [:]
        var inputs: Set<SHA256Digest> = []
        let headers = runs.map(\.header)
        let whole = Set(headers.filter(\.arguments.selecting.isEmpty).map(\.input.sha256))
        for header in headers where !whole.contains(header.input.sha256) {
            for shard in header.arguments.selecting.compactMap({ Shard($0.value) }) {
                parts[shard.count, default: []].insert(shard.part)
                inputs.insert(header.input.sha256)
            }
        }
        let isComplete = parts.contains { count, parts in count == parts.count }
        let missing = parts.sorted { $0.key < $1.key }.flatMap { count, parts in
            isComplete || parts.count == 1
                ? [] : Set(1...count).subtracting(parts).sorted().map { "\($0)/\(count)" }
        }
        let sentences = [
            missing.isEmpty ? nil : Self.sentence(missing),
            inputs.count < 2 ? nil : "the shards are of \(inputs.count) different inputs: a row may be in none of them",
        ].compactMap(\.self)
        return sentences.isEmpty ? nil : sentences.joined(separator: "; ")
    }

    private static func sentence(_ missing: [String]) -> String {
        let more = missing.count > 10 ? " and \(missing.count - 10) more" : ""
        let names = missing.prefix(10).joined(separator: ", ") + more
        return missing.count == 1
            ? "shard \(names) is missing: its rows, if it has any, are not counted"
            : "shards \(names) are missing: their rows, if they have any, are not counted"
    }

    /// From the first begin to the last end that is known.
    var span: ClosedRange<WallTime> {
        let start = runs[0].headers[0].startedAt
        let ends = runs.map { $0.ending?.finishedAt ?? $0.header.startedAt } + [timeline.end].compactMap(\.self)
        return start...max(start, ends.max() ?? start)
    }

    fileprivate mutating func take(_ row: ReportRow) {
        let isGood = row.outcome.status.isGood
        tally.count(row.outcome)
        if row.host.isEmpty, row.line == nil { mayHaveMoreHosts = true }
        hostTimes.count(row)
        if let end = row.outcome.finishedAt { timeline.count(end, isGood: isGood) }
        guard !isGood else { return changes.count(row) }
        let group = OutcomeGroup(row.outcome)
        if firstLines[group] == nil { firstLines[group] = row.line }
        folding.count(row)
        details.add(row)
    }

    /// Rows that no file of their run lists yet.
    private mutating func takeUnlisted(_ count: Int, of run: RecordedRun) {
        guard count > 0 else { return }
        let outcome = Outcome(status: .notAttempted, errorClass: .runStopped, error: run.unlistedReason)
        tally.count(outcome, rows: count)
        folding.count(outcome, rows: count)
        mayHaveMoreHosts = true
    }

    private mutating func takeEndings() {
        let endings = runs.compactMap(\.ending)
        let isOne = runs.count == 1 && endings.count == 1
        hosts = RunSummary.Hosts(
            total: isOne ? endings[0].hosts.total : hostTimes.hosts,
            stopped: endings.reduce(0) { $0 + $1.hosts.stopped },
            unreachable: endings.reduce(0) { $0 + $1.hosts.unreachable })
        requests = endings.isEmpty ? nil : endings.reduce(0) { $0 + $1.requests }
        retries = endings.reduce(0) { $0 + $1.retries }
        let latencies = endings.compactMap(\.latency)
        guard let longest = latencies.map(\.max).max() else { return }
        guard latencies.count > 1 else { return latency = latencies[0] }
        var buckets = LatencyBuckets()
        for latency in latencies { buckets.add(latency.buckets) }
        latency = LatencySummary(buckets, max: longest)
    }
}

/// The report of a run that comes to its end: it counts the rows as they are written into the result, which need not be read
/// for it.
package struct EndingReport {
    private var report: RunReport
    private var columns: ColumnRoles
    private let changes: [Int: [FieldChange]]

    /// - Parameter directory: that of the run; its ledger must be complete.
    /// - Throws: ``ToolError`` when it cannot be read.
    package init(of directory: RunDirectory) throws(ToolError) {
        let run = try RecordedRun(of: directory)
        report = RunReport(run)
        columns = ColumnRoles(run.header.arguments)
        changes = try run.changes(ofAtMost: RunReport.changeLimit)
    }

    /// Counts a row.
    package mutating func take(_ row: ResultRow) {
        var row = ReportRow(row, run: 0, &columns)
        row.changes = changes[row.order.row] ?? []
        report.take(row)
    }

    /// The report, once result and summary are written.
    ///
    /// - Throws: ``ToolError`` when the summary cannot be read.
    package consuming func finish() throws(ToolError) -> RunReport {
        try report.runs[0].readEnding()
        report.conclude()
        return report
    }
}

extension RecordedRun {
    /// Why rows that the ledger does not know were not done.
    fileprivate var unlistedReason: String {
        if ending != nil { return "the ledger does not tell of it, and the result could not be written" }
        return state == .underWay ? "the run goes on, and has not come to it" : "the run broke off before it came to it"
    }
}

/// When rows came to their end: rows by the time, in slices that grow with the run.
struct Timeline: Sendable {
    /// Rows that came to their end within one slice.
    struct Slice: Sendable {
        var good = 0
        var bad = 0
    }

    /// Milliseconds of a slice.
    private(set) var width: Int64 = 10
    private(set) var slices: [Int64: Slice] = [:]
    private(set) var end: WallTime?

    /// More slices than a screen shows.
    private static let limit = 480

    mutating func count(_ time: WallTime, isGood: Bool) {
        end = max(end ?? time, time)
        let number = Timeline.number(time, width)
        if isGood { slices[number, default: Slice()].good += 1 } else { slices[number, default: Slice()].bad += 1 }
        while slices.count > Timeline.limit { widen() }
    }

    /// The slices between the first and the last, at most so many.
    func evenly(atMost limit: Int) -> (start: WallTime, width: Int64, slices: [Slice]) {
        var timeline = self
        while let first = timeline.slices.keys.min(), let last = timeline.slices.keys.max() {
            if last - first < limit {
                let slices = (first...last).map { timeline.slices[$0] ?? Slice() }
                return (WallTime(milliseconds: first * timeline.width), timeline.width, slices)
            }
            timeline.widen()
        }
        return (WallTime(milliseconds: 0), width, [])
    }

    private mutating func widen() {
        width *= 2
        var wider: [Int64: Slice] = [:]
        for (number, slice) in slices {
            let number = number >> 1
            wider[number, default: Slice()].good += slice.good
            wider[number, default: Slice()].bad += slice.bad
        }
        slices = wider
    }

    private static func number(_ time: WallTime, _ width: Int64) -> Int64 {
        Int64((Double(time.milliseconds) / Double(width)).rounded(.down))
    }
}

/// Hosts by how long their rows took.
struct HostTimes: Sendable {
    /// What is known of one host.
    struct Times: Sendable {
        var rows = 0
        var bad = 0
        var timed = 0
        var total: Int64 = 0
        var longest: Int64 = 0
    }

    private var times: [String: Times] = [:]

    /// Hosts beyond these are not told apart, so that memory has a bound.
    private static let limit = 200_000

    mutating func count(_ row: ReportRow) {
        guard !row.host.isEmpty, times.count < HostTimes.limit || times[row.host] != nil else { return }
        let bad = row.outcome.status.isGood ? 0 : 1
        let length = row.outcome.durationMilliseconds
        times[row.host, default: Times()].add(bad, length)
    }

    var hosts: Int { times.count }

    /// The hosts with the longest mean time for a row, of those that had one.
    func slowest(_ count: Int) -> [(host: String, times: Times)] {
        var slowest: [(host: String, times: Times)] = []
        for (host, times) in times where times.timed > 0 {
            let place = slowest.firstIndex { ($0.times.mean, host) < (times.mean, $0.host) } ?? slowest.count
            guard place < count else { continue }
            slowest.insert((host, times), at: place)
            if slowest.count > count { slowest.removeLast() }
        }
        return slowest
    }
}

extension HostTimes.Times {
    fileprivate mutating func add(_ bad: Int, _ length: Int64?) {
        rows += 1
        self.bad += bad
        guard let length else { return }
        timed += 1
        total += length
        longest = max(longest, length)
    }

    /// Milliseconds of a row on average.
    var mean: Double { Double(total) / Double(max(1, timed)) }
}
