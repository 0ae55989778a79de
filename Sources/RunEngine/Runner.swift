package import Platform
import Dispatch
package import FleetModel
import Synchronization

/// How a run ended.
package struct RunEnd: Sendable {
    /// In the order in which they came up; empty when every row was tried.
    package let stopReasons: [StopReason]
    /// Hosts that were stopped, so that rows of theirs were skipped.
    package let hostsStopped: Int
    /// Hosts that could not be reached.
    package let hostsUnreachable: Int
    /// What broke the run; nil when nothing did.
    package let failure: (any Error)?
}

/// Carries a run out: asks ``RunState`` what to do, lets the workers do it, and hands the outcomes on.
package final class Runner: Sendable {
    private let source: any JobSource
    private let sink: any OutcomeSink
    private let clock: any RunClock
    private let state: Lock<RunState>
    private let failure = Lock<(any Error)?>(nil)
    private let pool: WorkerPool<any JobPerformer>
    private let isOver = DispatchSemaphore(value: 0)
    /// Holds the end back until the actions of all earlier events are carried out.
    private let carrying = DispatchGroup()
    private let timer: WakeTimer
    /// The rows that were announced or begun and are not finished; not those that wait for a host without an edit sent.
    private let jobs = Lock<[Int: Job]>([:])
    /// Where the hosts with a session are, because the rows that told may be unreadable by the time it ends.
    private let openSessions = Lock<[Int: HostKey]>([:])
    /// Set before the marks are read: a worker that marks its row too late sees it, and sends nothing.
    private let isCut = Atomic(false)
    /// Which row each worker edits.
    private let marks: [EditMark]

    /// - Parameters:
    ///   - source: the rows.
    ///   - sink: takes the outcomes.
    ///   - settings: limits and policies; times are on the clock's `now`.
    ///   - clock: the clock of the run.
    ///   - makePerformer: makes a worker's performer, on the worker's queue; what it throws breaks the run.
    package init(
        source: any JobSource, sink: any OutcomeSink, settings: RunSettings, clock: any RunClock,
        makePerformer: @escaping @Sendable () throws -> any JobPerformer
    ) {
        self.source = source
        self.sink = sink
        self.clock = clock
        timer = WakeTimer(clock: clock)
        state = Lock(RunState(source, settings))
        marks = (0..<settings.jobs).map { _ in EditMark() }
        pool = WorkerPool(count: settings.jobs, makeMember: makePerformer)
    }

    /// Runs until the last row is finished or the run was stopped. Blocks; to be called once.
    package func run() -> RunEnd {
        timer.start { [self] in tell { $0.timerFired(now: $1) } }
        tell { $0.start(now: $1) }
        isOver.wait()
        carrying.wait()
        timer.cancel()
        let failure = failure.withLock { $0 }
        return state.withLock { state in
            RunEnd(
                stopReasons: state.stopReasons, hostsStopped: state.hostsStopped,
                hostsUnreachable: state.hostsUnreachable, failure: failure)
        }
    }

    /// Starts no more rows; ``run()`` returns when those under way are finished. From any thread, any number of times.
    package func stop(_ reason: StopReason) {
        tell { $0.stop(reason, now: $1) }
    }

    /// Stops the run because its own files fail.
    package func stop(brokenBy error: any Error) {
        failure.withLock { $0 = $0 ?? error }
        stop(.broken)
    }

    /// Lets ``run()`` return at once, whatever the workers are doing; rows under way are unknown.
    package func cut() {
        isCut.store(true, ordering: .sequentiallyConsistent)
        let editing = Set(marks.map { $0.row.load(ordering: .sequentiallyConsistent) })
        tell { state, _ in state.cut(editing: editing) }
    }

    /// Tells the state of an event and carries out what it wants, outside its lock.
    ///
    /// - Returns: the work for the worker that tells, which so goes on without a detour.
    @discardableResult
    private func tell(
        as worker: Int? = nil, _ event: (inout RunState, Duration) -> [RunAction]
    ) -> Work? {
        let actions = state.withLock { state in
            carrying.enter()
            return event(&state, clock.now())
        }
        defer { carrying.leave() }
        var next: Work?
        for action in actions {
            switch action {
            case .start(let other, let work) where other == worker: next = work
            case .start(let other, let work): start(work, on: other)
            case .announce(let row): announce(row)
            case .finish(let row, let outcome): finish(row, outcome)
            case .skip(let rows, let outcome): for row in rows { finish(row, outcome) }
            case .wake(let time): timer.wake(at: time)
            case .end: isOver.signal()
            }
        }
        return next
    }

    /// Reads a row ahead of its turn; one that cannot be read says so when its turn comes.
    private func announce(_ row: Int) {
        guard let job = try? job(ofRow: row) else { return }
        if !sink.announce(job) { forget(row) }
    }

    private func start(_ work: Work, on worker: Int) {
        pool.run(on: worker) { [self] performer in
            // Boxed, because it has no size and so no address that the thread sanitizer could look at.
            var generator: any RandomNumberGenerator = SystemRandomNumberGenerator()
            var next: Work? = work
            while let work = next, let result = perform(work, performer, marks[worker]) {
                next = tell(as: worker) { state, now in
                    state.ended(work, on: worker, result, now: now, using: &generator)
                }
                // Not before the state knows what became of the row, or a cut would take it for one that never left.
                marks[worker].row.store(EditMark.none, ordering: .sequentiallyConsistent)
            }
        }
    }

    /// - Returns: nil when the run was cut instead, and nobody waits for the worker any more.
    private func perform(
        _ work: Work, _ performer: Result<any JobPerformer, any Error>, _ mark: EditMark
    ) -> WorkResult? {
        do {
            let performer = try performer.get()
            switch work {
            case .step(let step):
                return try perform(step, performer, mark)
            case .close(let host, let limit, let isRetry):
                let report = openSessions.withLock { $0[host] }.flatMap { performer.close($0, within: limit) }
                if let report { sink.requestEnded(latency: report.latency, isRetry: isRetry) }
                if report?.isOver ?? true { openSessions.withLock { $0[host] = nil } }
                return .closed(report)
            }
        } catch is CutOff {
            return nil
        } catch {
            failure.withLock { $0 = $0 ?? error }
            return .broken
        }
    }

    private func perform(
        _ step: RowStep, _ performer: any JobPerformer, _ mark: EditMark
    ) throws -> WorkResult {
        let job = try job(ofRow: step.row)
        let startedAt = step.progress.startedAt ?? clock.wallTime()
        let report = try performer.step(job, after: step.progress, by: step.deadline) {
            // Marked first: from here on nobody can be sure that the edit has not left.
            mark.row.store(step.row, ordering: .sequentiallyConsistent)
            if isCut.load(ordering: .sequentiallyConsistent) { throw CutOff() }
            try sink.willSend(job)
        }
        // A host that cannot be reached keeps its row waiting for long; nothing of it has left that must be remembered.
        if case .retry = report.verdict, step.progress.edits + report.edits == 0 { forget(step.row) }
        if report.isSessionOpen { openSessions.withLock { $0[step.host] = job.address.host } }
        if let latency = report.latency { sink.requestEnded(latency: latency, isRetry: step.isRetry) }
        return .stepped(report, startedAt: startedAt)
    }

    /// The row made ready to run; kept, so that it is read once.
    private func job(ofRow row: Int) throws -> Job {
        if let job = jobs.withLock({ $0[row] }) { return job }
        let job = try source.job(row: row)
        jobs.withLock { $0[row] = job }
        return job
    }

    @discardableResult
    private func forget(_ row: Int) -> Job? { jobs.withLock { $0.removeValue(forKey: row) } }

    private func finish(_ row: Int, _ outcome: Outcome) {
        do {
            var outcome = outcome
            if outcome.startedAt != nil { outcome.finishedAt = clock.wallTime() }
            sink.finished(try forget(row) ?? source.job(row: row), outcome)
        } catch {
            stop(brokenBy: error)
        }
    }
}

/// The run was cut just before an edit request left.
private struct CutOff: Error {}

/// The row whose first edit request a worker may be sending, or has sent without having told yet.
private final class EditMark: Sendable {
    static let none = -1
    let row = Atomic(EditMark.none)
}
