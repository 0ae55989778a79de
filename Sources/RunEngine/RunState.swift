package import FleetModel
import Pacing

/// Everything a run decides, as a value: events go in, actions come out. No clock, no lock, no I/O.
///
/// Each host with rows has a lane, whose rows run one at a time, in file order. A worker that is free takes, in this order:
/// a session to end, a ready lane that was begun, the next host of the file. So a begun host is finished before another
/// one is begun, and only few sessions are open. Hosts that did not answer last time have a quarter of the workers at
/// most, unless the others have nothing to do.
///
/// Rows whose turn comes soon are announced, so that no worker waits for the disk when it does.
///
/// What must hold after every event: a row is finished at most once, a host has at most one worker, and no more workers
/// are busy than the settings allow.
package struct RunState {
    let settings: RunSettings
    var lanes: LaneTable
    var budget: Budget
    private var idleWorkers: [Int]
    /// The first host of the file whose first row was not announced.
    private var nextAnnounced = 0
    /// Rows that are announced and not under way: no worker has them, and no edit of theirs has left.
    var ahead: Set<Int> = []
    var foresight: Foresight
    /// When the wished-for timer fires; nil when there is none.
    private var timer: Duration?
    /// Whether nothing is left to do about the reasons to stop.
    private var isDrained = true
    private var isOver = false

    /// Why the run ended before its rows did, in the order in which the reasons came up; empty when it did not.
    package private(set) var stopReasons: [StopReason] = []
    /// Hosts whose remaining rows were skipped.
    package internal(set) var hostsStopped = 0
    /// Hosts that had rows sent to and never answered.
    package internal(set) var hostsUnreachable = 0

    /// - Parameters:
    ///   - source: the rows; read once, here.
    ///   - settings: limits and policies.
    package init(_ source: some JobSource, _ settings: RunSettings) {
        self.settings = settings
        lanes = LaneTable(LaneRows(source))
        budget = Budget(settings, hostCount: source.hostCount)
        foresight = Foresight(workers: settings.jobs)
        idleWorkers = Array((0..<settings.jobs).reversed())
        skipEmptyHosts()
    }
}

/// The events.
extension RunState {
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
        guard var checkout = lanes.checkout(busyHost: work.host) else { return [] }
        budget.giveBack(&checkout.lane, wasMade: result.madeRequest)
        var actions: [RunAction] = []
        // The usual ones: a row's end, the next row's beginning, and an announcement.
        actions.reserveCapacity(3)
        let place: Lane.Place
        switch result {
        case .stepped(let report, let startedAt):
            if report.latency != nil { checkout.lane.progress.startedAt = startedAt }
            place = self.place(of: &checkout.lane, after: report, now: now, using: &generator, &actions)
        case .closed(let report):
            place = self.place(of: &checkout.lane, afterClosing: report, now: now, using: &generator)
        case .broken:
            note(.broken)
            // Whatever broke may be the worker itself: others come first, and nothing is tried twice.
            idleWorkers.insert(idleWorkers.removeLast(), at: 0)
            if case .close = work { checkout.lane.isSessionOpen = false }
            place = giveUp(&checkout.lane, now: now, &actions)
        }
        lanes.checkin(checkout, place, now: now)
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
        if case .signal = reason, !hasFreshHost, !lanes.hasBegunRows {
            hasten()
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
        for (lane, row) in lanes.removeAll() {
            let isBusy = lane.place == .busy
            guard isBusy && editing.contains(row) || lane.progress.edits > 0 else { continue }
            let error = "the run was cut while the row was under way: whether the edit was made is not known"
            let cut = Outcome(status: .unknown, errorClass: .runStopped, error: error)
            var outcome = isBusy ? cut : lane.fallback ?? cut
            outcome.attempts = max(1, lane.progress.edits)
            outcome.startedAt = lane.progress.startedAt
            actions.append(.finish(row: row, outcome))
        }
        return actions + [.end]
    }
}

/// Who works on what next.
extension RunState {
    /// Adds what follows from all that happened so far.
    private mutating func schedule(_ happened: consuming [RunAction] = [], now: Duration) -> [RunAction] {
        guard !isOver else { return happened }
        var actions = happened
        lanes.wake(now: now)
        closeWindow(now: now)
        drain(now: now, &actions)
        abandonSessions(now: now)
        while let worker = idleWorkers.last, budget.earliest(now: now) <= now, let work = nextWork(now: now) {
            idleWorkers.removeLast()
            actions.append(.start(worker: worker, work))
            announceNextRow(ofHost: work.host, now: now, &actions)
        }
        announceNextHosts(now: now, &actions)
        if lanes.isEmpty, !hasFreshHost {
            isOver = true
            return actions + [.end]
        }
        if let time = nextWake(now: now), timer.map({ time < $0 }) ?? true {
            timer = time
            actions.append(.wake(at: time))
        }
        return actions
    }

    private mutating func nextWork(now: Duration) -> Work? {
        if let lane = lanes.checkoutClosing() { return close(lane, now: now) }
        if let lane = lanes.checkoutReady() { return step(lane, now: now) }
        if budget.allowsUnresponsive || !mayBeginHost, let lane = lanes.checkoutUnresponsive() {
            return step(lane, now: now)
        }
        guard mayBeginHost else { return nil }
        let lane = lanes.checkoutFresh(
            breaker: HostBreaker(limit: settings.maxHostErrors), gate: settings.ratePerHost.map { RateGate($0) })
        skipEmptyHosts()
        return step(lane, now: now)
    }

    private mutating func step(_ checkout: consuming Checkout, now: Duration) -> Work {
        guard let row = lanes.row(of: checkout.lane) else { return close(checkout, now: now) }
        checkout.lane.isAnnounced = ahead.remove(row) != nil
        budget.take(&checkout.lane, now: now)
        let step = RowStep(
            host: checkout.lane.host, row: row, progress: checkout.lane.progress,
            isRetry: checkout.lane.fallback != nil, deadline: budget.deadline)
        lanes.checkin(checkout, .busy, now: now)
        return .step(step)
    }

    /// The work that ends a host's session.
    private mutating func close(_ checkout: consuming Checkout, now: Duration) -> Work {
        budget.take(&checkout.lane, now: now)
        checkout.lane.closings += 1
        let work = Work.close(
            host: checkout.lane.host, limit: budget.deadline.map { $0 - now }, isRetry: checkout.lane.closings > 1)
        lanes.checkin(checkout, .busy, now: now)
        return work
    }

    private func nextWake(now: Duration) -> Duration? {
        let turn = lanes.hasTurn || mayBeginHost ? budget.earliest(now: now) : now
        return [lanes.nextTurn, turn, budget.nextLimit(after: now)].compactMap { $0 }.filter { $0 > now }.min()
    }

    private var hasFreshHost: Bool { stopReasons.isEmpty && lanes.hasFreshHost }

    private var mayBeginHost: Bool { hasFreshHost && budget.mayBegin(lanes.freshHost) }

    private mutating func skipEmptyHosts() {
        while let host = lanes.skipEmptyHost() { budget.finish(host: host) }
    }
}

/// How a run ends before its rows do.
extension RunState {
    /// Notes why the run ends; ``drain(now:_:)`` does what follows from it.
    mutating func note(_ reason: StopReason) {
        if reason.isUrgent { hasten() }
        guard !stopReasons.contains(reason) else { return }
        stopReasons.append(reason)
        isDrained = false
    }

    /// Lets sessions end at once.
    private mutating func hasten() {
        budget.isUrgent = true
        lanes.hastenClosing()
    }

    /// Gives up all lanes that no worker has, once for each reason to stop.
    private mutating func drain(now: Duration, _ actions: inout [RunAction]) {
        while !isDrained {
            isDrained = true
            while var idle = lanes.checkoutIdle() {
                let place = giveUp(&idle.lane, now: now, &actions)
                lanes.checkin(idle, place, now: now)
            }
        }
    }

    /// Stops the run when nothing that is left could start any more, so that nobody waits for it.
    private mutating func closeWindow(now: Duration) {
        guard stopReasons.isEmpty, !budget.mayStart(at: now), lanes.hasFreshHost || lanes.hasIdleRows else { return }
        note(.window)
    }

    /// Leaves the sessions open that could no longer be ended before the window is.
    private mutating func abandonSessions(now: Duration) {
        guard !budget.mayClose(at: now) else { return }
        while var idle = lanes.checkoutAnyClosing() {
            idle.lane.isSessionOpen = false
            let place = closing(&idle.lane, now: now)
            lanes.checkin(idle, place, now: now)
        }
    }
}

/// Which rows are announced ahead of their turn.
extension RunState {
    /// Announces the row of a host behind the current one.
    private mutating func announceNextRow(ofHost host: Int, now: Duration, _ actions: inout [RunAction]) {
        guard stopReasons.isEmpty, foresight.coversNextRow(announced: ahead.count, now: now),
            let next = lanes.nextRow(ofHost: host)
        else { return }
        announce(next, &actions)
    }

    /// Announces the first rows of the next hosts.
    private mutating func announceNextHosts(now: Duration, _ actions: inout [RunAction]) {
        nextAnnounced = max(nextAnnounced, lanes.freshHost)
        let missing = foresight.missing(announced: ahead.count, now: now)
        let end = min(nextAnnounced + missing, lanes.hostCount)
        while stopReasons.isEmpty, nextAnnounced < end, budget.mayBegin(nextAnnounced) {
            if let first = lanes.firstRow(ofHost: nextAnnounced) { announce(first, &actions) }
            nextAnnounced += 1
        }
    }

    private mutating func announce(_ row: Int, _ actions: inout [RunAction]) {
        if ahead.insert(row).inserted { actions.append(.announce(row: row)) }
    }
}
