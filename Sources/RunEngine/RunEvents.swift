import Platform
import FleetModel

/// One piece of work for a worker: one HTTP request at most.
enum Work: Hashable, Sendable {
    /// Make the next request of a row.
    case step(RowStep)
    /// End the session of a host by a time on the run's clock; nil when it may take its usual time.
    case close(host: Int, deadline: Duration?)

    /// The host on which the work is done.
    var host: Int {
        switch self {
        case .step(let step): step.host
        case .close(let host, _): host
        }
    }
}

/// The next request of one row.
struct RowStep: Hashable, Sendable {
    /// The host, numbered as the source does it.
    let host: Int
    /// The row, from 0.
    let row: Int
    /// Whether it is the row's first step.
    let isFirst: Bool
    /// When the request must be over, on the run's clock; nil when it may take its usual time.
    let deadline: Duration?
}

/// When work on a row began, by the calendar and by the run's clock, which measures what came after.
struct RowStart: Hashable, Sendable {
    let wallTime: WallTime
    let now: Duration

    /// The calendar's time at a moment of the run's clock, if nobody set the calendar since.
    func wallTime(at now: Duration) -> WallTime { wallTime + (now - self.now) }
}

/// What a worker brings back.
enum WorkResult: Sendable {
    /// A row's step was made, which began at `start`.
    case stepped(StepReport, start: RowStart)
    /// Ending a session was tried.
    case closed(CloseReport)
    /// The run's own files failed before the request could leave.
    case broken
    /// The request was not made, because the run was cut.
    case cut

    /// Whether a request was made.
    var madeRequest: Bool {
        switch self {
        case .stepped(let report, _): report.latency != nil
        case .closed(let report): report.latency != nil
        case .broken, .cut: false
        }
    }
}

/// What the state wants done, outside its lock and in this order.
enum RunAction: Sendable {
    /// Let a worker do some work.
    case start(worker: Int, Work)
    /// Hand over the outcome of a row.
    case finish(row: Int, Outcome)
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
