import FleetInput
import FleetModel
import Logging
import PBXClient
import Platform
import RunEngine
import RunRecord

/// A run that reads PBXs and edits nothing: what `plan`, `list`, `export`, `pins` and `undo` have in common.
struct Survey {
    private let work: FleetWork

    /// One whose window begins now.
    ///
    /// - Throws: `ToolError` when no window can be like that.
    init(_ settings: WorkSettings, for aim: ReadingPolicy.Aim) throws(ToolError) {
        var policy = ReadingPolicy()
        policy.aim = aim
        work = try FleetWork(settings, policy)
    }

    /// What became of the rows, and why the run ended.
    struct Findings {
        let outcomes: OutcomesByRow
        let conclusion: Conclusion

        /// The exit code of a command for which some rows are not as they were wanted, or could not be read.
        func exitCode(isWanting: Bool = false) -> ExitCode {
            var rows = OutcomeTally()
            for outcome in outcomes.values { rows.count(outcome) }
            let code = conclusion.exitCode(rows: rows)
            return code == .success && isWanting ? .rowsFailed : code
        }
    }

    /// Reads for every row. Blocks.
    ///
    /// - Parameter keeping: what is kept in memory of what became of a row; from any thread.
    /// - Throws: what keeps it from starting, or breaks it.
    func run(
        _ catalog: RowCatalog, keeping: @escaping @Sendable (Job, Outcome) -> Outcome = { $1 }
    ) throws -> Findings {
        OpenFileLimit.raise()
        try ThisProcess.reserveThreads(Runner.processors + 6)
        let sink = SurveySink(keeping)
        work.events.listen()
        work.warn()
        let end = try Say.withoutWaiting {
            try work.run(catalog, into: sink, rows: catalog.selectedRowCount) { sink.tally }
        }
        let conclusion = Conclusion(stopReasons: end.stopReasons, failure: end.failure)
        if let failure = conclusion.failure { throw failure }
        if conclusion.word != nil { work.settings.messages.logger.warning("\(conclusion.sentence)") }
        return Findings(outcomes: sink.outcomes, conclusion: conclusion)
    }
}

/// What became of rows, by their ``RowPosition/row``.
typealias OutcomesByRow = [Int: Outcome]

/// Keeps what became of each row in memory.
private final class SurveySink: OutcomeSink {
    /// No edit may leave a command that only reads.
    private struct EditRefused: Error {}

    private let state = Lock((outcomes: OutcomesByRow(), tally: OutcomeTally()))
    private let keeping: @Sendable (Job, Outcome) -> Outcome

    init(_ keeping: @escaping @Sendable (Job, Outcome) -> Outcome) { self.keeping = keeping }

    var outcomes: OutcomesByRow { state.withLock { $0.outcomes } }
    var tally: OutcomeTally { state.withLock { $0.tally } }

    func willSend(
        _ job: Job, replacing state: CertificateState?, changing changes: [FieldChange],
        then completion: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        completion(.failure(EditRefused()))
    }

    func finished(_ job: Job, _ outcome: Outcome) {
        let kept = keeping(job, outcome)
        state.withLock { state in
            state.outcomes[job.position.row] = kept
            state.tally.count(outcome)
        }
    }

    func requestEnded(latency: Duration, isRetry: Bool) {}
}
