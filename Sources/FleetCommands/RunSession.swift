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
    let work: FleetWork
    /// Path of the run directory; nil for a new one that is named by the time.
    let directory: String?
    let resumes: Bool
    /// When the run began, on its clock.
    let begin: Duration
    /// The command line, for those who ask later how it was run.
    var arguments = Invocation.arguments

    private var clock: any RunClock { work.clock }
    private var logger: Logger { work.settings.messages.logger }

    /// What a run keeps of each row: how far it is, and what became of it.
    private static let bytesPerRow = 192

    /// Runs to the end and prints the path of the result file. Blocks.
    ///
    /// - Returns: how the run ended.
    /// - Throws: what keeps it from starting; ``CommandError`` with ``ExitCode/broken`` once it has begun, or that
    ///   code alone when nobody is left to be told.
    func run() throws -> ExitCode {
        try work.requireMachine(for: input.catalog, bytesPerRow: Self.bytesPerRow)
        // Made once before anything is sent, to find out whether the settings can be used.
        _ = try TransportLoop(work.settings.transport, lookups: NameLookups())
        let spareFiles = try SpareFiles(4)
        let path = try directory ?? RunDirectory.makeNew(at: clock.wallTime())
        let directory = try RunDirectory(path: path, for: resumes ? .resumedRun : .newRun)
        let history = resumes ? try readHistory(in: directory) : nil
        var outcomes = OutcomeStore()
        let rest = try Say.withoutWaiting {
            try history.map { try ResumedSource(input.catalog, $0, into: &outcomes) }
        }
        // What the run did before takes memory, too.
        if resumes { try work.requireMachine(for: input.catalog, bytesPerRow: Self.bytesPerRow) }
        let header = try header(rows: rest?.resultCount ?? input.catalog.rowCount)
        Say.withoutWaiting { rest?.say(of: header.input, logger) }
        if resumes, !work.policy.readsFirst, directory.hasUndo {
            logger.warning(
                "no values are kept in undo.csv from here on, because neither --undo nor --skip-unchanged nor --verify is given"
            )
        }
        // From here to the end, so that the result is written whatever comes.
        work.events.listen { [logger] number in
            logger.notice(
                "stopping on \(Signals.name(of: number)): finishing what is under way; once more cuts it off")
        }
        return try run(rest, outcomes, header, continuing: history, in: directory, spareFiles)
    }

    /// Reads what earlier runs did. Until the run begins nothing is written, so that a signal ends the process at once.
    private func readHistory(in directory: RunDirectory) throws -> History {
        let report: @Sendable () -> Void = {
            Say.say(.notice, "reading what the run did before", waits: false, insists: true)
        }
        Signals.set(Signals.Answers(note: ": nothing was sent", report: report))
        return try directory.readLedger()
    }

    private func run(
        _ rest: ResumedSource?, _ outcomes: consuming OutcomeStore, _ header: RunHeader,
        continuing history: History?, in directory: RunDirectory, _ spareFiles: SpareFiles
    ) throws -> ExitCode {
        let recorder = try RunRecorder(
            directory: directory, run: header, continuing: history, outcomes: outcomes,
            keepingValuesBut: work.policy.readsFirst ? EditProof().unwritable : nil, clock: clock,
            width: work.requestsAtOnce(for: input.catalog)
        ) { [events = work.events] error in
            events.report { runner, _ in runner.stop(brokenBy: error) }
        }
        let end = try Say.withoutWaiting {
            work.warn()
            sayWhatBegins(rest, directory)
            let sink = LoggedSink(recorder: recorder, logger: logger)
            return try work.run(input.catalog, rest, into: sink, rows: header.input.rows) { recorder.tally }
        }
        // Requests that were cut, and lookups that hang, may hold all the others.
        spareFiles.release()
        return try CommandError.endingRun { try conclude(end, header, recorder, directory, rest) }
    }

    private func header(rows: Int) throws -> RunHeader {
        var hash = SHA256()
        try input.file.forEachSlice { hash.update($0) }
        let identity = InputIdentity(path: input.file.name, sha256: hash.finish(), rows: rows)
        let startedAt = clock.wallTime()
        return RunHeader(
            runID: "\(startedAt.compact)-\(getpid())", version: ThisProcess.version, input: identity,
            startedAt: startedAt, arguments: arguments)
    }

    private func sayWhatBegins(_ rest: ResumedSource?, _ directory: RunDirectory) {
        let settings = work.pace
        let resumed = rest.map { ", \($0.doneCount) of them done before" } ?? ""
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

    /// Writes what is left to write, and says what became of the run.
    private func conclude(
        _ end: RunEnd, _ header: RunHeader, _ recorder: RunRecorder, _ directory: RunDirectory, _ rest: ResumedSource?
    ) throws -> ExitCode {
        let recordFailure = error { try recorder.drain() }
        let conclusion = Conclusion(
            stopReasons: end.stopReasons, failure: end.failure ?? recordFailure,
            trippingRow: end.trippingRow.flatMap(name(ofRow:)))
        let result = ResultWriter(
            outcomes: recorder.outcomes, unattempted: conclusion.sentence, isVerified: work.policy.verifies)
        var ending = try? EndingReport(of: directory)
        let (rows, resultFailure) = result.write(input.catalog, to: directory) { ending?.take($0) }
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
        let report = failure == nil ? writeReport(in: directory, ending) : nil
        // Whatever could not be kept, the counts are told.
        SummaryTable(
            summary, report, in: directory.path, elapsed: clock.now() - begin, style: work.settings.messages.style
        ).say()
        if end.hasPassedCanary { sayCanaryPassed() }
        if conclusion.word != nil { logger.warning("\(conclusion.sentence)") }
        if report != nil { logger.notice("to look at: \(directory.file(Report.fileName))") }
        sayWhatIsNext(conclusion, rows, leftOut: rest?.badRowsLeftOut ?? 0, directory.path)
        if let failure { throw failure }
        if !work.settings.messages.isQuiet { try printPath(in: directory, summary) }
        return code
    }

    /// Names the commands that go on with the run, and that put back what it changed.
    private func sayWhatIsNext(_ conclusion: Conclusion, _ rows: OutcomeTally, leftOut: Int, _ directory: String) {
        if leftOut > 0 {
            logger.notice("\(counted(leftOut, "row")) that this run left out \(leftOut == 1 ? "is" : "are") not ok")
        }
        if let advice = conclusion.advice(rows: rows, leftOut: leftOut) {
            if let command = Invocation.resuming(arguments, in: directory) {
                Say.advise(advice, command)
            } else {
                logger.notice("\(advice), give the same command with --out '\(directory)' --resume")
            }
        }
        guard work.policy.readsFirst, rows.mayHaveChangedSomething else { return }
        let first = (0..<input.catalog.rowCount).first { input.catalog.host(ofRow: $0) != nil }
        let job = first.flatMap { try? input.catalog.job(row: $0) }
        let command = Invocation.undoing(arguments, in: directory, lacksCredentials: job?.cells == nil)
        let login =
            command.contains("FILE")
            ? ", with the logins of its PBXs in a FILE of base_url,client_id,client_secret" : ""
        Say.advise("to put back what the run changed\(login)", command)
    }

    /// Nil when there is none: it can be made anew, so that the run does not fail with it.
    private func writeReport(in directory: RunDirectory, _ ending: EndingReport?) -> RunReport? {
        do {
            return try Report.write(for: directory, ending)
        } catch {
            let command = CommandLineText.of(["report", directory.path])
            logger.warning("there is no report: \(error.message); '\(command)' makes it anew")
            return nil
        }
    }

    private func sayCanaryPassed() {
        let hosts = min(work.pace.canaryHosts ?? 0, input.catalog.hostCount)
        let scope = hosts == 1 ? "host" : "\(hosts) hosts"
        logger.notice("the canary passed: every row tried on the first \(scope) was ok")
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
            summary.exitCode = ExitCode(breakingRun: error).number
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
