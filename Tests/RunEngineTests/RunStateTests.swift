import Platform
import FleetModel
import Pacing
import TestSupport
import Testing

@testable import RunEngine

@Suite struct RunStateTests {
    static let ok = Outcome(status: .ok, errcode: 0, httpStatus: 200)
    static let over = CloseReport(latency: .zero, isOver: true)
    static let refused = Outcome(status: .failed, errorClass: .connect, error: "refused")

    func model(
        _ hosts: [Int?], jobs: Int = 1, _ change: (inout RunSettings) -> Void = { _ in }
    ) -> RunStateModel<SeededGenerator> {
        var settings = RunSettings()
        settings.jobs = jobs
        change(&settings)
        var model = RunStateModel(hosts: hosts, settings: settings, generator: SeededGenerator(seed: 7))
        model.start()
        return model
    }

    static func done(_ outcome: Outcome = ok, isSessionOpen: Bool = false) -> WorkResult {
        result(.done(outcome), edits: 1, isSessionOpen: isSessionOpen)
    }

    static func result(
        _ verdict: StepReport.Verdict, isEdit: Bool = false, edits: Int = 0, isDoubtful: Bool = false,
        isSessionOpen: Bool = false, finalReason: String? = nil
    ) -> WorkResult {
        var report = StepReport(
            verdict, latency: .zero, isEdit: isEdit, edits: edits, isDoubtful: isDoubtful, isSessionOpen: isSessionOpen)
        report.finalReason = finalReason
        return .stepped(report, startedAt: WallTime(milliseconds: 1))
    }

    @Test func aBegunHostIsFinishedBeforeAnotherIsBegun() {
        var model = model([0, 1, 0, 1])
        var rows: [Int] = []
        while !model.isOver {
            if case .step(let step) = model.busy[0].work { rows.append(step.row) }
            model.end(0) { _ in Self.done() }
        }
        #expect(rows == [0, 2, 1, 3])
    }

    @Test func hostsAreWorkedOnSideBySideUpToTheWidth() {
        let model = model([0, 0, 1, 2, 3], jobs: 3)
        #expect(model.busy.map(\.work.host) == [0, 1, 2])
    }

    @Test func aSessionIsEndedOnceWhenItsLaneIsEmpty() {
        var model = model([0, 0])
        model.end(0) { _ in Self.result(.proceed, isSessionOpen: true) }
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        #expect(model.busy.map(\.work) == [.close(host: 0, limit: nil)])
        model.end(0) { _ in .closed(Self.over) }
        #expect(model.isOver)
    }

    @Test("ending a session is tried again as often as any request", arguments: [0, 2])
    func logoutRetries(retries: Int) {
        var model = model([0]) { $0.retry = RetryPolicy(retries: retries) }
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        for count in 0...retries {
            #expect(model.busy.map(\.work) == [.close(host: 0, limit: nil, isRetry: count > 0)])
            model.end(0) { _ in .closed(CloseReport(latency: .zero, isOver: false, pause: .seconds(7))) }
            if !model.isOver { model.sleep() }
        }
        #expect(model.isOver && model.now == .seconds(7 * retries))
    }

    @Test func aStoppedHostIsAskedOnceToEndItsSession() {
        var model = model([0, 0])
        model.end(0) { _ in Self.result(.stopHost(Self.refused, reason: "access denied"), isSessionOpen: true) }
        model.end(0) { _ in .closed(CloseReport(latency: .zero, isOver: false)) }
        #expect(model.isOver)
    }

    @Test func hostsThatDoNotAnswerHaveAQuarterOfTheWorkersWhileOthersAreToBegin() {
        var model = model(Array(0..<40), jobs: 8) { $0.retry = RetryPolicy(retries: 3, firstDelay: .milliseconds(1)) }
        let isDead = { (host: Int) in host < 8 }
        for _ in 0..<8 { model.end(0) { _ in Self.result(.retry(Self.refused, pause: nil)) } }
        model.advance(by: .seconds(1))
        while model.begun.count < 40 {
            #expect(model.busy.count { isDead($0.work.host) } <= 2)
            let live = model.busy.firstIndex { !isDead($0.work.host) }
            model.end(live ?? 0) { _ in Self.done() }
        }
        // With nothing left to begin, they may have all.
        while let live = model.busy.firstIndex(where: { !isDead($0.work.host) }) {
            model.end(live) { _ in Self.done() }
        }
        #expect(model.busy.count == 8)
    }

    @Test func aRetryFreesItsWorkerAndComesBackInItsLane() {
        var model = model([0, 0, 1]) { $0.retry = RetryPolicy(retries: 1, firstDelay: .seconds(8)) }
        model.end(0) { _ in Self.result(.retry(Self.refused, pause: .seconds(20))) }
        #expect(model.busy.map(\.work.host) == [1])
        model.end(0) { _ in Self.done() }
        #expect(model.busy.isEmpty)
        model.sleep()
        #expect(model.now >= .seconds(20))
        guard case .step(let step) = model.busy[0].work else { return #expect(Bool(false), "no step") }
        #expect(step.row == 0 && step.isRetry && step.progress.otherRetries == 1)
        model.end(0) { _ in Self.result(.retry(Self.refused, pause: nil)) }
        #expect(model.outcomes[0]?.status == .failed)
        #expect(model.busy.map(\.work.host) == [0])
    }

    @Test func eachRequestOfARowHasRetriesOfItsOwn() {
        var model = model([0]) { $0.retry = RetryPolicy(retries: 1, firstDelay: .zero) }
        model.end(0) { _ in Self.result(.retry(Self.refused, pause: nil)) }
        model.end(0) { _ in Self.result(.proceed, isSessionOpen: true) }
        model.end(0) { _ in Self.result(.retry(Self.refused, pause: nil), isEdit: true, edits: 1, isSessionOpen: true) }
        #expect(model.outcomes.isEmpty)
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        #expect(model.outcomes[0]?.attempts == 2)
    }

    @Test func aLoginInBetweenGivesAnEditNoRetriesBack() {
        var model = model([0]) { $0.retry = RetryPolicy(retries: 2, firstDelay: .zero) }
        for _ in 1...3 {
            #expect(model.outcomes.isEmpty)
            model.end(0) { _ in Self.result(.proceed, isSessionOpen: true) }
            model.end(0) { _ in Self.result(.retry(Self.refused, pause: nil), isEdit: true, edits: 1) }
        }
        #expect(model.outcomes[0]?.attempts == 3)
    }

    @Test func aStoppedHostSkipsItsOtherRowsAndSaysWhy() {
        var model = model([0, 1, 0])
        model.end(0) { _ in Self.result(.stopHost(Self.refused, reason: "the login failed")) }
        #expect(model.outcomes[2]?.status == .skipped)
        #expect(model.outcomes[2]?.error == "the host was stopped: the login failed")
        #expect(model.busy.map(\.work.host) == [1])
        #expect(model.state.hostsStopped == 1)
    }

    @Test func rowsInARowWithoutAConnectionStopTheHost() {
        var model = model([0, 0, 0, 0]) {
            $0.maxHostErrors = 2
            $0.retry = RetryPolicy(retries: 0)
        }
        model.end(0) { _ in Self.result(.retry(Self.refused, pause: nil)) }
        model.end(0) { _ in Self.result(.retry(Self.refused, pause: nil)) }
        #expect(model.isOver)
        #expect([0, 1, 2, 3].map { model.outcomes[$0]?.status } == [.failed, .failed, .skipped, .skipped])
        #expect(model.state.hostsUnreachable == 1)
    }

    @Test func tooManyBadRowsHaltTheRunAndLeaveTheRestUnattempted() {
        var model = model([0, 1, 2]) { $0.halt = HaltPolicy("1") }
        model.end(0) { _ in Self.done(Outcome(status: .failed, errcode: 40002, errorClass: .api)) }
        #expect(model.isOver)
        #expect(model.state.stopReasons == [.halt])
        #expect(Array(model.outcomes.keys) == [0])
    }

    @Test func canariesRunAloneUntilTheirSessionsAreClosed() {
        var model = model([0, 1, 2], jobs: 3) { $0.canaryHosts = 1 }
        #expect(model.busy.map(\.work.host) == [0])
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        #expect(model.busy.map(\.work) == [.close(host: 0, limit: nil)])
        model.end(0) { _ in .closed(Self.over) }
        #expect(model.busy.map(\.work.host) == [1, 2])
    }

    @Test func aCanaryThatIsNotOkStopsTheRun() {
        var model = model([0, 1], jobs: 2) { $0.canaryHosts = 1 }
        model.end(0) { _ in Self.done(Self.refused) }
        #expect(model.isOver)
        #expect(model.state.stopReasons == [.canary])
    }

    @Test func aHostWithoutRowsToRunIsNoCanary() {
        var model = model([nil, 1, 2], jobs: 2) { $0.canaryHosts = 2 }
        #expect(model.busy.map(\.work.host) == [1])
        model.end(0) { _ in Self.done() }
        #expect(model.busy.map(\.work.host) == [2])
    }

    @Test func nothingStartsThatCouldRunPastTheWindow() {
        var model = model([0, 0, 1]) { $0.window = RunWindow(end: .seconds(40), timeout: .seconds(30)) }
        model.advance(by: .seconds(11))
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        #expect(model.busy.map(\.work) == [.close(host: 0, limit: .seconds(29))])
        #expect(model.state.stopReasons == [.window])
        model.end(0) { _ in .closed(Self.over) }
        #expect(model.isOver)
        #expect(Array(model.outcomes.keys) == [0])
    }

    @Test func aBackoffThatLeadsOutOfTheWindowIsNotWaitedFor() {
        var model = model([0]) { $0.window = RunWindow(end: .seconds(40), timeout: .seconds(30)) }
        model.end(0) { _ in Self.result(.retry(Self.refused, pause: .seconds(11))) }
        #expect(model.isOver)
        #expect(model.outcomes[0]?.status == .failed)
    }

    @Test(
        "a login is not repeated by the next row: without a retry its host stops, out of the window the run",
        arguments: [0, 3])
    func lastLogin(retries: Int) {
        var model = model([0, 0]) {
            $0.retry = RetryPolicy(retries: retries)
            $0.window = RunWindow(end: .seconds(40), timeout: .seconds(30))
        }
        model.end(0) { _ in Self.result(.retry(Self.refused, pause: .seconds(20)), finalReason: "the login failed") }
        #expect(model.busy.isEmpty && model.outcomes[0]?.status == .failed)
        if retries > 0 { model.sleep() }
        #expect(model.isOver && model.outcomes[1]?.status == (retries == 0 ? .skipped : nil))
        #expect(model.state.stopReasons == (retries == 0 ? [] : [.window]))
    }

    @Test func othersDoNotWaitForTheRetriesOfACanarysLogout() {
        var model = model([0, 1]) { $0.canaryHosts = 1 }
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        model.end(0) { _ in .closed(CloseReport(latency: .zero, isOver: false, pause: .seconds(300))) }
        #expect(model.now == .zero && model.busy.map(\.work.host) == [1])
    }

    @Test("a pause that a host asks for holds for its next row too", arguments: [(20, 20), (1000, 300)])
    func pauseOfAHost(seconds: Int, granted: Int) {
        var model = model([0, 0, 1]) { $0.retry = RetryPolicy(retries: 0) }
        let busy = Outcome(status: .failed, httpStatus: 429, errorClass: .protocol, error: "busy")
        model.end(0) { _ in Self.result(.retry(busy, pause: .seconds(seconds)), isEdit: true, edits: 1) }
        #expect(model.outcomes[0] == busy.with(attempts: 1) && model.busy.map(\.work.host) == [1])
        model.end(0) { _ in Self.done() }
        while model.busy.isEmpty, !model.isOver { model.sleep() }
        #expect(model.now == .seconds(granted) && model.busy.count == 1)
    }

    @Test func aRateThatLeadsOutOfTheWindowIsNotWaitedFor() {
        var model = model([0, 1]) {
            $0.rate = Rate("1/h")
            $0.window = RunWindow(end: .seconds(40), timeout: .seconds(30))
        }
        model.end(0) { _ in Self.done() }
        model.sleep()
        #expect(model.isOver)
        #expect(model.now < .seconds(11))
        #expect(model.state.stopReasons == [.window])
    }

    @Test func requestsStartOneIntervalApartWhateverTheWidth() {
        var model = model([0, 1, 2, 3], jobs: 4) { $0.rate = Rate("10/s") }
        while !model.isOver {
            if model.busy.isEmpty { model.sleep() } else { model.end(0) { _ in Self.done() } }
        }
        #expect(model.starts == [.zero, .milliseconds(100), .milliseconds(200), .milliseconds(300)])
    }

    @Test func theRateOfAHostHoldsForItsSessionToo() {
        var model = model([0, 0, 1], jobs: 1) { $0.ratePerHost = Rate("1/s") }
        var starts: [Int: [Duration]] = [:]
        while !model.isOver {
            if model.busy.isEmpty {
                model.sleep()
                continue
            }
            let work = model.busy[0].work
            starts[work.host, default: []].append(model.now)
            if case .close = work {
                model.end(0) { _ in .closed(Self.over) }
            } else {
                model.end(0) { _ in Self.done(isSessionOpen: true) }
            }
        }
        #expect(starts == [0: [.zero, .seconds(1), .seconds(2)], 1: [.zero, .seconds(1)]])
    }

    @Test func aStepWithoutARequestGivesItsSlotBack() {
        var model = model([0, 0, 0]) { $0.rate = Rate("1/h") }
        let skipped = Outcome(status: .skipped, errorClass: .hostStopped, error: "the login failed")
        for _ in 0..<3 {
            model.end(0) { _ in
                .stepped(
                    StepReport(.done(skipped), latency: nil, isSessionOpen: false), startedAt: WallTime(milliseconds: 1)
                )
            }
        }
        #expect(model.isOver && model.now == .zero)
    }

    @Test func withoutRowsTheRunIsOverAtOnce() {
        #expect(model([nil, nil]).isOver)
    }
}

extension Outcome {
    fileprivate func with(attempts: Int) -> Outcome {
        var outcome = self
        outcome.attempts = attempts
        outcome.startedAt = WallTime(milliseconds: 1)
        return outcome
    }
}
