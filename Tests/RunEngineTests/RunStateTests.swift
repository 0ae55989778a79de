import Platform
import FleetModel
import Pacing
import TestSupport
import Testing

@testable import RunEngine

@Suite struct RunStateTests {
    static let ok = Outcome(status: .ok, errcode: 0, httpStatus: 200, attempts: 1)
    static let refused = Outcome(status: .failed, errorClass: .connect, error: "refused")
    static let busy = Outcome(status: .unknown, httpStatus: 503, errorClass: .protocol, error: "busy", attempts: 1)
    static let start = RowStart(wallTime: WallTime(milliseconds: 1), now: .zero)
    static let closed = WorkResult.closed(CloseReport(latency: .zero))

    func model(
        _ hosts: [Int?], jobs: Int = 1, workers: Int = 1, _ change: (inout RunSettings) -> Void = { _ in }
    ) -> RunStateModel {
        var settings = RunSettings()
        settings.jobs = .fixed(jobs)
        change(&settings)
        var model = RunStateModel(hosts: hosts, settings: settings, workers: workers)
        model.start()
        return model
    }

    static func done(_ outcome: Outcome = ok, isSessionOpen: Bool = false) -> WorkResult {
        stepped(.done(outcome), isSessionOpen: isSessionOpen)
    }

    /// The host could not be reached, and may be tried again at a time.
    static func unreached(until time: Duration) -> WorkResult {
        stepped(.wait(until: time), fallback: refused, isInVain: true)
    }

    static func stepped(
        _ move: StepReport.Move, fallback: Outcome? = nil, quietUntil: Duration? = nil, latency: Duration? = .zero,
        isInVain: Bool = false, isSessionOpen: Bool = false
    ) -> WorkResult {
        let report = StepReport(
            move, fallback: fallback, quietUntil: quietUntil, latency: latency, hasAnswered: !isInVain,
            isInVain: isInVain, isSessionOpen: isSessionOpen)
        return .stepped(report, start: start)
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

    @Test func aRequestThatHasWaitedForItsHostTakesNoOthersPlace() {
        var model = model(Array(0..<10)) { $0.jobs = JobLimit(young: 2, most: 5) }
        #expect(model.busy.count == 2)
        for index in 0..<5 { model.age(index) }
        #expect(model.busy.count == 5)
        model.end(0) { _ in Self.unreached(until: .seconds(1)) }
        #expect(model.busy.map(\.work.host) == [1, 2, 3, 4, 5])
        for _ in 0..<3 { model.end(0) { _ in Self.done() } }
        // One is old and two are young.
        #expect(model.busy.count { !$0.isAged } == 2 && model.busy.count == 3)
    }

    @Test func withAStrictBoundItsAgeDoesNotMatter() {
        var model = model(Array(0..<10), jobs: 2)
        model.age(0)
        #expect(model.busy.count == 2)
    }

    @Test func aHostGoesToTheWorkerWithTheLeastToDoAndStaysThere() {
        var model = model([0, 1, 2, 3, 0], jobs: 4, workers: 2)
        #expect(model.busy.map(\.worker) == [0, 1, 0, 1])
        model.end(1) { _ in Self.done() }
        model.end(2) { _ in Self.done() }
        model.end(0) { _ in Self.unreached(until: .seconds(1)) }
        model.sleep()
        #expect(model.busy.map(\.worker) == [0, 0])
    }

    @Test func aSessionIsEndedOnceWhenItsLaneIsEmpty() {
        var model = model([0, 0])
        model.end(0) { _ in Self.stepped(.next, isSessionOpen: true) }
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        #expect(model.busy.map(\.work) == [.close(host: 0, deadline: nil)])
        #expect(model.released == [])
        model.end(0) { _ in Self.closed }
        #expect(model.isOver && model.released == [0])
    }

    @Test func endingASessionIsTriedAgainWhenThatMayFareBetter() {
        var model = model([0])
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        for count in 1...3 {
            #expect(model.busy.map(\.work) == [.close(host: 0, deadline: nil)])
            model.end(0) { _ in .closed(CloseReport(latency: .zero, again: count < 3 ? .seconds(7 * count) : nil)) }
            if !model.isOver { model.sleep() }
        }
        #expect(model.isOver && model.now == .seconds(14))
    }

    @Test func aStoppedHostIsAskedOnceToEndItsSession() {
        var model = model([0, 0])
        model.end(0) { _ in Self.stepped(.stopHost(Self.refused, reason: "access denied"), isSessionOpen: true) }
        model.end(0) { _ in .closed(CloseReport(latency: .zero, again: .seconds(1))) }
        #expect(model.isOver)
    }

    @Test func hostsThatDoNotAnswerHaveAQuarterOfTheRoomWhileOthersAreToBegin() {
        var model = model(Array(0..<40), jobs: 8)
        let isDead = { (host: Int) in host < 8 }
        for _ in 0..<8 { model.end(0) { _ in Self.unreached(until: .milliseconds(1)) } }
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

    @Test func aRowThatWaitsTakesNoRoomAndComesBackInItsLane() {
        var model = model([0, 0, 1])
        model.end(0) { _ in Self.unreached(until: .seconds(20)) }
        #expect(model.busy.map(\.work.host) == [1])
        model.end(0) { _ in Self.done() }
        #expect(model.busy.isEmpty)
        model.sleep()
        #expect(model.now == .seconds(20))
        #expect(model.busy.map(\.work) == [.step(RowStep(host: 0, row: 0, isFirst: false, deadline: nil))])
        model.end(0) { _ in Self.done(Self.refused) }
        #expect(model.outcomes[0]?.status == .failed)
        #expect(model.busy.map(\.work.host) == [0])
    }

    @Test func aRowIsDatedByItsFirstRequestAndTheRunsClock() {
        var model = model([0, 0])
        model.end(0) { _ in Self.unreached(until: .seconds(5)) }
        model.sleep()
        model.advance(by: .seconds(2))
        let later = RowStart(wallTime: WallTime(milliseconds: 9000), now: .seconds(5))
        model.end(0) { _ in .stepped(StepReport(.done(Self.ok), latency: .seconds(2)), start: later) }
        #expect(model.outcomes[0]?.startedAt == WallTime(milliseconds: 1))
        #expect(model.outcomes[0]?.durationMilliseconds == 7000)
        model.end(0) { _ in Self.stepped(.done(Self.refused), latency: nil) }
        #expect(model.outcomes[1]?.startedAt == nil && model.outcomes[1]?.finishedAt == nil)
    }

    @Test func aStoppedHostSkipsItsOtherRowsAndSaysWhy() {
        var model = model([0, 1, 0])
        model.end(0) { _ in Self.stepped(.stopHost(Self.refused, reason: "the login failed")) }
        #expect(model.outcomes[2]?.status == .skipped)
        #expect(model.outcomes[2]?.error == "the host was stopped: the login failed")
        #expect(model.busy.map(\.work.host) == [1])
        #expect(model.state.hostsStopped == 1)
    }

    @Test func rowsInARowWithoutAConnectionStopTheHost() {
        var model = model([0, 0, 0, 0]) { $0.maxHostErrors = 2 }
        for _ in 0..<2 { model.end(0) { _ in Self.stepped(.done(Self.refused), isInVain: true) } }
        #expect(model.isOver)
        #expect([0, 1, 2, 3].map { model.outcomes[$0]?.status } == [.failed, .failed, .skipped, .skipped])
        #expect(model.state.hostsUnreachable == 1)
    }

    @Test func aHostThatAsksEachRowForFiveMinutesHoldsTheRunForAnHourAtMost() {
        var model = model(Array(repeating: 0, count: 100))
        while !model.isOver {
            let pause = model.now + .seconds(300)
            // Three more tries for each row, then the next one.
            for _ in 0..<3 {
                model.end(0) { _ in Self.stepped(.wait(until: pause), fallback: Self.busy) }
                model.sleepUntilBusy()
            }
            let end = model.now + .seconds(300)
            model.end(0) { _ in Self.stepped(.done(Self.busy), quietUntil: end) }
            model.sleepUntilBusy()
        }
        #expect(model.now <= .seconds(3600))
        #expect(model.outcomes.values.count { $0.status == .skipped } == 97)
        #expect(
            model.outcomes[99]?.error == "the host was stopped: its last 3 rows could not reach it or found it busy")
    }

    @Test func tooManyBadRowsHaltTheRunAndLeaveTheRestUnattempted() {
        var model = model([0, 1, 2]) { $0.halt = HaltPolicy("1") }
        model.end(0) { _ in Self.done(Outcome(status: .failed, errcode: 40002, errorClass: .api)) }
        #expect(model.isOver)
        #expect(model.state.stopReasons == [.halt] && model.state.trippingRow == 0)
        #expect(Array(model.outcomes.keys) == [0])
    }

    @Test func canariesRunAloneUntilTheirSessionsAreClosed() {
        var model = model([0, 1, 2], jobs: 3) { $0.canaryHosts = 1 }
        #expect(model.busy.map(\.work.host) == [0])
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        #expect(model.busy.map(\.work) == [.close(host: 0, deadline: nil)] && !model.state.hasPassedCanary)
        model.end(0) { _ in Self.closed }
        #expect(model.busy.map(\.work.host) == [1, 2] && model.state.hasPassedCanary)
    }

    @Test func aCanaryThatIsNotOkStopsTheRun() {
        var model = model([0, 1], jobs: 2) { $0.canaryHosts = 1 }
        model.end(0) { _ in Self.done(Self.refused) }
        #expect(model.isOver)
        #expect(model.state.stopReasons == [.canary] && model.state.trippingRow == 0)
        #expect(!model.state.hasPassedCanary)
    }

    @Test func aHostWithoutRowsToRunIsNoCanary() {
        var model = model([nil, 1, 2], jobs: 2) { $0.canaryHosts = 2 }
        #expect(model.busy.map(\.work.host) == [1])
        model.end(0) { _ in Self.done() }
        #expect(model.busy.map(\.work.host) == [2])
    }

    @Test func othersDoNotWaitForTheRetriesOfACanarysLogout() {
        var model = model([0, 1]) { $0.canaryHosts = 1 }
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        model.end(0) { _ in .closed(CloseReport(latency: .zero, again: .seconds(300))) }
        #expect(model.now == .zero && model.busy.map(\.work.host) == [1])
    }

    @Test func aPauseThatAHostAsksForHoldsForItsNextRowToo() {
        var model = model([0, 0, 1])
        model.end(0) { _ in Self.stepped(.done(Self.busy), quietUntil: .seconds(20)) }
        #expect(model.outcomes[0]?.status == .unknown && model.busy.map(\.work.host) == [1])
        model.end(0) { _ in Self.done() }
        model.sleepUntilBusy()
        #expect(model.now == .seconds(20) && model.busy.count == 1)
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
                model.end(0) { _ in Self.closed }
            } else {
                model.end(0) { _ in Self.done(isSessionOpen: true) }
            }
        }
        #expect(starts == [0: [.zero, .seconds(1), .seconds(2)], 1: [.zero, .seconds(1)]])
    }

    @Test func aStepWithoutARequestGivesItsSlotBack() {
        var model = model([0, 0, 0]) { $0.rate = Rate("1/h") }
        let skipped = Outcome(status: .skipped, errorClass: .hostStopped, error: "the login failed")
        for _ in 0..<3 { model.end(0) { _ in Self.stepped(.done(skipped), latency: nil) } }
        #expect(model.isOver && model.now == .zero)
    }

    @Test func withoutRowsTheRunIsOverAtOnce() {
        #expect(model([nil, nil]).isOver)
    }
}
