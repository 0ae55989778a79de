import DequeModule
import HeapModule
package import FleetModel
import Pacing

/// Everything a run decides, as a value: events go in, actions come out. No clock, no lock, no I/O.
///
/// Each host with rows has a lane. A lane is ready, busy, waiting until a time, or stopped; rows of a lane run one at a
/// time, in file order. A worker that is free takes, in this order: a session to end, a ready lane that was begun, the
/// next host of the file. So a begun host is finished before another one is begun, and only few sessions are open. Hosts
/// that did not answer last time have a quarter of the workers at most, unless the others have nothing to do.
///
/// Rows whose turn comes soon are announced, so that no worker waits for the disk when it does.
///
/// What must hold after every event: a row is finished at most once, a host has at most one worker, and no more workers
/// are busy than the settings allow.
package struct RunState {
    let settings: RunSettings
    let rows: LaneRows
    var gate: RateGate?
    var canary: CanaryPolicy?
    /// Lanes that were begun and are not over.
    var lanes: [Int: Lane] = [:]
    /// Hosts of ready lanes, first come first served.
    var ready: Deque<Int> = []
    /// Those of them that probably keep a worker waiting.
    var suspects: Deque<Int> = []
    /// Workers that such a host has.
    var workersOfSuspects = 0
    /// Hosts of stopped lanes whose session can be ended now.
    var closing: Deque<Int> = []
    var waiting: Heap<Waiting> = []
    var idleWorkers: [Int]
    /// The first host of the file that was not begun.
    var nextHost = 0
    /// The first host of the file whose first row was not announced.
    var nextAnnounced = 0
    /// Rows that are announced and not under way: no worker has them, and no edit of theirs has left.
    var ahead: Set<Int> = []
    var foresight: Foresight
    /// When the wished-for timer fires; nil when there is none.
    var timer: Duration?
    /// Whether nothing is left to do about the reasons to stop.
    var isWoundDown = true
    /// Whether somebody waits for the run to end, so that sessions are ended without regard to the rate.
    var isHurried = false
    var isOver = false
    /// Rows that are finished and were neither skipped nor left, and those of them that went wrong.
    var finished = 0
    var bad = 0

    /// Why the run ended before its rows did, in the order in which the reasons came up; empty when it did not.
    package internal(set) var stopReasons: [StopReason] = []
    /// Hosts whose remaining rows were skipped.
    package internal(set) var hostsStopped = 0
    /// Hosts that had rows sent to and never answered.
    package internal(set) var hostsUnreachable = 0

    /// - Parameters:
    ///   - source: the rows; read once, here.
    ///   - settings: limits and policies.
    package init(_ source: some JobSource, _ settings: RunSettings) {
        self.settings = settings
        rows = LaneRows(source)
        gate = settings.rate.map { RateGate($0) }
        canary = settings.canaryHosts.map { CanaryPolicy(count: $0, hostCount: source.hostCount) }
        foresight = Foresight(workers: settings.jobs)
        idleWorkers = Array((0..<settings.jobs).reversed())
        skipEmptyHosts()
    }

    /// Begins the run.
    package mutating func start(now: Duration) -> [RunAction] {
        schedule(now: now)
    }

    /// Takes back a worker with what it brought.
    package mutating func ended(
        _ work: Work, on worker: Int, _ result: WorkResult, now: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> [RunAction] {
        idleWorkers.append(worker)
        guard var lane = lanes.removeValue(forKey: work.host) else { return [] }
        if lane.isSuspect { workersOfSuspects -= 1 }
        var actions: [RunAction] = []
        // The usual ones: a row's end, the next row's beginning, and an announcement.
        actions.reserveCapacity(3)
        switch result {
        case .stepped(let report, let startedAt):
            if report.latency != nil { lane.progress.startedAt = startedAt }
            apply(report, to: &lane, now: now, using: &generator, &actions)
        case .closed(let report):
            if report == nil { giveBackSlot(&lane) }
            // However its logout goes on: the others need not wait for that.
            canary?.finish(host: lane.host)
            let delay = delay(beforeClosing: lane, after: report, using: &generator)
            lane.isSessionOpen = delay != nil
            retire(lane, until: now + (delay ?? .zero), now: now)
        case .broken:
            giveBackSlot(&lane)
            note(.broken)
            // Whatever broke may be the worker itself: others come first, and nothing is tried twice.
            idleWorkers.insert(idleWorkers.removeLast(), at: 0)
            if case .close = work { lane.isSessionOpen = false }
            giveUp(lane, now: now, &actions)
        }
        return schedule(actions, now: now)
    }

    /// Goes on with what was waiting for this time.
    package mutating func timerFired(now: Duration) -> [RunAction] {
        timer = nil
        return schedule(now: now)
    }

    /// Starts no more rows. Requests under way come to their end, sessions are closed, then the run ends.
    ///
    /// A signal that comes when every row has its outcome is no reason: it only makes sessions end at once.
    package mutating func stop(_ reason: StopReason, now: Duration) -> [RunAction] {
        if case .signal = reason, !hasRows {
            hurry()
        } else {
            note(reason)
        }
        return schedule(now: now)
    }

    /// Ends the run at once: a row whose edit a worker has is unknown, whatever the worker brings later.
    ///
    /// - Parameter editing: rows whose first edit request may be on its way.
    package mutating func cut(editing: Set<Int>) -> [RunAction] {
        guard !isOver else { return [] }
        isOver = true
        var actions: [RunAction] = []
        for var lane in lanes.values.sorted(by: { $0.host < $1.host }) {
            let isEditing = lane.state == .busy && lane.positions.first.map { editing.contains(rows[$0]) } ?? false
            guard isEditing || lane.progress.edits > 0 else { continue }
            lane.progress.edits = max(1, lane.progress.edits)
            let error = "the run was cut while the row was under way: whether the edit was made is not known"
            let cut = Outcome(status: .unknown, errorClass: .runStopped, error: error)
            finishRow(of: &lane, with: lane.state == .busy ? cut : lane.fallback ?? cut, &actions)
        }
        lanes = [:]
        return actions + [.end]
    }
}

/// A lane that waits, to go on or to have its session ended; the soonest comes first.
struct Waiting: Comparable {
    let until: Duration
    let host: Int

    static func < (left: Waiting, right: Waiting) -> Bool {
        (left.until, left.host) < (right.until, right.host)
    }
}
