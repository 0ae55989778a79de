import Dispatch
import FleetModel
import Platform

@testable import RunEngine

/// What the PBXs of a test do, and what they saw: shared by all workers.
final class Script: Sendable {
    enum Answer {
        case ok
        /// The first request of a row fails and is made again a little later.
        case okTheSecondTime
        /// None, until the run is cut.
        case never
    }

    private struct Seen {
        var underWay = 0
        var highest = 0
        var performers: [ScriptedPerformer] = []
    }

    private let seen = Lock(Seen())
    /// Requests that must be under way at once before the first of them is answered.
    let gathering: Int
    /// Whether a request that is not answered becomes old.
    let ages: Bool
    /// By row, from 1.
    let answer: @Sendable (Int) -> Answer
    /// Called as an edit leaves, with its row from 1.
    let whenSent: @Sendable (Int) -> Void

    init(
        gathering: Int = 0, ages: Bool = false, answer: @escaping @Sendable (Int) -> Answer = { _ in .ok },
        whenSent: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.gathering = gathering
        self.ages = ages
        self.answer = answer
        self.whenSent = whenSent
    }

    var highest: Int { seen.withLock { $0.highest } }

    func add(_ performer: ScriptedPerformer) { seen.withLock { $0.performers.append(performer) } }

    /// - Returns: whether there is something to wait for.
    func enter() -> Bool {
        let (isWaiting, performers) = seen.withLock { seen in
            seen.underWay += 1
            seen.highest = max(seen.highest, seen.underWay)
            return (seen.highest < gathering, seen.highest == gathering ? seen.performers : [])
        }
        for performer in performers { performer.post { performer.answerAll() } }
        return isWaiting
    }

    func leave() { seen.withLock { $0.underWay -= 1 } }
}

/// A worker that speaks to nobody, on a loop as simple as can be.
// Safe because what changes is touched on the loop alone, or is behind the lock.
final class ScriptedPerformer: JobPerformer, @unchecked Sendable {
    private struct Request {
        let row: Int
        let completion: (Result<StepReport, any Error>) -> Void
    }

    private let script: Script
    private let sink: any OutcomeSink
    private let clock = SystemClock()
    private let inbox = Lock<[@Sendable () -> Void]>([])
    private let bell = DispatchSemaphore(value: 0)
    private var isStopped = false
    private var isCut = false
    private var jobs: [Int: Job] = [:]
    private var underWay: [Int: Request] = [:]
    private var tries: [Int: Int] = [:]

    init(_ script: Script, sink: any OutcomeSink) {
        self.script = script
        self.sink = sink
        script.add(self)
    }

    func run() {
        while !isStopped {
            bell.wait()
            let acts = inbox.withLock { inbox in
                defer { inbox = [] }
                return inbox
            }
            for act in acts { act() }
        }
    }

    func stop() { post { self.isStopped = true } }

    func post(_ work: @escaping @Sendable () -> Void) {
        inbox.withLock { $0.append(work) }
        bell.signal()
    }

    func begin(_ job: Job, on host: Int) { jobs[host] = job }
    func job(on host: Int) -> Job? { jobs[host] }
    func release(_ host: Int) { jobs[host] = nil }

    func step(
        _ host: Int, by deadline: Duration?, aged: (() -> Void)?,
        then completion: @escaping (Result<StepReport, any Error>) -> Void
    ) {
        guard let job = jobs[host] else { preconditionFailure("a step without a row") }
        let isWaiting = script.enter()
        underWay[host] = Request(row: job.position.row, completion: completion)
        sink.willSend(job, replacing: nil, changing: []) { result in
            self.post { self.noted(job, on: host, result, isWaiting: isWaiting) }
        }
        if script.ages, isWaiting { aged?() }
    }

    private func noted(_ job: Job, on host: Int, _ result: Result<Void, any Error>, isWaiting: Bool) {
        guard !isCut else { return }
        if case .failure(let error) = result { return end(host, .failure(error)) }
        script.whenSent(job.position.row)
        if !isWaiting { answer(host) }
    }

    func answerAll() {
        for host in Array(underWay.keys) { answer(host) }
    }

    private func answer(_ host: Int) {
        guard let row = underWay[host]?.row else { return }
        tries[row, default: 0] += 1
        let ok = Outcome(status: .ok, errcode: 0, attempts: 1)
        switch script.answer(row) {
        case .never: break
        case .okTheSecondTime where tries[row] == 1:
            let refused = Outcome(status: .failed, errorClass: .connect, error: "refused")
            let again = clock.now() + .milliseconds(20)
            end(host, .success(StepReport(.wait(until: again), fallback: refused, latency: .zero, isInVain: true)))
        case .ok, .okTheSecondTime: end(host, .success(StepReport(.done(ok), latency: .zero, hasAnswered: true)))
        }
    }

    private func end(_ host: Int, _ result: Result<StepReport, any Error>) {
        guard let request = underWay.removeValue(forKey: host) else { return }
        script.leave()
        request.completion(result)
    }

    func cut() {
        isCut = true
        let unknown = Outcome(status: .unknown, errorClass: .runStopped, attempts: 1)
        for host in Array(underWay.keys) { end(host, .success(StepReport(.done(unknown), latency: .zero))) }
    }

    func close(
        _ host: Int, by deadline: Duration?, aged: (() -> Void)?, then completion: @escaping (CloseReport) -> Void
    ) {
        completion(CloseReport())
    }
}

/// Takes the outcomes, and notes at once, or not at all, what is to be sent.
final class RecordingSink: OutcomeSink {
    struct Failure: Error {}

    private let state = Lock((sent: [Int](), rows: [Int](), outcomes: [Int: Outcome]()))
    private let failsAtRow: Int?

    init(failsAtRow: Int? = nil) {
        self.failsAtRow = failsAtRow
    }

    var sent: [Int] { state.withLock { $0.sent.sorted() } }
    var rows: [Int] { state.withLock { $0.rows } }
    var outcomes: [Int: Outcome] { state.withLock { $0.outcomes } }

    func willSend(
        _ job: Job, replacing _: CertificateState?, changing _: [FieldChange],
        then completion: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        if job.position.row == failsAtRow { return completion(.failure(Failure())) }
        state.withLock { $0.sent.append(job.position.row) }
        completion(.success(()))
    }

    func finished(_ job: Job, _ outcome: Outcome) {
        state.withLock {
            $0.rows.append(job.position.row)
            $0.outcomes[job.position.row] = outcome
        }
    }

    func requestEnded(latency: Duration, isRetry: Bool) {}
}
