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
