import FleetInput
import FleetModel
import HTTPTransport
import Logging
import PBXClient
import Platform
import RunEngine
import RunRecord

/// A run that reads PBXs and edits nothing: what `plan`, `list`, `export`, `pins` and `undo` have in common.
struct ReadingSession {
    private let work: WorkSettings
    private let pace: RunSettings
    private let policy: ReadingPolicy
    private let clock = SystemClock()

    /// One whose window begins now.
    ///
    /// - Throws: `ToolError` when no window can be like that.
    init(_ work: WorkSettings, for aim: ReadingPolicy.Aim) throws(ToolError) {
        self.work = work
        var policy = ReadingPolicy()
        policy.aim = aim
        self.policy = policy
        pace = try work.windowedPace(by: clock)
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
        _ source: RowCatalog, keeping: @escaping @Sendable (Job, Outcome) -> Outcome = { $1 }
    ) throws -> Findings {
        OpenFileLimit.raise()
        try ThisProcess.reserveThreads(Runner.processors + 6)
        let events = EventRelay()
        let (sink, lookups) = (ReadingSink(keeping), NameLookups())
        Signals.set(answers(events))
        if work.transport.isInsecure, policy.aim != .pins {
            Say.say(.warning, "--insecure: any certificate of a PBX is trusted", insists: true)
        }
        let certificates = source.certificateIDs(of: source, policy)
        let runner = try Runner(source: source, sink: sink, settings: pace, clock: clock) {
            try PBXPerformer(
                transport: work.transport, lookups: lookups, sink: sink, retry: pace.retry, clock: clock,
                reading: policy, certificates: certificates)
        }
        let scope = ProgressLine.Scope(
            rows: source.selectedRowCount, hosts: source.hostCount, until: pace.windowEnd(by: clock))
        let progress = ProgressReporter(work.messages) { [clock, begin = clock.now()] in
            ProgressLine(tally: sink.tally, scope: scope, hosts: runner.hosts, elapsed: clock.now() - begin)
        }
        events.connect(runner, progress)
        let end = Say.withoutWaiting {
            progress.start()
            defer { progress.stop() }
            return runner.run()
        }
        let conclusion = Conclusion(stopReasons: end.stopReasons, failure: end.failure)
        if let failure = conclusion.failure { throw failure }
        if conclusion.word != nil { work.messages.logger.warning("\(conclusion.sentence)") }
        return Findings(outcomes: sink.outcomes, conclusion: conclusion)
    }

    private func answers(_ events: EventRelay) -> Signals.Answers {
        Signals.Answers(
            stop: { number in
                Say.stopWaiting(for: number)
                events.report(.stop(number))
            },
            cut: { events.report(.cut) },
            report: { events.report(.progress) })
    }
}

/// What became of rows, by their ``RowPosition/row``.
typealias OutcomesByRow = [Int: Outcome]

/// Keeps what became of each row in memory.
private final class ReadingSink: OutcomeSink {
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

extension RowCatalog {
    /// The ids of the certificates that the rows of a host name, by the host's number. Nil when nobody asks for them: no
    /// certificate is read first, and none is found by what it is.
    ///
    /// - Parameters:
    ///   - source: the rows that run.
    ///   - found: the certificates that rows found in an earlier run, of those that are done as well: no other row may
    ///     find them.
    ///   - policy: what is read.
    func certificateIDs(
        of source: some JobSource, found: [Int: Int64] = [:], _ policy: ReadingPolicy
    ) -> (@Sendable (Int) -> [Int64])? {
        guard policy.aim == .edit || policy.aim == .plan else { return nil }
        guard policy.readsFirst || (0..<rowCount).contains(where: { certificate(ofRow: $0) < 0 }) else { return nil }
        let rows = LaneRows(rowCount: rowCount, hostCount: hostCount) {
            found[$0] == nil ? source.host(ofRow: $0) : self.host(ofRow: $0)
        }
        return { host in
            rows.positions(ofHost: host).map { found[rows[$0]] ?? self.certificate(ofRow: rows[$0]) }
        }
    }
}
