package import Platform
package import FleetModel

/// One piece of work for a worker: one HTTP request at most.
package enum Work: Hashable, Sendable {
    /// Make the next request of a row.
    case step(RowStep)
    /// End the session of a host within a time; nil for the usual one.
    case close(host: Int, limit: Duration?, isRetry: Bool = false)

    /// The host on which the work is done.
    package var host: Int {
        switch self {
        case .step(let step): step.host
        case .close(let host, _, _): host
        }
    }
}

/// The next request of one row.
package struct RowStep: Hashable, Sendable {
    /// The host, numbered as the source does it.
    package let host: Int
    /// The row, from 0.
    package let row: Int
    /// What was already done for the row.
    package let progress: RowProgress
    /// Whether an earlier request of the row failed and is made again now.
    package let isRetry: Bool
    /// When the request must be over, on the run's clock; nil when it may take its usual time.
    package let deadline: Duration?
}

/// What a worker brings back.
package enum WorkResult: Sendable {
    /// A row's step was made; the row's first one began at `startedAt`.
    case stepped(StepReport, startedAt: WallTime)
    /// Ending a session was tried; nil when there was nothing to end.
    case closed(CloseReport?)
    /// The run's own files failed before the request could leave.
    case broken

    /// Whether a request was made.
    var madeRequest: Bool {
        switch self {
        case .stepped(let report, _): report.latency != nil
        case .closed(let report): report != nil
        case .broken: false
        }
    }
}

/// What the state wants done, outside its lock and in this order.
package enum RunAction: Hashable, Sendable {
    /// Let an idle worker do some work.
    case start(worker: Int, Work)
    /// Tell the sink of a row whose turn comes soon; comes at most once per row, and before it is begun.
    case announce(row: Int)
    /// Hand over the outcome of a row.
    case finish(row: Int, Outcome)
    /// Hand over the same outcome for every one of these rows.
    case skip(rows: [Int], Outcome)
    /// Call ``RunState/timerFired(now:)`` at this time; replaces an earlier wish.
    case wake(at: Duration)
    /// The run is over; comes once and last.
    case end
}
