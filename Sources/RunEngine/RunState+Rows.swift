import FleetModel
import Pacing

/// What becomes of a row, and where its lane stands then.
extension RunState {
    /// Where a lane stands after a step of its row.
    mutating func place(
        of lane: inout Lane, after report: StepReport, now: Duration, _ actions: inout [RunAction]
    ) -> Lane.Place {
        lane.note(report)
        switch report.move {
        case .next:
            return next(&lane, from: now, now: now, &actions)
        case .wait(let time):
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
            if !lane.hasAnswered { hostsUnreachable += 1 }
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
        actions.append(.finish(row: row, outcome))
        lane.advance()
        if lane.breaker.note(outcome) {
            let reason = "its last \(settings.maxHostErrors) rows could not reach it or found it busy"
            skipRest(of: &lane, because: reason, &actions)
        }
        for reason in budget.judge(outcome, ofHost: lane.host) { note(reason) }
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

extension Lane {
    /// Takes over what a step changed for the lane.
    fileprivate mutating func note(_ report: StepReport) {
        isSessionOpen = report.isSessionOpen
        hasAnswered = hasAnswered || report.hasAnswered
        isUnresponsive = report.isInVain
        fallback = report.fallback
    }
}
