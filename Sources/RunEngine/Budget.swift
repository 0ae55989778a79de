import Platform
import FleetModel
import Pacing

/// What a run may do: on which hosts, how many requests at once and how often, until when, and how many rows may go
/// wrong on the way.
struct Budget {
    private var settings: RunSettings
    private var gate: RateGate?
    private var canary: CanaryPolicy?
    private var underWay = 0
    /// Requests under way that are no longer young.
    private var aged = 0
    /// Young requests under way at hosts that are unresponsive.
    private var unresponsive = 0
    /// Rows that are finished and were neither skipped nor left, and those of them that went wrong.
    private var finished = 0
    private var bad = 0
    /// Whether somebody waits for the run to end, so that the rates no longer hold.
    var isUrgent = false

    /// How often a window is held against the calendar at least, because nothing rings when a clock is set.
    private static let calendarCheck = Duration.seconds(30)

    init(_ settings: RunSettings, hostCount: Int) {
        self.settings = settings
        gate = settings.rate.map { RateGate($0) }
        canary = settings.canaryHosts.map { CanaryPolicy(count: $0, hostCount: hostCount) }
    }

    func mayBegin(_ host: Int) -> Bool { canary?.startableHosts.contains(host) ?? true }

    /// Whether there are canaries and every one of them has no row left to run.
    var isCanaryPassed: Bool { canary?.isPassed ?? false }

    /// Takes note that a host has no row left to run.
    mutating func finish(host: Int) { canary?.finish(host: host) }
}

/// Requests at once, and how often.
extension Budget {
    /// Whether one more request may be under way.
    var hasRoom: Bool { underWay < min(settings.jobs.young + aged, settings.jobs.most) }

    /// Whether one more unresponsive host may have a young request: a quarter of them are left to such hosts.
    var allowsUnresponsive: Bool { unresponsive < max(1, settings.jobs.young / 4) }

    /// When the next request may start; `now` when it may at once.
    func earliest(now: Duration) -> Duration { isUrgent ? now : gate?.earliest(now: now) ?? now }

    /// When the rate of a lane's host allows a request; `now` when it does at once.
    func earliest(on lane: Lane, now: Duration) -> Duration { isUrgent ? now : lane.gate?.earliest(now: now) ?? now }

    /// Takes what a request of a lane needs that starts now.
    mutating func take(_ lane: inout Lane, now: Duration) {
        gate?.take(now: now)
        lane.gate?.take(now: now)
        underWay += 1
        if lane.isUnresponsive { unresponsive += 1 }
    }

    /// Takes note that the request of a lane is no longer young.
    mutating func age(_ lane: inout Lane) {
        guard !lane.isAged else { return }
        lane.isAged = true
        aged += 1
        if lane.isUnresponsive { unresponsive -= 1 }
    }

    /// Takes back what a request of a lane needed.
    ///
    /// - Parameter wasMade: whether one was made at all; its place in the rates is free otherwise.
    mutating func giveBack(_ lane: inout Lane, wasMade: Bool) {
        underWay -= 1
        if lane.isAged {
            lane.isAged = false
            aged -= 1
        } else if lane.isUnresponsive {
            unresponsive -= 1
        }
        guard !wasMade else { return }
        gate?.giveBack()
        lane.gate?.giveBack()
    }
}

/// Until when.
extension Budget {
    /// Holds the window's end against the calendar, which may have been set.
    mutating func checkWindow(now: Duration, wallTime: WallTime) {
        settings.window?.check(now: now, wallTime: wallTime)
    }

    /// When every request must be over; nil when there is no window.
    var deadline: Duration? { settings.window?.end }

    /// Whether a request may start at a time, be it the one that ends a session.
    func mayStart(at time: Duration) -> Bool { settings.window?.mayStart(now: time) ?? true }

    /// The next moment from which on less may start, or at which the window is to be held against the calendar; nil when
    /// there is no window.
    func nextLimit(after now: Duration) -> Duration? {
        guard let window = settings.window else { return nil }
        return [window.lastStart + .milliseconds(1), now + Self.calendarCheck].filter { $0 > now }.min()
    }
}

/// How many rows may go wrong.
extension Budget {
    /// Takes note of how a row ended.
    ///
    /// - Returns: why the run is to stop; empty when it is not.
    mutating func judge(_ outcome: Outcome, ofHost host: Int) -> [StopReason] {
        guard outcome.status != .skipped, outcome.status != .notAttempted else { return [] }
        finished += 1
        if !outcome.status.isGood { bad += 1 }
        var reasons: [StopReason] = []
        if settings.halt?.isReached(bad: bad, finished: finished) ?? false { reasons.append(.halt) }
        if canary?.stopsRun(outcome, ofHost: host) ?? false { reasons.append(.canary) }
        return reasons
    }
}

/// How often something may happen, as `--rate` writes it: `20/s`, `600/m`, `2.5/h`.
///
/// `interval = unit / number`: `20/s` → 50 ms, `600/m` → 100 ms, `1000/h` → 3.6 s.
package struct Rate: Hashable, Sendable {
    /// Time from one event to the next, more than zero.
    package let interval: Duration

    /// - Parameter text: a number above zero, whole or decimal, with at most 9 digits before and 9 after the point; then
    ///   `/s`, `/m` or `/h`. Anything else gives nil.
    package init?(_ text: String) {
        let halves = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard halves.count == 2, let unit = Self.unit(halves[1]) else { return nil }
        let parts = halves[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ (1...9).contains($0.count) }) else { return nil }
        guard let digits = Int(digits: Array(parts.joined())), digits > 0 else { return nil }
        let scale = parts.dropFirst().joined().reduce(1) { scale, _ in scale * 10 }
        interval = unit * scale / digits
    }

    private static func unit(_ letter: Substring.UTF8View) -> Duration? {
        switch String(letter) {
        case "s": .seconds(1)
        case "m": .seconds(60)
        case "h": .seconds(3600)
        default: nil
        }
    }
}

/// Lets requests start one `interval` apart, without a burst after a pause.
///
/// The gate keeps a schedule of slots: `slot = max(previous slot + interval, now - tolerance)`, and the first slot is the
/// first request's own moment. A request that a late timer starts up to `tolerance` after its slot does not move the
/// later slots, so the rate holds; the time of an idle gate beyond that is lost. In any stretch of time `t` at most
/// `1 + (t + tolerance) / interval` requests start, not counting those whose slot another one gave back.
///
/// With `20/s` and 20 ms: requests asked for without end start at 0, 50, 100 ms; one that starts 15 ms late, at 65 ms,
/// leaves the next at 100 ms; after one at 1000 ms that found the gate idle the next may start at 1030 ms.
struct RateGate: Sendable {
    private let interval: Duration
    private let tolerance: Duration
    /// The slot taken last; nil before the first.
    private var slot: Duration?
    private var isGivenBack = false

    /// - Parameters:
    ///   - rate: how often requests may start.
    ///   - tolerance: how much lateness of a timer is made up for.
    init(_ rate: Rate, tolerance: Duration = .milliseconds(20)) {
        interval = rate.interval
        self.tolerance = tolerance
    }

    /// When the next request may start; `now` when it may at once.
    func earliest(now: Duration) -> Duration {
        max(now, nextSlot ?? now)
    }

    /// Takes the next slot for a request that starts now, which must not be before ``earliest(now:)``.
    mutating func take(now: Duration) {
        slot = nextSlot.map { max($0, now - tolerance) } ?? now
        isGivenBack = false
    }

    /// Frees the slot taken last, because no request was made in it, or in an earlier one, which is past and cannot be
    /// freed itself. Any number of calls between two takes free one slot.
    mutating func giveBack() {
        isGivenBack = true
    }

    private var nextSlot: Duration? {
        slot.map { isGivenBack ? $0 : $0 + interval }
    }
}

/// When so many rows went wrong that the run is to stop, as `--halt-after` writes it: `5` or `10%`.
///
/// A number is reached when `bad >= number`; a percentage when `finished >= 10` and `bad * 100 >= percent * finished`.
/// `5` → at the fifth bad row; `10%` → at 1 bad of 10, not at 1 of 9; `10%` → at 3 of 25, not at 2 of 25.
package struct HaltPolicy: Hashable, Sendable {
    /// Finished rows from which a percentage means something.
    private static let leastRowsForPercentage = 10

    private enum Limit: Hashable, Sendable {
        case rows(Int)
        case percent(Int)
    }

    private let limit: Limit

    /// - Parameter text: a whole number of rows from 1, or a whole percentage from 1 to 100 followed by `%`. Anything
    ///   else gives nil.
    package init?(_ text: String) {
        let isPercentage = text.hasSuffix("%")
        guard let number = Int(digits: text.utf8.dropLast(isPercentage ? 1 : 0)), number > 0 else { return nil }
        if isPercentage && number > 100 { return nil }
        limit = isPercentage ? .percent(number) : .rows(number)
    }

    /// Whether the run is to stop.
    ///
    /// - Parameters:
    ///   - bad: rows that ended `failed` or `unknown`.
    ///   - finished: rows that ended, the bad ones among them.
    package func isReached(bad: Int, finished: Int) -> Bool {
        switch limit {
        case .rows(let rows): bad >= rows
        case .percent(let percent): finished >= Self.leastRowsForPercentage && bad * 100 >= percent * finished
        }
    }
}

/// Lets the first hosts of the file run alone, and the others only after every row of theirs was good.
///
/// Hosts are numbered from 0 in file order. While a canary is not finished, hosts `0..<min(count, hostCount)` may start;
/// then all. Any row of a canary that is not `ok` or `no_change` stops the run. With 2 canaries of 5 hosts: `0..<2` may
/// start; after hosts 0 and 1 are finished `0..<5`; a `failed` row of host 1 stops the run, one of host 2 does not.
struct CanaryPolicy: Hashable, Sendable {
    private let canaryCount: Int
    private let hostCount: Int
    private var finished: Set<Int> = []

    /// - Parameters:
    ///   - count: canaries; 0 means none, and more than there are hosts means all.
    ///   - hostCount: hosts of the run, those without a row to run among them.
    init(count: Int, hostCount: Int) {
        canaryCount = max(0, min(count, hostCount))
        self.hostCount = hostCount
    }

    /// The hosts that may start now.
    var startableHosts: Range<Int> {
        0..<(isPassed ? hostCount : canaryCount)
    }

    /// Whether the canaries are through, so that all hosts may start.
    var isPassed: Bool { finished.count == canaryCount }

    /// Takes note that a host has no row left to run; a canary that has none from the start must be reported as well.
    mutating func finish(host: Int) {
        if host < canaryCount { finished.insert(host) }
    }

    /// Whether a row that ended so stops the run.
    func stopsRun(_ outcome: Outcome, ofHost host: Int) -> Bool {
        host < canaryCount && !outcome.status.isGood
    }
}

/// Gives up on a host after so many rows in a row that it did not serve.
///
/// A row counts when it ended by `connect`, `tls` or `timeout`, or by HTTP 429 or 5xx without an errcode: the PBX is away,
/// or so busy that it asks for a pause at every row. Any other end sets the count back to 0. With a limit of 3: connect,
/// 503, connect → skip the rest; connect, tls, ok, timeout → go on; timeout, tls, connect → skip.
struct HostBreaker: Sendable {
    private let limit: Int
    private var unserved = 0

    /// - Parameter limit: rows in a row, at least 1.
    init(limit: Int = 3) {
        self.limit = limit
    }

    /// Takes note of how a row of the host ended, in the order in which the rows ended.
    ///
    /// - Returns: whether the host's remaining rows are to be skipped.
    mutating func note(_ outcome: Outcome) -> Bool {
        unserved = Self.isUnserved(outcome) ? unserved + 1 : 0
        return unserved > 0 && unserved >= limit
    }

    private static func isUnserved(_ outcome: Outcome) -> Bool {
        if [.connect, .tls, .timeout].contains(outcome.errorClass) { return true }
        guard !outcome.status.isGood, outcome.errcode == nil else { return false }
        return RetryPolicy.isTemporary(httpStatus: outcome.httpStatus)
    }
}
