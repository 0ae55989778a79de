import FleetModel
import Pacing

/// What becomes of a row, and where its lane stands then.
extension RunState {
    mutating func place(
        of lane: inout Lane, after report: StepReport, now: Duration,
        using generator: inout some RandomNumberGenerator, _ actions: inout [RunAction]
    ) -> Lane.Place {
        if report.edits > 0, lane.progress.edits == 0 { foresight.send(now: now) }
        lane.note(report)
        switch report.verdict {
        case .proceed:
            break
        case .retry(let outcome, let pause):
            let retry = lane.progress.countRetry(ofEdit: report.isEdit)
            let delay = settings.retry.delay(beforeRetry: retry, pause: pause, using: &generator)
            guard let delay, stopReasons.isEmpty, budget.mayStart(at: now + delay) else {
                finishRow(of: &lane, with: outcome, &actions)
                if delay == nil, let reason = report.finalReason { skipRest(of: &lane, because: reason, &actions) }
                return next(&lane, from: now + (delay ?? settings.retry.granted(pause)), now: now, &actions)
            }
            lane.fallback = outcome
            return parked(lane, until: now + delay, now: now)
        case .done(let outcome):
            finishRow(of: &lane, with: outcome, &actions)
        case .stopHost(let outcome, let reason):
            finishRow(of: &lane, with: outcome, &actions)
            skipRest(of: &lane, because: reason, &actions)
        }
        return next(&lane, from: now, now: now, &actions)
    }

    mutating func place(
        of lane: inout Lane, afterClosing report: CloseReport?, now: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> Lane.Place {
        // However its logout goes on: the others need not wait for that.
        budget.finish(host: lane.host)
        let delay = delay(beforeClosing: lane, after: report, using: &generator)
        lane.isSessionOpen = delay != nil
        return closing(&lane, from: now + (delay ?? .zero), now: now)
    }

    /// How long to wait before ending a session is tried again; nil when it is not, least of all on a host that was stopped.
    private func delay(
        beforeClosing lane: Lane, after report: CloseReport?, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        guard let report, !report.isOver, !budget.isUrgent, !lane.hasSkipped else { return nil }
        return settings.retry.delay(beforeRetry: lane.closings, pause: report.pause, using: &generator)
    }

    /// Where a lane goes on whose next row starts at a time or later.
    private mutating func next(
        _ lane: inout Lane, from time: Duration, now: Duration, _ actions: inout [RunAction]
    ) -> Lane.Place {
        guard stopReasons.isEmpty else { return giveUp(&lane, now: now, &actions) }
        return lane.positions.isEmpty ? closing(&lane, now: now) : parked(lane, until: time, now: now)
    }

    /// Where a lane waits until a time and until its host's rate allows a request.
    private mutating func parked(_ lane: Lane, until time: Duration, now: Duration) -> Lane.Place {
        if lane.isAnnounced, lane.progress.edits == 0, let row = lanes.row(of: lane) {
            ahead.insert(row)
        }
        return .waiting(until: max(time, budget.earliest(on: lane, now: now)))
    }

    /// Where a lane ends that starts no more rows: at once, or when its session is ended, which is tried at a time or later.
    mutating func closing(_ lane: inout Lane, from time: Duration = .zero, now: Duration) -> Lane.Place {
        guard lane.isSessionOpen else {
            budget.finish(host: lane.host)
            if !lane.hasAnswered { hostsUnreachable += 1 }
            return .gone
        }
        let start = budget.earliest(on: lane, now: now)
        return .closing(from: budget.isUrgent ? start : max(time, start))
    }

    /// Ends a lane because the run starts no more rows.
    mutating func giveUp(_ lane: inout Lane, now: Duration, _ actions: inout [RunAction]) -> Lane.Place {
        settle(&lane, &actions)
        lane.positions = lane.positions.suffix(0)
        return closing(&lane, now: now)
    }

    /// Ends the current row of a lane that makes no more requests for it.
    ///
    /// A row that was begun without an edit request is left as if it had never been begun.
    private mutating func settle(_ lane: inout Lane, _ actions: inout [RunAction]) {
        if let fallback = lane.fallback {
            finishRow(of: &lane, with: fallback, &actions)
        } else if lane.progress.edits > 0 {
            let error = "the run ended before the edit could be sent again with a new token"
            let status = lane.progress.isDoubtful ? RowStatus.unknown : .notAttempted
            finishRow(of: &lane, with: Outcome(status: status, errorClass: .runStopped, error: error), &actions)
        }
    }

    private mutating func finishRow(
        of lane: inout Lane, with outcome: Outcome, _ actions: inout [RunAction]
    ) {
        guard let row = lanes.row(of: lane) else { return }
        var outcome = outcome
        outcome.attempts = lane.progress.edits
        outcome.startedAt = lane.progress.startedAt
        if outcome.httpStatus != nil { lane.hasAnswered = true }
        if outcome.status == .skipped { noteSkip(&lane) }
        actions.append(.finish(row: row, outcome))
        lane.advance()
        if lane.breaker.note(outcome) {
            skipRest(of: &lane, because: "its last \(settings.maxHostErrors) rows could not reach it", &actions)
        }
        for reason in budget.judge(outcome, ofHost: lane.host) { note(reason) }
    }

    /// Skips the rows of a lane that are not done.
    private mutating func skipRest(
        of lane: inout Lane, because reason: String, _ actions: inout [RunAction]
    ) {
        let rows = lanes.rows(of: lane)
        guard !rows.isEmpty else { return }
        noteSkip(&lane)
        let outcome = Outcome(
            status: .skipped, errorClass: .hostStopped, error: "the host was stopped: \(reason)")
        ahead.subtract(rows)
        actions.append(.skip(rows: rows, outcome))
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
        hasAnswered = hasAnswered || report.isSessionOpen
        isUnresponsive = report.verdict.isInVain
        progress.edits += report.edits
        progress.isDoubtful = progress.isDoubtful || report.isDoubtful
        progress.renewals += report.renewals
        switch report.verdict {
        case .proceed:
            fallback = nil
            progress.otherRetries = 0
        case .retry(let outcome, _): hasAnswered = hasAnswered || outcome.httpStatus != nil
        case .done, .stopHost: break
        }
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
