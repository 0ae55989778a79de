import Dispatch
package import JobModel
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
    private let pool: WorkerPool<WorkerSeat>
    private let isOver = DispatchSemaphore(value: 0)
    /// Holds the end back until the actions of all earlier events are carried out.
    private let carrying = DispatchGroup()
    private let timer: WakeTimer
    /// The rows that were announced and neither begun nor finished.
    private let announced = Lock<[Int: Job]>([:])
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
        pool = WorkerPool(count: settings.jobs) { WorkerSeat(performer: try makePerformer()) }
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
        as worker: Int? = nil, at seat: WorkerSeat? = nil,
        _ event: (inout RunState, Duration) -> [RunAction]
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
            case .finish(let row, let outcome): finish(row, outcome, seat)
            case .skip(let rows, let outcome): for row in rows { finish(row, outcome, nil) }
            case .wake(let time): timer.wake(at: time)
            case .end: isOver.signal()
            }
        }
        return next
    }

    /// Reads a row ahead of its turn; one that cannot be read says so when its turn comes.
    private func announce(_ row: Int) {
        guard let job = try? source.job(row: row) else { return }
        sink.announce(job)
        announced.withLock { $0[row] = job }
    }

    private func start(_ work: Work, on worker: Int) {
        pool.run(on: worker) { [self] seat in
            var generator = SystemRandomNumberGenerator()
            var next: Work? = work
            while let work = next {
                let result = perform(work, seat, marks[worker])
                next = tell(as: worker, at: try? seat.get()) { state, now in
                    state.ended(work, on: worker, result, now: now, using: &generator)
                }
            }
        }
    }

    private func perform(
        _ work: Work, _ seat: Result<WorkerSeat, any Error>, _ mark: EditMark
    ) -> WorkResult {
        do {
            let seat = try seat.get()
            switch work {
            case .step(let step):
                return try perform(step, seat, mark)
            case .close(let host, let limit):
                let key = openSessions.withLock { $0.removeValue(forKey: host) }
                let latency = key.flatMap { seat.performer.close($0, within: limit) }
                if let latency { sink.requestEnded(latency: latency, isRetry: false) }
                return .closed(didRequest: latency != nil)
            }
        } catch {
            if !(error is CutOff) { failure.withLock { $0 = $0 ?? error } }
            return .broken
        }
    }

    private func perform(
        _ step: RowStep, _ seat: WorkerSeat, _ mark: EditMark
    ) throws -> WorkResult {
        if let job = announced.withLock({ $0.removeValue(forKey: step.row) }) { seat.take(job, ofRow: step.row) }
        let job = try seat.job(step.row, from: source)
        let startedAt = step.progress.startedAt ?? clock.wallTime()
        let report = try seat.performer.step(job, after: step.progress, by: step.deadline) {
            // Marked first: from here on nobody can be sure that the edit has not left.
            mark.row.store(step.row, ordering: .sequentiallyConsistent)
            if isCut.load(ordering: .sequentiallyConsistent) { throw CutOff() }
            try sink.willSend(job)
        }
        mark.row.store(EditMark.none, ordering: .sequentiallyConsistent)
        if report.isSessionOpen { openSessions.withLock { $0[step.host] = job.address.host } }
        if let latency = report.latency { sink.requestEnded(latency: latency, isRetry: step.isRetry) }
        return .stepped(report, startedAt: startedAt)
    }

    private func finish(_ row: Int, _ outcome: Outcome, _ seat: WorkerSeat?) {
        do {
            var outcome = outcome
            if outcome.startedAt != nil { outcome.finishedAt = clock.wallTime() }
            let announced = announced.withLock { $0.removeValue(forKey: row) }
            sink.finished(try announced ?? seat?.job(row, from: source) ?? source.job(row: row), outcome)
        } catch {
            stop(brokenBy: error)
        }
    }
}

/// The run was cut just before an edit request left.
private struct CutOff: Error {}

/// The row whose first edit request a worker may be sending.
private final class EditMark: Sendable {
    static let none = -1
    let row = Atomic(EditMark.none)
}

/// What a worker has for itself: its performer, and the row it read last.
final class WorkerSeat {
    let performer: any JobPerformer
    private var row = -1
    private var lastJob: Job?

    init(performer: any JobPerformer) {
        self.performer = performer
    }

    func take(_ job: Job, ofRow row: Int) {
        (self.row, lastJob) = (row, job)
    }

    func job(_ row: Int, from source: any JobSource) throws -> Job {
        if row == self.row, let lastJob { return lastJob }
        let job = try source.job(row: row)
        take(job, ofRow: row)
        return job
    }
}
