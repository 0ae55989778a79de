import FleetModel

/// Everything a run decides, as a value: events go in, actions come out. No clock, no lock, no I/O.
///
/// Each host with rows has a lane, whose rows run one at a time, in file order, on the worker that had the least to do
/// when the host was begun. While there is room in the budget a request is started, in this order: the end of a session,
/// the next one of a lane that was begun (which comes first while the run stops), the first one of the next host of the
/// file. So a begun host is finished before another one is begun, and only few sessions are open. Hosts that did not answer
/// last time have a quarter of the room at most, unless the others have nothing to do.
///
/// What must hold after every event: a row is finished at most once, a host has at most one request under way, and no more
/// requests are under way than the settings allow.
struct RunState {
    let settings: RunSettings
    var lanes: LaneTable
    var budget: Budget
    /// Requests that each worker has under way.
    private var loads: [Int]
    /// When the wished-for timer fires; nil when there is none.
    private var timer: Duration?
    /// Whether nothing is left to do about the reasons to stop.
    private var isDrained = true
    private var isCut = false
    private var isOver = false

    /// Why the run ended before its rows did, in the order in which the reasons came up; empty when it did not.
    private(set) var stopReasons: [StopReason] = []
    /// The row that went wrong when a budget for that was used up; nil when none was.
    private(set) var trippingRow: Int?
    /// Whether every row of the canaries was good, so that the other hosts could begin.
    private(set) var hasPassedCanary = false
    /// Hosts whose remaining rows were skipped.
    var hostsStopped = 0
    /// Hosts that never answered a row that was tried to its end.
    var hostsUnreachable = 0

    /// - Parameters:
    ///   - source: the rows; read once, here.
    ///   - settings: limits and policies.
    ///   - workers: to share the hosts among, at least 1.
    init(_ source: some JobSource, _ settings: RunSettings, workers: Int = 1) {
        self.settings = settings
        lanes = LaneTable(LaneRows(rowCount: source.rowCount, hostCount: source.hostCount, host: source.host))
        budget = Budget(settings, hostCount: source.hostCount)
        loads = Array(repeating: 0, count: workers)
        skipEmptyHosts()
    }

    /// Whether no row starts any more.
    var isStopping: Bool { isCut || !stopReasons.isEmpty }
}

/// The events.
extension RunState {
    /// Begins the run.
    mutating func start(now: Duration) -> [RunAction] {
        schedule(now: now)
    }

    /// Takes what a worker brought for the work that it was given.
    mutating func ended(_ work: Work, _ result: WorkResult, now: Duration) -> [RunAction] {
        guard var checkout = lanes.checkout(busyHost: work.host) else { return [] }
        loads[checkout.lane.worker] -= 1
        budget.giveBack(&checkout.lane, wasMade: result.madeRequest)
        var actions: [RunAction] = []
        // The usual ones: a row's end, its host's end, and another one's beginning.
        actions.reserveCapacity(3)
        let place: Lane.Place
        switch result {
        case .stepped(let report, let start):
            if report.latency != nil, checkout.lane.start == nil { checkout.lane.start = start }
            place = self.place(of: &checkout.lane, after: report, now: now, &actions)
        case .closed(let report):
            place = self.place(of: &checkout.lane, after: report, now: now)
        case .broken:
            note(.broken)
            place = giveUp(&checkout.lane, now: now, &actions)
        case .cut:
            place = giveUp(&checkout.lane, now: now, &actions)
        }
        checkin(checkout, place, now: now, &actions)
        return schedule(actions, now: now)
    }

    /// Takes note that the request of a host is no longer young.
    mutating func aged(host: Int, now: Duration) -> [RunAction] {
        guard settings.jobs.most > settings.jobs.young, var checkout = lanes.checkout(busyHost: host) else { return [] }
        budget.age(&checkout.lane)
        lanes.checkin(checkout, .busy, now: now)
        return schedule(now: now)
    }

    /// Goes on with what was waiting for this time.
    mutating func timerFired(now: Duration) -> [RunAction] {
        timer = nil
        return schedule(now: now)
    }

    /// Starts no more rows. Requests under way come to their end, sessions are closed, then the run ends.
    ///
    /// A signal that comes when every row has its outcome is no reason: it only makes sessions end at once.
    mutating func stop(_ reason: StopReason, now: Duration) -> [RunAction] {
        if case .signal = reason, !hasFreshHost, !lanes.hasBegunRows {
            hasten()
        } else {
            note(reason)
        }
        return schedule(now: now)
    }

    /// Ends the requests under way and leaves sessions open; the run ends when every request has brought its report.
    mutating func cut(now: Duration) -> [RunAction] {
        guard !isOver, !isCut else { return [] }
        isCut = true
        isDrained = false
        hasten()
        return schedule([.cut], now: now)
    }
}

/// What is sent next.
extension RunState {
    /// Adds what follows from all that happened so far.
    ///
    /// In this order: lanes whose time has come are ready before anything asks what is left; the window's end is a reason
    /// to stop, so it is noted before the lanes are drained for such reasons; draining leaves sessions to be ended, which
    /// may have to be left open; only then it is known who may start. The end and the next wake-up come last, because what
    /// was started decides about both.
    private mutating func schedule(_ happened: consuming [RunAction] = [], now: Duration) -> [RunAction] {
        guard !isOver else { return happened }
        var actions = happened
        lanes.wake(now: now)
        if !isStopping, budget.isCanaryPassed { hasPassedCanary = true }
        closeWindow(now: now)
        drain(now: now, &actions)
        abandonSessions(now: now, &actions)
        while budget.hasRoom, budget.earliest(now: now) <= now, let action = nextStart(now: now) {
            actions.append(action)
        }
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

    private mutating func nextStart(now: Duration) -> RunAction? {
        // Whoever is still to be read back must not wait behind sessions that end by themselves.
        if isStopping, let lane = lanes.checkoutReady() { return start(lane, now: now) }
        if let lane = lanes.checkoutClosing() { return start(lane, now: now) }
        if let lane = lanes.checkoutReady() { return start(lane, now: now) }
        if budget.allowsUnresponsive || !mayBeginHost, let lane = lanes.checkoutUnresponsive() {
            return start(lane, now: now)
        }
        guard mayBeginHost else { return nil }
        let lane = lanes.checkoutFresh(
            worker: freestWorker, breaker: HostBreaker(limit: settings.maxHostErrors),
            gate: settings.ratePerHost.map { RateGate($0) })
        skipEmptyHosts()
        return start(lane, now: now)
    }

    /// Starts the next request of a lane: of its row, or when it has none left, the one that ends its session.
    private mutating func start(_ checkout: consuming Checkout, now: Duration) -> RunAction {
        let (host, worker) = (checkout.lane.host, checkout.lane.worker)
        let work: Work
        if let row = lanes.row(of: checkout.lane) {
            let isFirst = !checkout.lane.isBegun
            work = .step(RowStep(host: host, row: row, isFirst: isFirst, deadline: budget.deadline))
            checkout.lane.isBegun = true
        } else {
            work = .close(host: host, deadline: budget.deadline)
        }
        budget.take(&checkout.lane, now: now)
        loads[worker] += 1
        lanes.checkin(checkout, .busy, now: now)
        return .start(worker: worker, work)
    }

    private func nextWake(now: Duration) -> Duration? {
        var wake = Duration.zero
        func note(_ time: Duration?) {
            if let time, time > now, wake == .zero || time < wake { wake = time }
        }
        note(lanes.nextTurn)
        if lanes.hasTurn || mayBeginHost { note(budget.earliest(now: now)) }
        note(budget.nextLimit(after: now))
        return wake == .zero ? nil : wake
    }

    private var freestWorker: Int { loads.indices.min { loads[$0] < loads[$1] } ?? 0 }

    private var hasFreshHost: Bool { !isStopping && lanes.hasFreshHost }

    private var mayBeginHost: Bool { hasFreshHost && budget.mayBegin(lanes.freshHost) }

    private mutating func skipEmptyHosts() {
        while let host = lanes.skipEmptyHost() { budget.finish(host: host) }
    }

    /// Puts a lane where it stands from now on, and lets its worker forget the host when it is over.
    private mutating func checkin(
        _ checkout: consuming Checkout, _ place: Lane.Place, now: Duration, _ actions: inout [RunAction]
    ) {
        if place == .gone { actions.append(.release(worker: checkout.lane.worker, host: checkout.lane.host)) }
        lanes.checkin(checkout, place, now: now)
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
                checkin(idle, place, now: now, &actions)
            }
        }
    }

    /// Whether the row of a lane goes on although the run ends: one whose edit has left and that need not wait, so that it is
    /// known what became of it. For a rate it waits where the end of the session would.
    private func goesOn(_ lane: Lane, now: Duration) -> Bool {
        let time = max(budget.earliest(on: lane, now: now), budget.earliest(now: now))
        return lane.fallback != nil && !isCut && !stopReasons.contains(.broken) && budget.mayStart(at: time)
            && (time <= now || lane.isSessionOpen)
    }

    /// Stops the run when nothing that is left could start any more, so that nobody waits for it.
    private mutating func closeWindow(now: Duration) {
        guard !stopReasons.contains(.window), !budget.mayStart(at: now), hasFreshHost || lanes.hasIdleRows else {
            return
        }
        note(.window)
    }

    /// Leaves the sessions open that could no longer be ended before the window is, or that nobody waits for.
    private mutating func abandonSessions(now: Duration, _ actions: inout [RunAction]) {
        guard isCut || !budget.mayStart(at: now) else { return }
        while var idle = lanes.checkoutAnyClosing() {
            idle.lane.isSessionOpen = false
            let place = closing(&idle.lane, now: now)
            checkin(idle, place, now: now, &actions)
        }
    }
}

/// What becomes of a row, and where its lane stands then.
extension RunState {
    /// Where a lane stands after a step of its row.
    mutating func place(
        of lane: inout Lane, after report: StepReport, now: Duration, _ actions: inout [RunAction]
    ) -> Lane.Place {
        lane.note(report)
        switch report.move {
        case .next:
            if isStopping, goesOn(lane, now: now) { return .waiting(until: budget.earliest(on: lane, now: now)) }
            return next(&lane, from: now, now: now, &actions)
        case .wait(let time):
            // A row whose time comes behind the window's end is ended now. The lane's next row keeps to the same time: the
            // pause is the PBX's.
            if !isStopping, !budget.mayStart(at: time) { settle(&lane, now: now, &actions) }
            return next(&lane, from: time, now: now, &actions)
        case .done(let outcome):
            finishRow(of: &lane, with: outcome, now: now, &actions)
        case .stopHost(let outcome, let reason):
            finishRow(of: &lane, with: outcome, now: now, &actions)
            skipRest(of: &lane, because: reason, &actions)
        }
        return next(&lane, from: report.quietUntil ?? now, now: now, &actions)
    }

    /// Where a lane stands after a try to end its session. A host that was stopped is asked once.
    mutating func place(of lane: inout Lane, after report: CloseReport, now: Duration) -> Lane.Place {
        // However its logout goes on: the others need not wait for that.
        budget.finish(host: lane.host)
        let again = budget.isUrgent || lane.hasSkipped ? nil : report.again
        lane.isSessionOpen = again != nil
        return closing(&lane, from: again ?? now, now: now)
    }

    /// Where a lane goes on whose next request starts at a time or later.
    private mutating func next(
        _ lane: inout Lane, from time: Duration, now: Duration, _ actions: inout [RunAction]
    ) -> Lane.Place {
        guard !isStopping else { return giveUp(&lane, now: now, &actions) }
        guard !lane.positions.isEmpty else { return closing(&lane, now: now) }
        return .waiting(until: max(time, budget.earliest(on: lane, now: now)))
    }

    /// Where a lane ends that starts no more rows: at once, or when its session is ended, which is tried at a time or later.
    mutating func closing(_ lane: inout Lane, from time: Duration = .zero, now: Duration) -> Lane.Place {
        guard lane.isSessionOpen else {
            budget.finish(host: lane.host)
            if !lane.hasAnswered, lane.isJudged { hostsUnreachable += 1 }
            return .gone
        }
        return .closing(from: max(time, budget.earliest(on: lane, now: now)))
    }

    /// Ends a lane because the run starts no more rows.
    mutating func giveUp(_ lane: inout Lane, now: Duration, _ actions: inout [RunAction]) -> Lane.Place {
        settle(&lane, now: now, &actions)
        lane.positions = lane.positions.suffix(0)
        return closing(&lane, now: now)
    }

    /// Ends the current row of a lane that makes no more requests for it, unless that is as if it had never been begun.
    private mutating func settle(_ lane: inout Lane, now: Duration, _ actions: inout [RunAction]) {
        if let fallback = lane.fallback { finishRow(of: &lane, with: fallback, now: now, &actions) }
    }

    private mutating func finishRow(
        of lane: inout Lane, with outcome: Outcome, now: Duration, _ actions: inout [RunAction]
    ) {
        guard let row = lanes.row(of: lane) else { return }
        var outcome = outcome
        outcome.startedAt = lane.start?.wallTime
        outcome.finishedAt = lane.start?.wallTime(at: now)
        if outcome.status == .skipped { noteSkip(&lane) }
        if outcome.errorClass != .runStopped, lane.start != nil { lane.isJudged = true }
        actions.append(.finish(row: row, host: lane.host, outcome))
        lane.advance()
        if lane.breaker.note(outcome) {
            let reason = "its last \(settings.maxHostErrors) rows could not reach it or found it busy"
            skipRest(of: &lane, because: reason, &actions)
        }
        for reason in budget.judge(outcome, ofHost: lane.host) {
            trippingRow = trippingRow ?? row
            note(reason)
        }
    }

    /// Skips the rows of a lane that are not done.
    private mutating func skipRest(of lane: inout Lane, because reason: String, _ actions: inout [RunAction]) {
        let rows = lanes.rows(of: lane)
        guard !rows.isEmpty else { return }
        noteSkip(&lane)
        let error = "the host was stopped: \(reason)"
        actions.append(.skip(rows: rows, Outcome(status: .skipped, errorClass: .hostStopped, error: error)))
        lane.positions = lane.positions.suffix(0)
    }

    private mutating func noteSkip(_ lane: inout Lane) {
        if !lane.hasSkipped { hostsStopped += 1 }
        lane.hasSkipped = true
    }
}

/// What the state wants done, outside its lock and in this order.
enum RunAction: Sendable {
    /// Let a worker do some work.
    case start(worker: Int, Work)
    /// Hand over the outcome of a row: the one that was begun last on its host.
    case finish(row: Int, host: Int, Outcome)
    /// Hand over the same outcome for every one of these rows.
    case skip(rows: [Int], Outcome)
    /// Let a worker forget a host.
    case release(worker: Int, host: Int)
    /// Let every worker end its requests at once.
    case cut
    /// Call ``RunState/timerFired(now:)`` at this time, or sooner if that was asked for before.
    case wake(at: Duration)
    /// The run is over; comes once and last.
    case end
}
