import DequeModule
import HeapModule
import FleetModel
import Pacing

/// What becomes of a row after its step.
extension RunState {
    mutating func apply(
        _ report: StepReport, to lane: inout Lane, now: Duration, using generator: inout some RandomNumberGenerator,
        _ actions: inout [RunAction]
    ) {
        if report.edits > 0, lane.progress.edits == 0 { foresight.send(now: now) }
        note(report, on: &lane)
        lane.isSuspect = report.verdict.isInVain
        switch report.verdict {
        case .proceed:
            lane.fallback = nil
            lane.progress.otherRetries = 0
        case .retry(let outcome, let pause):
            lane.hasAnswered = lane.hasAnswered || outcome.httpStatus != nil
            let retry = lane.progress.countRetry(ofEdit: report.isEdit)
            let delay = settings.retry.delay(beforeRetry: retry, pause: pause, using: &generator)
            guard let delay, stopReasons.isEmpty, settings.window?.mayStart(now: now + delay) ?? true else {
                finishRow(of: &lane, with: outcome, &actions)
                if delay == nil, let reason = report.finalReason { skipRest(of: &lane, because: reason, &actions) }
                return leave(lane, until: now + (delay ?? settings.retry.granted(pause)), now: now, &actions)
            }
            lane.fallback = outcome
            return park(lane, until: now + delay, now: now)
        case .done(let outcome):
            finishRow(of: &lane, with: outcome, &actions)
        case .stopHost(let outcome, let reason):
            finishRow(of: &lane, with: outcome, &actions)
            skipRest(of: &lane, because: reason, &actions)
        }
        leave(lane, until: now, now: now, &actions)
    }

    private mutating func note(_ report: StepReport, on lane: inout Lane) {
        lane.isSessionOpen = report.isSessionOpen
        lane.hasAnswered = lane.hasAnswered || report.isSessionOpen
        lane.progress.edits += report.edits
        lane.progress.isDoubtful = lane.progress.isDoubtful || report.isDoubtful
        lane.progress.renewals += report.renewals
        if report.latency == nil { giveBackSlot(&lane) }
    }

    /// Puts a lane whose worker came back where it belongs; its next row starts at a time or later.
    mutating func leave(_ lane: Lane, until time: Duration, now: Duration, _ actions: inout [RunAction]) {
        guard stopReasons.isEmpty else { return giveUp(lane, now: now, &actions) }
        guard !lane.positions.isEmpty else { return retire(lane, now: now) }
        park(lane, until: time, now: now)
    }

    /// Lets a lane wait until a time and until its host's rate allows a request.
    mutating func park(_ lane: Lane, until time: Duration, now: Duration) {
        var lane = lane
        if lane.isAnnounced, lane.progress.edits == 0, let current = lane.positions.first {
            ahead.insert(rows[current])
        }
        let start = max(time, lane.gate?.earliest(now: now) ?? now)
        if start <= now {
            makeReady(&lane)
        } else {
            lane.state = .waiting(until: start)
            waiting.insert(Waiting(until: start, host: lane.host))
        }
        lanes[lane.host] = lane
    }

    mutating func makeReady(_ lane: inout Lane) {
        lane.state = .ready
        if lane.isSuspect { suspects.append(lane.host) } else { ready.append(lane.host) }
    }

    /// How long to wait before ending a session is tried again; nil when it is not, least of all on a host that was stopped.
    func delay(
        beforeClosing lane: Lane, after report: CloseReport?, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard let report, !report.isOver, !isHurried, !lane.hasSkipped else { return nil }
        return settings.retry.delay(beforeRetry: lane.closings, pause: report.pause, using: &generator)
    }

    /// Ends a lane that starts no more rows, at once or when its session is ended, which is tried at a time or later.
    mutating func retire(_ lane: Lane, until time: Duration = .zero, now: Duration) {
        guard lane.isSessionOpen else {
            lanes[lane.host] = nil
            canary?.finish(host: lane.host)
            if !lane.hasAnswered { hostsUnreachable += 1 }
            return
        }
        var lane = lane
        lane.state = .stopped
        lanes[lane.host] = lane
        let start = isHurried ? now : max(time, lane.gate?.earliest(now: now) ?? now)
        if start <= now {
            closing.append(lane.host)
        } else {
            waiting.insert(Waiting(until: start, host: lane.host))
        }
    }

    /// Ends a lane because the run starts no more rows.
    mutating func giveUp(_ lane: Lane, now: Duration, _ actions: inout [RunAction]) {
        var lane = lane
        settle(&lane, &actions)
        lane.positions = lane.positions.suffix(0)
        retire(lane, now: now)
    }

    /// Ends the current row of a lane that makes no more requests for it.
    ///
    /// A row that was begun without an edit request is left as if it had never been begun.
    private mutating func settle(_ lane: inout Lane, _ actions: inout [RunAction]) {
        guard !lane.positions.isEmpty else { return }
        if let fallback = lane.fallback {
            finishRow(of: &lane, with: fallback, &actions)
        } else if lane.progress.edits > 0 {
            let error = "the run ended before the edit could be sent again with a new token"
            let status = lane.progress.isDoubtful ? RowStatus.unknown : .notAttempted
            let outcome = Outcome(status: status, errorClass: .runStopped, error: error)
            finishRow(of: &lane, with: outcome, &actions)
        }
    }

    mutating func finishRow(of lane: inout Lane, with outcome: Outcome, _ actions: inout [RunAction]) {
        guard let position = lane.positions.first else { return }
        var outcome = outcome
        outcome.attempts = lane.progress.edits
        outcome.startedAt = lane.progress.startedAt
        lane.hasAnswered = lane.hasAnswered || outcome.httpStatus != nil
        if outcome.status == .skipped { noteSkip(&lane) }
        actions.append(.finish(row: rows[position], outcome))
        lane.advance()
        if lane.breaker.note(outcome) {
            skipRest(of: &lane, because: "its last \(settings.maxHostErrors) rows could not reach it", &actions)
        }
        judgeRun(by: outcome, of: lane.host)
    }

    private mutating func skipRest(of lane: inout Lane, because reason: String, _ actions: inout [RunAction]) {
        guard !lane.positions.isEmpty else { return }
        noteSkip(&lane)
        let error = "the host was stopped: \(reason)"
        let outcome = Outcome(status: .skipped, errorClass: .hostStopped, error: error)
        let skipped = lane.positions.map { rows[$0] }
        ahead.subtract(skipped)
        actions.append(.skip(rows: skipped, outcome))
        lane.positions = lane.positions.suffix(0)
    }

    private mutating func noteSkip(_ lane: inout Lane) {
        if !lane.hasSkipped { hostsStopped += 1 }
        lane.hasSkipped = true
    }

    /// Holds the outcome of a row against the budgets of the run.
    private mutating func judgeRun(by outcome: Outcome, of host: Int) {
        guard outcome.status != .skipped, outcome.status != .notAttempted else { return }
        finished += 1
        if !outcome.status.isGood { bad += 1 }
        if let halt = settings.halt, halt.isReached(bad: bad, finished: finished) { note(.halt) }
        if let canary, canary.stopsRun(outcome, ofHost: host) { note(.canary) }
    }

    /// Lets sessions end at once; ``windDown(now:_:)`` looks at all of them again.
    mutating func hurry() {
        guard !isHurried else { return }
        isHurried = true
        isWoundDown = false
    }

    /// Notes why the run ends; ``windDown(now:_:)`` does what follows from it.
    mutating func note(_ reason: StopReason) {
        if reason.isUrgent { hurry() }
        guard !stopReasons.contains(reason) else { return }
        stopReasons.append(reason)
        isWoundDown = false
    }

    /// Gives up all lanes that no worker has, once for each reason to stop.
    mutating func windDown(now: Duration, _ actions: inout [RunAction]) {
        while !isWoundDown {
            isWoundDown = true
            ready = []
            suspects = []
            closing = []
            waiting = []
            for host in lanes.keys.sorted() {
                guard let lane = lanes[host], lane.state != .busy else { continue }
                giveUp(lane, now: now, &actions)
            }
        }
    }

    mutating func giveBackSlot(_ lane: inout Lane) {
        gate?.giveBack()
        lane.gate?.giveBack()
    }
}

extension StepReport.Verdict {
    /// Whether the request waited for a host that cannot be reached or does not answer.
    fileprivate var isInVain: Bool {
        switch self {
        case .proceed: false
        case .retry(let outcome, _), .done(let outcome), .stopHost(let outcome, _):
            outcome.errorClass == .connect || outcome.errorClass == .timeout
        }
    }
}
