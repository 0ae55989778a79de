/// Where the engine gets its rows from.
///
/// Rows are numbered from 0 in input order. All calls may come from any thread, several at a time.
package protocol JobSource: Sendable {
    /// Number of rows in the input, those that do not run among them.
    var rowCount: Int { get }
    /// Number of distinct hosts; hosts are numbered from 0 in the order of their first row.
    var hostCount: Int { get }
    /// The host of a row, or nil when the row is not to run.
    func host(ofRow row: Int) -> Int?
    /// The row made ready to run.
    ///
    /// - Throws: when the input can no longer be read; the run is broken then.
    func job(row: Int) throws -> Job
}

extension JobSource {
    /// The rows that are to run, by host, in the order of the hosts' first rows.
    package var rowsByHost: [[Int]] {
        var lanes = [[Int]](repeating: [], count: hostCount)
        for row in 0..<rowCount {
            if let host = host(ofRow: row) { lanes[host].append(row) }
        }
        return lanes
    }
}

/// Where the engine puts what became of the rows.
///
/// All calls may come from any thread, several at a time; none waits for the disk.
package protocol OutcomeSink: Sendable {
    /// Notes durably that the first edit request of a job is about to leave. Comes again when the request did not leave.
    ///
    /// - Parameters:
    ///   - job: the row.
    ///   - state: what the PBX says that the edit replaces; nil when it was not read.
    ///   - changes: what the edit changes of it, free of secrets; empty when it was not read.
    ///   - completion: called once, from any thread and perhaps before this returns, when the note is on disk; or with
    ///     what keeps it from there, and the request must not leave then.
    func willSend(
        _ job: Job, replacing state: CertificateState?, changing changes: [FieldChange],
        then completion: @escaping @Sendable (Result<Void, any Error>) -> Void)
    /// Takes the final outcome of a job; comes at most once per job.
    func finished(_ job: Job, _ outcome: Outcome)
    /// Takes note of one HTTP request: how long it took, and whether it was sent because an earlier one failed.
    func requestEnded(latency: Duration, isRetry: Bool)
}

/// Carries out rows, one HTTP request at a time for each host: a worker of the engine, which is an event loop.
///
/// A host is given to one performer for its whole life, and has one row under way at a time. Hosts are numbered as the
/// source does it. Everything but ``run()``, ``post(_:)`` and ``stop()`` is called on the loop, and answered there: `then` is
/// called once, perhaps before the call returns.
package protocol JobPerformer: AnyObject, Sendable {
    /// Occupies the calling thread with the loop until ``stop()``.
    func run()
    /// Lets the loop come to its end. From any thread; nothing may be under way.
    func stop()
    /// Does something on the loop, after all that was posted before. From any thread; does not wait for it.
    func post(_ work: @escaping @Sendable () -> Void)

    /// Takes the next row of a host.
    func begin(_ job: Job, on host: Int)
    /// The row of a host that was begun last; nil for a host that has none, or was released.
    func job(on host: Int) -> Job?
    /// Makes the next request of a host's row, if it needs one.
    ///
    /// - Parameters:
    ///   - host: whose row.
    ///   - deadline: when the request must be over, on the run's clock; nil when it may take its usual time.
    ///   - aged: called when the request has waited for its PBX for 100 ms, at most once and before `completion`; nil when
    ///     nobody wants to know.
    ///   - completion: told what the step brought, or what broke the run so that the request did not leave.
    func step(
        _ host: Int, by deadline: Duration?, aged: (() -> Void)?,
        then completion: @escaping (Result<StepReport, any Error>) -> Void)
    /// Makes a request that ends the session with a host, if there is one.
    ///
    /// - Parameters:
    ///   - host: whose session.
    ///   - deadline: when the request must be over, on the run's clock; nil when it may take its usual time.
    ///   - aged: as for ``step(_:by:aged:then:)``.
    ///   - completion: told what came of it.
    func close(
        _ host: Int, by deadline: Duration?, aged: (() -> Void)?,
        then completion: @escaping (CloseReport) -> Void)
    /// Forgets a host, which has no row and no request under way any more.
    func release(_ host: Int)
    /// Ends all requests at once, each of which still brings its report.
    func cut()
}

/// What one step of a row brought.
package struct StepReport: Sendable {
    /// What comes next.
    package enum Move: Sendable {
        /// The row is not done; its next request can leave at once.
        case next
        /// The row is not done; its next request can leave at this time, on the run's clock.
        case wait(until: Duration)
        /// The row is done.
        case done(Outcome)
        /// The row is done and the host must not be spoken to again; the reason is one clause, like `login failed`.
        case stopHost(Outcome, reason: String)
    }

    /// What comes next.
    package var move: Move
    /// What the row is if no further request is made for it; nil when it is as if it had never been begun.
    package var fallback: Outcome?
    /// The host asked to be left alone until this time, on the run's clock; nil when it did not.
    package var quietUntil: Duration?
    /// How long the step's HTTP request took; nil when none was made.
    package var latency: Duration?
    /// Whether that request was made because an earlier one had failed.
    package var isRetry: Bool
    /// Whether the host answered anything.
    package var hasAnswered: Bool
    /// Whether the request waited for a host that cannot be reached or does not answer.
    package var isInVain: Bool
    /// Whether the host now has a session that must be ended.
    package var isSessionOpen: Bool

    /// A report; of what is left out, nothing happened in the step.
    package init(
        _ move: Move, fallback: Outcome? = nil, quietUntil: Duration? = nil, latency: Duration? = nil,
        isRetry: Bool = false, hasAnswered: Bool = false, isInVain: Bool = false, isSessionOpen: Bool = false
    ) {
        self.move = move
        self.fallback = fallback
        self.quietUntil = quietUntil
        self.latency = latency
        self.isRetry = isRetry
        self.hasAnswered = hasAnswered
        self.isInVain = isInVain
        self.isSessionOpen = isSessionOpen
    }
}

/// What one try to end a session brought.
package struct CloseReport: Hashable, Sendable {
    /// How long the HTTP request took; nil when none was made because there was nothing to end.
    package var latency: Duration?
    /// Whether it was made because an earlier one had failed.
    package var isRetry: Bool
    /// When another try may fare better, on the run's clock; nil when none would, or none is left.
    package var again: Duration?

    /// - Parameters:
    ///   - latency: how long the request took; nil when none was made.
    ///   - isRetry: whether it was made because an earlier one had failed.
    ///   - again: when another try may fare better; nil when none would.
    package init(latency: Duration? = nil, isRetry: Bool = false, again: Duration? = nil) {
        self.latency = latency
        self.isRetry = isRetry
        self.again = again
    }
}
