import FleetInput
import FleetModel
import HTTPTransport
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
        let outcomes: [Int: Outcome]
        let tally: OutcomeTally
        let conclusion: Conclusion
        /// Whether rows of the input were left out because they are invalid.
        let hasInvalidRows: Bool

        /// The exit code of the command.
        ///
        /// - Parameter isAsWanted: whether what was read is as it was wanted.
        func exitCode(isAsWanted: Bool = true) -> ExitCode {
            conclusion.exitCode(rows: tally, isAsWanted: isAsWanted && !hasInvalidRows)
        }

        /// - Throws: the exit code, unless all is well.
        func throwCode(isAsWanted: Bool = true) throws {
            let code = exitCode(isAsWanted: isAsWanted)
            if code != .success { throw code }
        }
    }

    /// Reads for every row. Blocks.
    ///
    /// - Parameter keeping: what is kept in memory of what became of a row; from any thread.
    /// - Throws: what keeps it from starting, or breaks it.
    func run(
        _ catalog: RowCatalog, keeping: @escaping @Sendable (Job, Outcome) -> Outcome = { $1 }
    ) throws -> Findings {
        // What was read is kept, too.
        try work.requireMachine(for: catalog, bytesPerRow: 1024)
        let sink = SurveySink(keeping)
        work.events.listen()
        work.warn()
        let end = try Say.withoutWaiting {
            try work.run(catalog, into: sink, rows: catalog.selectedRowCount) { sink.tally }
        }
        let conclusion = Conclusion(stopReasons: end.stopReasons, failure: end.failure)
        if let failure = conclusion.failure { throw CommandError(breakingRun: failure) }
        if conclusion.word != nil { work.settings.messages.logger.warning("\(conclusion.sentence)") }
        return Findings(
            outcomes: sink.outcomes, tally: sink.tally, conclusion: conclusion,
            hasInvalidRows: catalog.invalidRowCount > 0)
    }
}

/// Keeps what became of each row in memory.
private final class SurveySink: OutcomeSink {
    /// No edit may leave a command that only reads.
    private struct EditRefused: Error {}

    private let state = Lock((outcomes: [Int: Outcome](), tally: OutcomeTally()))
    private let keeping: @Sendable (Job, Outcome) -> Outcome

    init(_ keeping: @escaping @Sendable (Job, Outcome) -> Outcome) { self.keeping = keeping }

    var outcomes: [Int: Outcome] { state.withLock { $0.outcomes } }
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

/// What `list`, `export` and `pins` have in common: a survey of the hosts of a file.
package struct HostsRequest: Sendable {
    /// The hosts; other columns than those of address and credentials do not matter.
    package var input: InputRequest
    /// Whether the valid rows are read although others are invalid.
    package var skipsInvalid = false
    /// How PBXs are asked.
    package var work = WorkSettings()

    /// A reading of hosts with nothing else asked for.
    package init(_ input: InputRequest) {
        self.input = input
    }

    /// Reads the hosts. Blocks.
    ///
    /// - Parameters:
    ///   - aim: what is wanted of them.
    ///   - keepsSecrets: whether jobs tell plain credentials.
    ///   - needsCredentials: whether anybody logs in.
    ///   - keeping: what is kept in memory of what became of a host; from any thread.
    func read(
        _ aim: ReadingPolicy.Aim = .list, keepsSecrets: Bool, needsCredentials: Bool = true,
        keeping: @escaping @Sendable (Job, Outcome) -> Outcome = { $1 }
    ) throws -> HostsRead {
        Say.messages = work.messages
        // A key is shown whether it is trusted or not, and nothing else leaves.
        var work = work
        if aim == .pins { work.transport.isInsecure = true }
        let session = try Survey(work, for: aim)
        let input = try ValidatedInput(input, skipsInvalid: skipsInvalid) { settings in
            settings.namesHostsOnly = true
            settings.keepsCells = true
            settings.keepsSecrets = keepsSecrets
            settings.needsCredentials = needsCredentials
        }
        let findings = try session.run(input.catalog, keeping: keeping)
        return HostsRead(catalog: input.catalog, findings: findings, now: SystemClock().wallTime())
    }
}

/// What the hosts of a file hold.
struct HostsRead {
    let catalog: RowCatalog
    let findings: Survey.Findings
    let now: WallTime

    /// Calls `body` for each host in the order of the file, with what became of it.
    func forEachHost(_ body: (Job, Outcome) throws -> Void) throws {
        for row in 0..<catalog.rowCount where catalog.host(ofRow: row) != nil {
            let job = try catalog.job(row: row)
            let left = Outcome(status: .notAttempted, error: "the command was stopped before it was read")
            try body(job, findings.outcomes[job.position.row] ?? left)
        }
    }
}
