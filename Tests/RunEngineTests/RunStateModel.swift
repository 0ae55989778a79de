import FleetModel
import Pacing
import Testing

@testable import RunEngine

/// Plays the workers, the clock and the PBXs of a run against a ``RunState``, and holds what must always hold.
struct RunStateModel {
    /// How far a request has come.
    enum Phase {
        case connecting
        /// The body of an edit waits for the ledger.
        case held
        /// The body of an edit has left.
        case sent
    }

    struct Request {
        let worker: Int
        let work: Work
        let since: Duration
        var phase = Phase.connecting
        var isAged = false
    }

    var state: RunState
    let hosts: [Int?]
    let jobs: JobLimit
    private(set) var now = Duration.zero
    private(set) var busy: [Request] = []
    private(set) var outcomes: [Int: Outcome] = [:]
    /// Rows in the order in which their first step began, for each host.
    private(set) var begun: [Int: [Int]] = [:]
    private(set) var openSessions: Set<Int> = []
    private(set) var wakes: [Duration] = []
    private(set) var isOver = false
    private(set) var steps = 0
    private(set) var starts: [Duration] = []
    /// Hosts that their worker was told to forget.
    private(set) var released: Set<Int> = []
    private var workers: [Int: Int] = [:]
    /// What each row under way is if it goes no further.
    private var fallbacks: [Int: Outcome] = [:]

    init(hosts: [Int?], settings: RunSettings, workers: Int = 1) {
        self.hosts = hosts
        jobs = settings.jobs
        state = RunState(FleetSource(hosts: hosts), settings, workers: workers)
    }

    mutating func start() { carryOut(state.start(now: now)) }
    mutating func stop(_ reason: StopReason) { carryOut(state.stop(reason, now: now)) }

    mutating func advance(by duration: Duration) {
        now += duration
        fireDueTimers()
    }

    /// Moves the clock to the next time the state asked for.
    mutating func sleep() {
        guard let next = wakes.min() else {
            Issue.record("nobody works and no timer is set, but the run is not over")
            isOver = true
            return
        }
        now = max(now, next)
        fireDueTimers()
    }

    /// Sleeps until a request starts or the run is over.
    mutating func sleepUntilBusy() {
        while busy.isEmpty, !isOver { sleep() }
    }

    private mutating func fireDueTimers() {
        let due = wakes.filter { $0 <= now }
        wakes.removeAll { $0 <= now }
        if !due.isEmpty { carryOut(state.timerFired(now: now)) }
    }

    /// Ends a request under way.
    mutating func end(_ index: Int, with result: (Work) -> WorkResult) {
        let request = busy.remove(at: index)
        let brought = result(request.work)
        note(brought, of: request.work)
        carryOut(state.ended(request.work, brought, now: now))
        holdWidth()
    }

    private mutating func note(_ result: WorkResult, of work: Work) {
        switch (work, result) {
        case (.step(let step), .stepped(let report, _)):
            fallbacks[step.row] = report.fallback
            if report.isSessionOpen { openSessions.insert(step.host) } else { openSessions.remove(step.host) }
        case (.close(let host, _), .closed): openSessions.remove(host)
        default: break
        }
    }

    /// Lets a request become older than 100 ms.
    mutating func age(_ index: Int) {
        guard !busy[index].isAged else { return }
        busy[index].isAged = true
        carryOut(state.aged(host: busy[index].work.host, now: now))
        holdWidth()
    }

    /// Brings a row's edit to a phase.
    mutating func move(_ index: Int, to phase: Phase) { busy[index].phase = phase }

    /// Ends all requests at once, as a transport does that is cut.
    mutating func cut() {
        let sent = busy.filter { $0.phase == .sent }.map(\.work)
        carryOut(state.cut(now: now))
        for work in sent {
            guard case .step(let step) = work else { continue }
            #expect(outcomes[step.row]?.status == .unknown, "an edit under way at the cut is not unknown")
        }
        #expect(isOver, "the run goes on after the cut")
    }

    private mutating func cutOff(_ request: Request) -> WorkResult {
        guard case .step(let step) = request.work else { return .closed(CloseReport(latency: .zero, again: now)) }
        let isOpen = openSessions.contains(step.host)
        let move: StepReport.Move =
            request.phase == .sent
            ? .done(Outcome(status: .unknown, errorClass: .runStopped, attempts: 1)) : .wait(until: now)
        let report = StepReport(
            move, fallback: fallbacks[step.row], latency: .zero, isSessionOpen: isOpen)
        return .stepped(report, start: RunStateTests.start)
    }

    private mutating func carryOut(_ actions: [RunAction]) {
        for action in actions {
            #expect(!isOver, "an action after the end")
            switch action {
            case .start(let worker, let work): begin(work, on: worker)
            case .finish(let row, let host, let outcome):
                #expect(begun[host]?.last == row, "the row that ends is not the one that its host is at")
                finish(row, outcome)
            case .skip(let rows, let outcome): for row in rows { finish(row, outcome) }
            case .release(let worker, let host): release(host, from: worker)
            case .cut: break
            case .wake(let time): wakes.append(time)
            case .end: isOver = true
            }
        }
        guard actions.contains(where: { if case .cut = $0 { true } else { false } }) else { return }
        while let request = busy.first {
            let result = cutOff(request)
            end(0) { _ in result }
        }
    }

    private mutating func begin(_ work: Work, on worker: Int) {
        #expect(!busy.contains { $0.work.host == work.host }, "two requests on one host")
        #expect(workers[work.host] ?? worker == worker, "a host changed its worker")
        #expect(!released.contains(work.host), "a request on a host that is over")
        workers[work.host] = worker
        busy.append(Request(worker: worker, work: work, since: now))
        starts.append(now)
        steps += 1
        guard case .step(let step) = work else { return }
        #expect(hosts[step.row] == step.host)
        #expect(outcomes[step.row] == nil, "a finished row was begun again")
        #expect(step.isFirst == (begun[step.host]?.last != step.row))
        if step.isFirst { begun[step.host, default: []].append(step.row) }
    }

    private func holdWidth() {
        let young = busy.count { !$0.isAged }
        #expect(
            busy.count <= jobs.most && (jobs.most == jobs.young || young <= jobs.young), "too many requests at once")
    }

    private mutating func release(_ host: Int, from worker: Int) {
        #expect(workers[host] == worker && released.insert(host).inserted, "a host is over twice")
        #expect(!busy.contains { $0.work.host == host }, "a host is over with a request under way")
    }

    private mutating func finish(_ row: Int, _ outcome: Outcome) {
        #expect(outcomes.updateValue(outcome, forKey: row) == nil, "row \(row) has two outcomes")
    }
}
