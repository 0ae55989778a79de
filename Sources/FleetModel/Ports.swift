package import Platform

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

/// Where the engine puts what became of the rows.
///
/// All calls may come from any thread, several at a time.
package protocol OutcomeSink: Sendable {
    /// Tells of a job that will probably be sent soon, so that ``willSend(_:)`` need not wait then. Does not wait for the
    /// disk.
    ///
    /// - Returns: false when that comes too late, because the job was sent or finished in the meantime.
    func announce(_ job: Job) -> Bool
    /// Notes durably that the first edit request of a job is about to leave. Blocks until the note is on disk. Comes
    /// again when the request did not leave.
    ///
    /// - Throws: when it cannot be made durable; the request must not leave then.
    func willSend(_ job: Job) throws
    /// Takes the final outcome of a job. Does not wait for the disk; comes at most once per job.
    func finished(_ job: Job, _ outcome: Outcome)
    /// Takes note of one HTTP request: how long it took, and whether it was sent because an earlier one failed.
    func requestEnded(latency: Duration, isRetry: Bool)
}

/// Carries out a row, one HTTP request at a time. Confined to the worker that made it.
package protocol JobPerformer: SendableMetatype {
    /// Makes the next request of the job. Blocks for as long as that request takes.
    ///
    /// - Parameters:
    ///   - job: the row.
    ///   - progress: what was already done for the row.
    ///   - deadline: when the request must be over, on the run's clock; nil when it may take its usual time.
    ///   - willSend: called when an edit request is about to leave and none of the row has, with the connection
    ///     standing; the request waits for it.
    /// - Throws: only what `willSend` throws; whatever goes wrong with the PBX is part of the report.
    func step(
        _ job: Job, after progress: RowProgress, by deadline: Duration?, willSend: () throws -> Void
    ) throws -> StepReport
    /// Tries to end the session with a host, if there is one. Blocks for at most one request.
    ///
    /// - Parameters:
    ///   - host: whose session.
    ///   - limit: how long the request may take at most; nil for the usual timeout.
    /// - Returns: what came of it; nil when there was nothing to end.
    func close(_ host: HostKey, within limit: Duration?) -> CloseReport?
}

/// What one try to end a session brought.
package struct CloseReport: Hashable, Sendable {
    /// How long the request took.
    package let latency: Duration
    /// Whether another try would change nothing.
    package let isOver: Bool
    /// The pause before another try that the PBX asked for, if it did.
    package let pause: Duration?

    /// - Parameters:
    ///   - latency: how long the request took.
    ///   - isOver: whether another try would change nothing.
    ///   - pause: the pause that the PBX asked for.
    package init(latency: Duration, isOver: Bool, pause: Duration? = nil) {
        self.latency = latency
        self.isOver = isOver
        self.pause = pause
    }
}

/// What was already done for a row that is not finished yet.
package struct RowProgress: Hashable, Sendable {
    /// Edit requests sent.
    package var edits = 0
    /// Whether one of them may have been carried out although no answer says so.
    package var isDoubtful = false
    /// Edit requests made again after a failure.
    package var editRetries = 0
    /// How often the login or logout that is needed next was made again after a failure.
    package var otherRetries = 0
    /// Tokens renewed because the PBX called them expired.
    package var renewals = 0
    /// When work on the row began; nil before its first request.
    package var startedAt: WallTime?

    /// Of a row on which no work was done yet.
    package init() {}

    /// Takes note that a request is to be made again.
    ///
    /// A login that succeeds in between does not give an edit its tries back: it may be needed before each of them.
    ///
    /// - Returns: which try beyond the first it will be, from 1.
    package mutating func countRetry(ofEdit isEdit: Bool) -> Int {
        if isEdit {
            editRetries += 1
            return editRetries
        }
        otherRetries += 1
        return otherRetries
    }
}

/// What one step brought.
package struct StepReport: Sendable {
    /// What is to become of the row.
    package enum Verdict: Sendable {
        /// The row is not done; its next request can leave at once.
        case proceed
        /// The request failed in a way that another try may mend. The outcome is the row's if there is no other try;
        /// the pause is what the PBX asked for, if it did.
        case retry(Outcome, pause: Duration?)
        /// The row is done.
        case done(Outcome)
        /// The row is done and the host must not be spoken to again; the reason is one clause, like `login failed`.
        case stopHost(Outcome, reason: String)
    }

    /// What is to become of the row.
    package var verdict: Verdict
    /// Why the host must not be spoken to again when a retry that the verdict asks for is the one too many; nil when
    /// the host's other rows may try.
    package var finalReason: String?
    /// How long the step's HTTP request took; nil when none was made.
    package var latency: Duration?
    /// Whether that request was an edit, be it that it never left.
    package var isEdit: Bool
    /// 1 when that request was an edit that left.
    package var edits: Int
    /// Whether that edit may have been carried out although no answer says so.
    package var isDoubtful: Bool
    /// 1 when a token was found expired in this step.
    package var renewals: Int
    /// Whether the host now has a session that ``JobPerformer/close(_:within:)`` must end.
    package var isSessionOpen: Bool

    /// A report; of what is left out, nothing happened in the step.
    package init(
        _ verdict: Verdict, latency: Duration?, isEdit: Bool = false, edits: Int = 0, isDoubtful: Bool = false,
        renewals: Int = 0, isSessionOpen: Bool
    ) {
        self.verdict = verdict
        self.latency = latency
        self.isEdit = isEdit
        self.edits = edits
        self.isDoubtful = isDoubtful
        self.renewals = renewals
        self.isSessionOpen = isSessionOpen
    }
}
