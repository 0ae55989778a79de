import Platform
import Glibc
import HTTPTransport
import FleetModel
import FleetReport
import Logging
import PBXClient
import Pacing
import FleetInput
import TabularText
import RunEngine
import RunRecord

/// One run, from a validated input to the result file: wires the floors together.
struct RunSession {
    let input: ValidatedInput
    let settings: RunSettings
    let reading: ReadingPolicy
    let transport: TransportSettings
    /// Path of the run directory; nil for a new one that is named by the time.
    let directory: String?
    let resumes: Bool
    let messages: Messages
    let clock: any RunClock
    /// When the run began, on its clock.
    let begin: Duration
    /// The command line, for those who ask later how it was run.
    var arguments = Invocation.arguments

    /// What a run takes beside its rows and requests, and what a request takes over TLS, in bytes.
    private static let (memory, memoryOfRequest) = (16 << 20, 96 << 10)

    /// Runs to the end and prints the path of the result file. Blocks.
    ///
    /// - Returns: how the run ended.
    /// - Throws: what keeps it from starting; ``CommandError`` with ``ExitCode/broken`` once it has begun, or that
    ///   code alone when nobody is left to be told.
    func run() throws -> ExitCode {
        OpenFileLimit.raise()
        // Beside the workers a thread each for timers, progress, the ledger, a name to look up, and two to spare.
        try ThisProcess.reserveThreads(Runner.processors + 6)
        try ThisProcess.reserveMemory(
            Self.memory + min(settings.jobs.most, input.catalog.hostCount) * Self.memoryOfRequest,
            hint: "lower --jobs, or raise the limit on memory (ulimit -v)")
        // Made once before anything is sent, to find out whether the settings can be used.
        _ = try TransportLoop(transport, lookups: NameLookups())
        let spareFiles = try SpareFiles(4)
        let path = try directory ?? RunDirectory.makeNew(at: clock.wallTime())
        let directory = try RunDirectory(path: path, for: resumes ? .resumedRun : .newRun)
        let history = resumes ? try readHistory(in: directory) : nil
        let header = try header(continuing: history)
        var outcomes = OutcomeStore()
        let source = try Say.withoutWaiting {
            try ResumedSource(
                input.catalog, header.input, history: history, into: &outcomes, logger: messages.logger)
        }
        if resumes, !reading.readsFirst, directory.hasUndo {
            messages.logger.warning(
                "no values are kept in undo.csv from here on, because neither --undo nor --skip-unchanged nor --verify is given"
            )
        }
        let events = EventRelay()
        // From here to the end, so that the result is written whatever comes.
        Signals.set(answers(events, messages.logger))
        return try run(source, outcomes, header, continuing: history, in: directory, events, spareFiles)
    }

    /// Reads what earlier runs did. Until the run begins nothing is written, so that a signal ends the process at once.
    private func readHistory(in directory: RunDirectory) throws -> History {
        let report: @Sendable () -> Void = {
            Say.say(.notice, "reading what the run did before", waits: false, insists: true)
        }
        Signals.set(Signals.Answers(note: ": nothing was sent", report: report))
        return try directory.readLedger()
    }

    private func answers(_ events: EventRelay, _ logger: Logger) -> Signals.Answers {
        Signals.Answers(
            stop: { number in
                Say.stopWaiting(for: number)
                events.report(.stop(number))
                logger.notice(
                    "stopping on \(Signals.name(of: number)): finishing what is under way; once more cuts it off")
            },
            cut: { events.report(.cut) },
            report: { events.report(.progress) })
    }

    private func run(
        _ source: ResumedSource, _ outcomes: consuming OutcomeStore, _ header: RunHeader,
        continuing history: History?, in directory: RunDirectory, _ events: EventRelay, _ spareFiles: SpareFiles
    ) throws -> ExitCode {
        let logger = messages.logger
        let recorder = try RunRecorder(
            directory: directory, run: header, continuing: history, outcomes: outcomes,
            keepingValuesBut: reading.readsFirst ? EditProof().unwritable : nil, clock: clock
        ) { error in
            events.report(.failed(error))
        }
        let end = try Say.withoutWaiting {
            if transport.isInsecure {
                Say.say(.warning, "--insecure: any certificate of a PBX is trusted", insists: true)
            }
            sayWhatBegins(source, directory, logger)
            return try carryOut(source, rows: header.input.rows, recorder, events, logger)
        }
        // Requests that were cut, and lookups that hang, may hold all the others.
        spareFiles.release()
        return try CommandError.endingRun { try conclude(end, header, recorder, directory, logger) }
    }

    private func header(continuing history: History?) throws -> RunHeader {
        var hash = SHA256()
        try input.file.forEachSlice { hash.update($0) }
        let identity = InputIdentity(
            path: input.file.name, sha256: hash.finish(), rows: try ResumedSource.resultRows(input.catalog, history))
        let startedAt = clock.wallTime()
        return RunHeader(
            runID: "\(startedAt.compact)-\(getpid())", version: ThisProcess.version, input: identity,
            startedAt: startedAt, arguments: arguments)
    }

    private func sayWhatBegins(_ source: ResumedSource, _ directory: RunDirectory, _ logger: Logger) {
        let resumed = resumes ? ", \(source.resumed) of them done before" : ""
        let rows = counted(input.catalog.selectedRowCount, "row")
        let scope = "\(rows) on \(counted(input.catalog.hostCount, "host"))\(resumed)"
        let width = (settings.jobs == .auto ? "up to " : "") + "\(settings.jobs.most)"
        logger.info("\(scope), \(width) at once; run directory '\(directory.path)'")
        let end = settings.windowEnd(by: clock)
        if input.catalog.hasFiles, let night = nextCleaning, night < end ?? clock.wallTime() + .seconds(3600) {
            let time = night.localText()
            logger.warning(
                "PBXs remove files at \(time) that no edit has named by then, and this run may go on so long")
        }
        guard let window = settings.window, let end = end?.localText() else { return }
        let rest = window.end - clock.now()
        guard rest > .zero else { return logger.warning("the window ended at \(end): nothing is sent") }
        logger.info("the window ends at \(end), in \(DurationText(.seconds(Int64(rest / .seconds(1)))))")
    }

    /// When a PBX next removes the files that were sent to it more than an hour before and that nothing uses: at 01:00, taken
    /// by this machine's zone.
    ///
    /// Source: the limits of the PBX's `certificate/upload` call.
    private var nextCleaning: WallTime? { WindowEnd("01:00", now: clock.wallTime())?.moment }

    private func carryOut(
        _ source: ResumedSource, rows: Int, _ recorder: RunRecorder, _ events: EventRelay, _ logger: Logger
    ) throws -> RunEnd {
        let (sink, lookups) = (LoggedSink(recorder: recorder, logger: logger), NameLookups())
        let certificates = input.catalog.certificateIDs(of: source, found: source.found, reading)
        let runner = try Runner(source: source, sink: sink, settings: settings, clock: clock) {
            try PBXPerformer(
                transport: transport, lookups: lookups, sink: sink, retry: settings.retry, clock: clock,
                reading: reading, certificates: certificates)
        }
        let scope = ProgressLine.Scope(
            rows: rows, hosts: input.catalog.hostCount, until: settings.windowEnd(by: clock))
        let progress = ProgressReporter(messages) { [clock, begin = clock.now()] in
            ProgressLine(
                tally: recorder.tally, scope: scope, resumed: source.resumed, hosts: runner.hosts,
                elapsed: clock.now() - begin)
        }
        events.connect(runner, progress)
        progress.start()
        defer { progress.stop() }
        return runner.run()
    }

    /// Writes what is left to write, and says what became of the run.
    private func conclude(
        _ end: RunEnd, _ header: RunHeader, _ recorder: RunRecorder, _ directory: RunDirectory, _ logger: Logger
    ) throws -> ExitCode {
        let recordFailure = error { try recorder.drain() }
        let conclusion = Conclusion(
            stopReasons: end.stopReasons, failure: end.failure ?? recordFailure,
            trippingRow: end.trippingRow.flatMap(name(ofRow:)))
        let result = ResultWriter(
            outcomes: recorder.outcomes, unattempted: conclusion.sentence, isVerified: reading.verifies)
        let (rows, resultFailure) = result.write(input.catalog, to: directory)
        let code = conclusion.exitCode(rows: rows, hasResult: resultFailure == nil)
        let summary = RunSummary(
            run: header, finishedAt: clock.wallTime(), rows: rows,
            hosts: RunSummary.Hosts(
                total: input.catalog.hostCount, stopped: end.hostsStopped, unreachable: end.hostsUnreachable),
            requests: recorder.requests, retries: recorder.retries, resumed: recorder.resumed,
            latency: recorder.latency,
            exitCode: code.number, stoppedBy: conclusion.word,
            result: resultFailure == nil ? ResultWriter.fileName(input.catalog.shape.format) : nil)
        let summaryFailure = error { try summary.write(to: directory) }
        let failure = conclusion.failure ?? resultFailure ?? summaryFailure
        let report = failure == nil ? writeReport(in: directory, logger) : nil
        // Whatever could not be kept, the counts are told.
        SummaryTable(
            summary, report, in: directory.path, elapsed: clock.now() - begin, style: messages.style
        ).say()
        if end.hasPassedCanary { sayCanaryPassed(logger) }
        if conclusion.word != nil { logger.warning("\(conclusion.sentence)") }
        if report != nil { logger.notice("to look at: \(directory.file(Report.fileName))") }
        sayWhatIsNext(conclusion, rows, directory.path)
        if let failure { throw failure }
        if !messages.isQuiet { try printPath(in: directory, summary) }
        return code
    }

    /// Names the commands that go on with the run, and that put back what it changed.
    private func sayWhatIsNext(_ conclusion: Conclusion, _ rows: OutcomeTally, _ directory: String) {
        if let advice = conclusion.advice(rows: rows) {
            if let command = Invocation.resuming(arguments, in: directory) {
                Say.advise(advice, command)
            } else {
                messages.logger.notice("\(advice), give the same command with --out '\(directory)' --resume")
            }
        }
        guard reading.readsFirst, rows.mayHaveChangedSomething else { return }
        let first = (0..<input.catalog.rowCount).first { input.catalog.host(ofRow: $0) != nil }
        let job = first.flatMap { try? input.catalog.job(row: $0) }
        let command = Invocation.undoing(arguments, in: directory, lacksCredentials: job?.cells == nil)
        let login =
            command.contains("FILE")
            ? ", with the logins of its PBXs in a FILE of base_url,client_id,client_secret" : ""
        Say.advise("to put back what the run changed\(login)", command)
    }

    /// Nil when there is none: it can be made anew, so that the run does not fail with it.
    private func writeReport(in directory: RunDirectory, _ logger: Logger) -> RunReport? {
        do {
            return try Report.write(for: directory)
        } catch {
            let command = CommandLineText.of(["report", directory.path])
            logger.warning("there is no report: \(error.message); '\(command)' makes it anew")
            return nil
        }
    }

    private func sayCanaryPassed(_ logger: Logger) {
        let hosts = min(settings.canaryHosts ?? 0, input.catalog.hostCount)
        logger.notice("the canary passed: every row of the first \(hosts == 1 ? "host" : "\(hosts) hosts") was ok")
    }

    /// `row 3 (line 4) on pbx1.example.com:8088`; nil when the input can no longer be read.
    private func name(ofRow row: Int) -> String? {
        guard let job = try? input.catalog.job(row: row) else { return nil }
        return "row \(job.position.row) (line \(job.position.line)) on \(job.address.host)"
    }

    /// Prints the path of the result; the summary tells the exit code also when nobody takes the path.
    private func printPath(in directory: RunDirectory, _ summary: RunSummary) throws {
        do {
            try Say.print(directory.file(ResultWriter.fileName(input.catalog.shape.format)) + "\n")
        } catch {
            var summary = summary
            summary.exitCode = (error as? ExitCode ?? CommandError(breakingRun: error).code).number
            try summary.write(to: directory)
            throw error
        }
    }

    private func error(of act: () throws -> Void) -> (any Error)? {
        do {
            try act()
            return nil
        } catch {
            return error
        }
    }
}

/// The recorder, with a log line for every row.
private struct LoggedSink: OutcomeSink {
    let recorder: RunRecorder
    let logger: Logger

    func willSend(
        _ job: Job, replacing state: CertificateState?, changing changes: [FieldChange],
        then completion: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        recorder.willSend(job, replacing: state, changing: changes, then: completion)
    }

    func finished(_ job: Job, _ outcome: Outcome) {
        recorder.finished(job, outcome)
        let reason = outcome.error.isEmpty ? "" : ": \(outcome.error)"
        logger.debug(
            "line \(job.position.line), \(job.address.host): \(outcome.status.rawValue)\(reason)",
            metadata: Self.fields(job, outcome))
    }

    func requestEnded(latency: Duration, isRetry: Bool) {
        recorder.requestEnded(latency: latency, isRetry: isRetry)
    }

    private static func fields(_ job: Job, _ outcome: Outcome) -> Logger.Metadata {
        var fields: Logger.Metadata = [
            "host": "\(job.address.host)", "row": .stringConvertible(job.position.row),
            "line": .stringConvertible(job.position.line), "id": .stringConvertible(job.edit.id),
            "status": "\(outcome.status.rawValue)", "attempt": .stringConvertible(outcome.attempts),
        ]
        fields["errcode"] = outcome.errcode.map { .stringConvertible($0) }
        fields["ms"] = outcome.durationMilliseconds.map { .stringConvertible($0) }
        return fields
    }
}

/// Carries what a run is told from outside to the run; what comes before the run is made waits for it.
final class EventRelay: Sendable {
    enum Event: Sendable {
        case stop(Int32)
        case cut
        case progress
        case failed(ToolError)
    }

    private enum State {
        /// What happened so far, in its order.
        case waiting([Event])
        case connected(@Sendable (Event) -> Void)
    }

    private let state = Lock(State.waiting([]))

    func report(_ event: Event) {
        let receiver = state.withLock { state -> (@Sendable (Event) -> Void)? in
            switch state {
            case .connected(let receiver): return receiver
            case .waiting(let events):
                state = .waiting(events + [event])
                return nil
            }
        }
        receiver?(event)
    }

    /// Does to a run what happened so far, and what happens from now on.
    func connect(_ runner: Runner, _ progress: ProgressReporter) {
        connect { event in
            switch event {
            case .stop(let number): runner.stop(.signal(number))
            case .cut: runner.cut()
            case .progress: progress.say(waits: false)
            case .failed(let error): runner.stop(brokenBy: error)
            }
        }
    }

    private func connect(_ receiver: @escaping @Sendable (Event) -> Void) {
        let events = state.withLock { state -> [Event] in
            defer { state = .connected(receiver) }
            if case .waiting(let events) = state { return events }
            return []
        }
        for event in events { receiver(event) }
    }
}
