import DequeModule
@preconcurrency import Dispatch
package import FleetModel
import Glibc
package import Platform

/// Carries a run out: asks ``RunState`` what to do, lets the workers do it, and hands the outcomes on.
package final class Runner: Sendable {
    private let source: any JobSource
    private let sink: any OutcomeSink
    private let clock: any RunClock
    private let state: Lock<RunState>
    private let hasWindow: Bool
    /// Whether the age of requests matters.
    private let isAdaptive: Bool
    private let failure = Lock<(any Error)?>(nil)
    private let pool: WorkerPool
    /// Holds the end back until the actions of all earlier events are carried out.
    private let carrying = DispatchGroup()
    private let timer: WakeTimer
    private let skipping = DispatchQueue(label: "certfleet.skipping")

    /// - Parameters:
    ///   - source: the rows.
    ///   - sink: takes the outcomes.
    ///   - settings: limits and policies; times are on the clock's `now`.
    ///   - clock: the clock of the run.
    ///   - workers: event loops, at least 1; the default is one for each processor.
    ///   - makePerformer: makes a worker's performer.
    /// - Throws: what `makePerformer` throws; nothing was sent then.
    package init(
        source: any JobSource, sink: any OutcomeSink, settings: RunSettings, clock: any RunClock,
        workers: Int = Runner.processors, makePerformer: () throws -> any JobPerformer
    ) throws {
        self.source = source
        self.sink = sink
        self.clock = clock
        timer = WakeTimer(clock: clock)
        hasWindow = settings.window != nil
        isAdaptive = settings.jobs.most > settings.jobs.young
        let count = max(1, min(workers, settings.jobs.most, source.hostCount))
        state = Lock(RunState(source, settings, workers: count))
        pool = try WorkerPool(count: count, makePerformer: makePerformer)
    }

    /// Processors that this process may use, at least 1.
    package static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    /// Runs until the last row is finished or the run was stopped. Blocks; to be called once.
    package func run() -> RunEnd {
        pool.start()
        tell { $0.start(now: $1) }
        while timer.sleep() { tell { $0.timerFired(now: $1) } }
        carrying.wait()
        pool.stop()
        let failure = failure.withLock { $0 }
        return state.withLock { state in
            RunEnd(
                stopReasons: state.stopReasons, hostsStopped: state.hostsStopped,
                hostsUnreachable: state.hostsUnreachable, trippingRow: state.trippingRow,
                hasPassedCanary: state.hasPassedCanary, failure: failure)
        }
    }

    /// Hosts that are done so far, and how many of them never answered.
    package var hosts: (done: Int, down: Int) {
        state.withLock { ($0.lanes.finishedHosts, $0.hostsUnreachable) }
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

    /// Ends all requests at once, so that ``run()`` returns; a row whose edit may have left is unknown.
    package func cut() {
        tell { $0.cut(now: $1) }
    }

    /// Tells the state of an event and carries out what it wants, outside its lock.
    ///
    /// - Parameter worker: whose loop this is called on; nil for any other thread.
    private func tell(as worker: Worker? = nil, _ event: (inout RunState, Duration) -> [RunAction]) {
        let actions = state.withLock { state in
            carrying.enter()
            let now = clock.now()
            if hasWindow { state.budget.checkWindow(now: now, wallTime: clock.wallTime()) }
            return event(&state, now)
        }
        defer { carrying.leave() }
        for action in actions { carryOut(action, on: worker) }
        if let worker { worker.workOff { perform($0, on: worker) } }
    }

    private func carryOut(_ action: RunAction, on worker: Worker?) {
        switch action {
        case .start(let number, let work) where number == worker?.number: worker?.add(work)
        case .start(let number, let work):
            pool.workers[number].post { [self] other in
                other.add(work)
                other.workOff { perform($0, on: other) }
            }
        case .finish(let row, let host, let outcome): finish(row, outcome, worker?.performer.job(on: host))
        case .skip(let rows, let outcome): skip(rows, outcome)
        case .release(let number, let host) where number == worker?.number: worker?.performer.release(host)
        case .release(let number, let host): pool.workers[number].post { $0.performer.release(host) }
        case .cut: for worker in pool.workers { worker.post { $0.cut() } }
        case .wake(let time): timer.wake(at: time)
        case .end: timer.end()
        }
    }

    /// Hands over rows of which nothing was read yet: apart, because reading very many would keep a loop from its requests.
    private func skip(_ rows: [Int], _ outcome: Outcome) {
        carrying.enter()
        skipping.async { [self] in
            for row in rows { finish(row, outcome) }
            carrying.leave()
        }
    }

    /// - Parameter job: the row where it is at hand; else it is read again, which is rare but for rows that are skipped.
    private func finish(_ row: Int, _ outcome: Outcome, _ job: Job? = nil) {
        do {
            sink.finished(try job ?? source.job(row: row), outcome)
        } catch {
            stop(brokenBy: error)
        }
    }
}

/// On a worker's loop.
extension Runner {
    private func perform(_ work: Work, on worker: Worker) {
        guard !worker.isCut else { return tell(as: worker) { $0.ended(work, .cut, now: $1) } }
        let aged = isAdaptive ? { [self] in tell(as: worker) { $0.aged(host: work.host, now: $1) } } : nil
        switch work {
        case .step(let step): perform(step, on: worker, aged: aged)
        case .close(let host, let deadline):
            worker.performer.close(host, by: deadline, aged: aged) { [self] report in
                if let latency = report.latency { sink.requestEnded(latency: latency, isRetry: report.isRetry) }
                tell(as: worker) { $0.ended(work, .closed(report), now: $1) }
            }
        }
    }

    private func perform(_ step: RowStep, on worker: Worker, aged: (() -> Void)?) {
        do {
            if step.isFirst { worker.performer.begin(try source.job(row: step.row), on: step.host) }
        } catch {
            return noteBroken(step, by: error, on: worker)
        }
        let start = RowStart(wallTime: clock.wallTime(), now: clock.now())
        worker.performer.step(step.host, by: step.deadline, aged: aged) { [self] result in
            switch result {
            case .failure(let error): noteBroken(step, by: error, on: worker)
            case .success(let report):
                if let latency = report.latency { sink.requestEnded(latency: latency, isRetry: report.isRetry) }
                tell(as: worker) { $0.ended(.step(step), .stepped(report, start: start), now: $1) }
            }
        }
    }

    private func noteBroken(_ step: RowStep, by error: any Error, on worker: Worker) {
        failure.withLock { $0 = $0 ?? error }
        tell(as: worker) { $0.ended(.step(step), .broken, now: $1) }
    }
}

/// Wakes a thread at the soonest of the times it was given since it last did.
///
/// Wishes come from many threads and out of order, so a later one must not push an earlier one back.
final class WakeTimer: Sendable {
    private let clock: any RunClock
    private let state = Lock<(soonest: Duration?, isOver: Bool)>((nil, false))
    private let alarm = Alarm()

    /// - Parameter clock: the clock of the times.
    init(clock: any RunClock) {
        self.clock = clock
    }

    /// Ends ``sleep()`` at this time, or sooner if it was asked to.
    func wake(at time: Duration) {
        let isSoonest = state.withLock { state in
            if let soonest = state.soonest, soonest <= time { return false }
            state.soonest = time
            return true
        }
        if isSoonest { alarm.ring() }
    }

    /// Ends ``sleep()`` for good.
    func end() {
        state.withLock { $0.isOver = true }
        alarm.ring()
    }

    /// Blocks until a time has come that it was given. To be called by one thread.
    ///
    /// - Returns: false when there will be none any more.
    func sleep() -> Bool {
        while true {
            let (soonest, isOver) = state.withLock { $0 }
            if isOver { return false }
            let rest = soonest.map { $0 - clock.now() }
            if let rest, rest <= .zero {
                state.withLock { $0.soonest = nil }
                return true
            }
            alarm.wait(for: rest)
        }
    }
}

/// The workers of a run: an event loop each, which occupies a serial Dispatch queue.
final class WorkerPool: Sendable {
    let workers: [Worker]
    private let running = DispatchGroup()

    /// - Parameters:
    ///   - count: workers, at least 1.
    ///   - makePerformer: makes a worker's performer.
    /// - Throws: what `makePerformer` throws.
    init(count: Int, makePerformer: () throws -> any JobPerformer) rethrows {
        workers = try (0..<count).map { Worker(number: $0, try makePerformer()) }
    }

    func start() {
        for worker in workers {
            let queue = DispatchQueue(label: "certfleet.worker.\(worker.number)", qos: .userInitiated)
            queue.async(group: running) { worker.performer.run() }
        }
    }

    /// Ends the loops, on which nothing is under way. Blocks until they have ended.
    func stop() {
        for worker in workers { worker.performer.stop() }
        running.wait()
    }
}

/// One worker and what it has to do.
// Safe because everything that changes is touched on the performer's loop alone.
final class Worker: @unchecked Sendable {
    let number: Int
    let performer: any JobPerformer
    /// Whether its requests were cut off, so that none must start.
    private(set) var isCut = false
    private var backlog: Deque<Work> = []
    private var isAtWork = false

    init(number: Int, _ performer: any JobPerformer) {
        self.number = number
        self.performer = performer
    }

    /// Does something on the loop, after all that was posted before. From any thread.
    func post(_ act: @escaping @Sendable (Worker) -> Void) {
        performer.post { act(self) }
    }

    func cut() {
        isCut = true
        performer.cut()
    }

    func add(_ work: Work) { backlog.append(work) }

    /// Does all that was added; not again while it does, so that work which ends at once does not pile up on the stack.
    func workOff(_ perform: (Work) -> Void) {
        guard !isAtWork else { return }
        isAtWork = true
        while let work = backlog.popFirst() { perform(work) }
        isAtWork = false
    }
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
