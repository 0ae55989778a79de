import Platform
import Dispatch
import FleetModel
import Pacing
import TestSupport
import Testing

@testable import RunEngine

@Suite struct RunnerTests {
    @Test(arguments: [1, 64])
    func everyRowReachesTheSinkOnceAndTheWidthHolds(width: Int) {
        let play = Play(hosts: (0..<400).map { $0 % 100 }, width: width)
        let end = play.runner.run()
        #expect(end.stopReasons.isEmpty)
        #expect(play.sink.rows.sorted() == Array(1...400))
        #expect(play.gauge.highest <= width)
        #expect(play.sink.sent == play.sink.rows.sorted())
    }

    @Test func allWorkersBlockAtOnceWhenThereIsWorkForThem() {
        // Every step waits until 200 steps wait: with fewer workers at once the run would never end.
        let play = Play(hosts: Array(0..<200), width: 200, gathering: 200)
        #expect(play.runner.run().stopReasons.isEmpty)
        #expect(play.gauge.highest == 200)
    }

    @Test func aSinkThatCannotNoteARowBreaksTheRunBeforeItIsSent() {
        let play = Play(hosts: [0, 1, 2], width: 1, failsAtRow: 2)
        let end = play.runner.run()
        #expect(end.stopReasons == [.broken])
        #expect(end.failure is SinkFailure)
        #expect(play.sink.rows == [1])
    }

    @Test func rowsAreAnnouncedAheadOfTheirTurn() {
        let play = Play(hosts: Array(0..<50), width: 2)
        _ = play.runner.run()
        #expect(play.sink.announced.count > 2 && play.sink.announced.first ?? 0 > 2)
        #expect(play.sink.sent == Array(1...50))
    }

    @Test func retriesWaitWithoutAWorker() {
        let play = Play(hosts: [0, 1], width: 1, retriesAtRow: 1)
        #expect(play.runner.run().stopReasons.isEmpty)
        #expect(play.sink.rows == [2, 1])
    }

    @Test func aStopFromOutsideEndsTheRun() {
        let play = Play(hosts: Array(0..<50), width: 2, stopsAtRow: 5)
        let end = play.runner.run()
        #expect(end.stopReasons == [.signal(15)])
        #expect(play.sink.rows.count < 50)
    }

    @Test func aCutReturnsAlthoughAWorkerHangs() {
        let play = Play(hosts: [0], width: 1, cut: .duringEdit)
        let end = play.runner.run()
        #expect(end.stopReasons == [.signal(2)])
        #expect(play.sink.outcomes[1]?.status == .unknown)
        play.gauge.release()
    }

    @Test func aRowIsUnknownWhenTheCutComesBeforeItsAnswerIsTold() {
        let play = Play(hosts: [0], width: 1, cut: .afterEdit)
        #expect(play.runner.run().stopReasons == [.signal(2)])
        #expect(play.sink.outcomes[1]?.status == .unknown)
    }

    @Test func aCutBeforeTheEditLeavesTheRowAloneAndBreaksNothing() {
        let play = Play(hosts: [0], width: 1, cut: .beforeEdit)
        let end = play.runner.run()
        #expect(end.stopReasons == [.signal(2)] && end.failure == nil)
        #expect(play.sink.rows.isEmpty && play.sink.sent.isEmpty)
    }
}

struct SinkFailure: Error {}

/// When a run is cut, as its first worker sees it; during an edit it hangs then.
private enum CutMoment {
    case beforeEdit, duringEdit, afterEdit
}

/// A runner whose PBXs, sink and source a test looks into.
private struct Play {
    let runner: Runner
    let sink: RecordingSink
    let gauge = Gauge()

    init(
        hosts: [Int], width: Int, gathering: Int = 0, failsAtRow: Int? = nil, retriesAtRow: Int? = nil,
        stopsAtRow: Int? = nil, cut: CutMoment? = nil
    ) {
        var settings = RunSettings()
        settings.jobs = width
        settings.retry = RetryPolicy(retries: 1, firstDelay: .zero)
        let (gauge, box) = (gauge, StopBox())
        let sink = RecordingSink(failsAtRow: failsAtRow) { if cut == .afterEdit { box.cut() } }
        self.sink = sink
        runner = Runner(source: FleetSource(hosts: hosts), sink: sink, settings: settings, clock: SystemClock()) {
            ScriptedPerformer(
                gauge: gauge, box: box, gathering: gathering, retriesAtRow: retriesAtRow, stopsAtRow: stopsAtRow,
                cut: cut)
        }
        box.set(runner)
    }
}

/// Lets a performer reach the runner that was made with it.
private final class StopBox: Sendable {
    private let runner = Lock<Runner?>(nil)

    func set(_ runner: Runner) { self.runner.withLock { $0 = runner } }
    func stop(_ signal: Int32) { runner.withLock { $0 }?.stop(.signal(signal)) }

    func cut() {
        stop(2)
        runner.withLock { $0 }?.cut()
    }
}

/// Counts who is inside at once.
private final class Gauge: Sendable {
    private let counts = Lock((now: 0, highest: 0))
    private let gate = DispatchSemaphore(value: 0)

    var highest: Int { counts.withLock { $0.highest } }
    func release() { gate.signal() }
    func hang() { gate.wait() }

    func enter() {
        counts.withLock {
            $0.now += 1
            $0.highest = max($0.highest, $0.now)
        }
    }

    func leave() { counts.withLock { $0.now -= 1 } }

    /// Blocks until so many are inside that the last of them lets all go.
    func gather(_ count: Int) {
        if highest >= count { for _ in 0..<count { gate.signal() } }
        gate.wait()
    }
}

private struct ScriptedPerformer: JobPerformer {
    let gauge: Gauge
    let box: StopBox
    let gathering: Int
    let retriesAtRow: Int?
    let stopsAtRow: Int?
    let cut: CutMoment?

    func step(
        _ job: Job, after progress: RowProgress, by deadline: Duration?, willSend: () throws -> Void
    ) throws -> StepReport {
        if cut == .beforeEdit { box.cut() }
        try willSend()
        gauge.enter()
        defer { gauge.leave() }
        if gathering > 0 { gauge.gather(gathering) }
        if job.position.row == stopsAtRow { box.stop(15) }
        if cut == .duringEdit {
            box.cut()
            gauge.hang()
        }
        if job.position.row == retriesAtRow, progress.otherRetries == 0 {
            let refused = Outcome(status: .failed, errorClass: .connect, error: "refused")
            return StepReport(.retry(refused, pause: .milliseconds(20)), latency: .zero, edits: 1, isSessionOpen: false)
        }
        return StepReport(.done(Outcome(status: .ok, errcode: 0)), latency: .zero, edits: 1, isSessionOpen: false)
    }

    func close(_ host: HostKey, within limit: Duration?) -> CloseReport? { nil }
}

private final class RecordingSink: OutcomeSink {
    private let state = Lock((announced: [Int](), sent: [Int](), rows: [Int](), outcomes: [Int: Outcome]()))
    private let failsAtRow: Int?
    private let afterRequest: @Sendable () -> Void

    init(failsAtRow: Int?, afterRequest: @escaping @Sendable () -> Void) {
        self.failsAtRow = failsAtRow
        self.afterRequest = afterRequest
    }

    var announced: [Int] { state.withLock { $0.announced.sorted() } }
    var sent: [Int] { state.withLock { $0.sent.sorted() } }
    var rows: [Int] { state.withLock { $0.rows } }
    var outcomes: [Int: Outcome] { state.withLock { $0.outcomes } }

    func announce(_ job: Job) -> Bool {
        state.withLock { $0.announced.append(job.position.row) }
        return true
    }

    func willSend(_ job: Job) throws {
        if job.position.row == failsAtRow { throw SinkFailure() }
        state.withLock { $0.sent.append(job.position.row) }
    }

    func finished(_ job: Job, _ outcome: Outcome) {
        state.withLock {
            $0.rows.append(job.position.row)
            $0.outcomes[job.position.row] = outcome
        }
    }

    func requestEnded(latency: Duration, isRetry: Bool) { afterRequest() }
}
