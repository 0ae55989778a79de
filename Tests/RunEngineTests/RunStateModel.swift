import FleetModel
import Testing

@testable import RunEngine

/// Plays the workers, the clock and the PBXs of a run against a ``RunState``, and holds what must always hold.
struct RunStateModel<Generator: RandomNumberGenerator> {
    var state: RunState
    var generator: Generator
    let hosts: [Int?]
    let width: Int
    private(set) var now = Duration.zero
    private(set) var busy: [(worker: Int, work: Work)] = []
    private(set) var outcomes: [Int: Outcome] = [:]
    /// Rows in the order in which their first step began, for each host.
    private(set) var begun: [Int: [Int]] = [:]
    private(set) var announced: Set<Int> = []
    private(set) var openSessions: Set<Int> = []
    private(set) var wakes: [Duration] = []
    private(set) var isOver = false
    private(set) var steps = 0
    private(set) var starts: [Duration] = []
    private var editing: Set<Int> = []
    /// Rows of which an edit has left.
    private var sent: Set<Int> = []

    init(hosts: [Int?], settings: RunSettings, generator: Generator) {
        self.hosts = hosts
        self.generator = generator
        width = settings.jobs
        state = RunState(FleetSource(hosts: hosts), settings)
    }

    mutating func start() { carryOut(state.start(now: now)) }
    mutating func stop(_ reason: StopReason) { carryOut(state.stop(reason, now: now)) }

    mutating func cut() {
        let editing = editing
        carryOut(state.cut(editing: editing))
        #expect(editing.allSatisfy { outcomes[$0]?.status == .unknown }, "an edit under way at the cut is not unknown")
    }

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

    private mutating func fireDueTimers() {
        let due = wakes.filter { $0 <= now }
        wakes.removeAll { $0 <= now }
        if !due.isEmpty { carryOut(state.timerFired(now: now)) }
    }

    /// Ends the work of one busy worker.
    mutating func end(_ index: Int, with result: (Work) -> WorkResult) {
        let (worker, work) = busy.remove(at: index)
        let brought = result(work)
        if case .stepped(let report, _) = brought {
            if case .step(let step) = work, report.edits > 0 { sent.insert(step.row) }
            if report.isSessionOpen { openSessions.insert(work.host) } else { openSessions.remove(work.host) }
        } else if case .closed = brought {
            openSessions.remove(work.host)
        }
        carryOut(state.ended(work, on: worker, brought, now: now, using: &generator))
        if case .step(let step) = work { editing.remove(step.row) }
    }

    /// Lets the first edit request of a row leave.
    mutating func startEdit(row: Int) { editing.insert(row) }

    private mutating func carryOut(_ actions: [RunAction]) {
        for action in actions {
            #expect(!isOver, "an action after the end")
            switch action {
            case .start(let worker, let work): begin(work, on: worker)
            case .announce(let row): announce(row)
            case .finish(let row, let outcome): finish(row, outcome)
            case .skip(let rows, let outcome): for row in rows { finish(row, outcome) }
            case .wake(let time): wakes.append(time)
            case .end: isOver = true
            }
        }
        // Four for each worker, and those that a worker had when no more were announced.
        #expect(rowsAhead <= 5 * width, "more rows are announced than a kill may leave in doubt")
    }

    /// Rows that are announced and would be in doubt although no edit of theirs has left and no worker has them.
    private var rowsAhead: Int {
        announced.count { row in
            let isBusy = busy.contains { if case .step(let step) = $0.work { step.row == row } else { false } }
            return outcomes[row] == nil && !sent.contains(row) && !isBusy
        }
    }

    private mutating func announce(_ row: Int) {
        #expect(announced.insert(row).inserted, "row \(row) was announced twice")
        #expect(outcomes[row] == nil, "a finished row was announced")
        #expect(!begun.values.contains { $0.contains(row) }, "a row was announced after it was begun")
        #expect(state.stopReasons.isEmpty, "a row was announced although the run ends")
    }

    private mutating func begin(_ work: Work, on worker: Int) {
        #expect(!busy.contains { $0.worker == worker }, "a busy worker was given more work")
        #expect(!busy.contains { $0.work.host == work.host }, "two workers on one host")
        #expect(worker < width)
        busy.append((worker, work))
        starts.append(now)
        steps += 1
        guard case .step(let step) = work else { return }
        #expect(hosts[step.row] == step.host)
        #expect(outcomes[step.row] == nil, "a finished row was begun again")
        if begun[step.host]?.last != step.row { begun[step.host, default: []].append(step.row) }
    }

    private mutating func finish(_ row: Int, _ outcome: Outcome) {
        #expect(outcomes.updateValue(outcome, forKey: row) == nil, "row \(row) has two outcomes")
    }
}
