import Platform
import FleetModel
import Pacing
import Testing

@testable import RunEngine

/// How a run ends before its rows do: by a signal, the window, files that fail, a cut.
extension RunStateTests {
    @Test func aStopLetsRequestsEndAndClosesSessionsAtOnce() {
        var model = model([0, 0, 1, 2, 3], jobs: 3) { $0.ratePerHost = Rate("1/h") }
        model.end(0) { _ in Self.stepped(.next, isSessionOpen: true) }
        #expect(model.busy.count == 3)
        model.stop(.signal(15))
        #expect(model.busy.map(\.work.host).sorted() == [1, 2, 3])
        model.end(0) { _ in Self.done() }
        #expect(model.busy.contains { $0.work == .close(host: 0, deadline: nil) })
        while !model.busy.isEmpty {
            let work = model.busy[0].work
            if case .close = work {
                model.end(0) { _ in Self.closed }
            } else {
                model.end(0) { _ in Self.done() }
            }
        }
        #expect(model.isOver && model.now == .zero)
        #expect(model.outcomes[0] == nil && model.outcomes[1] == nil)
    }

    @Test func aSignalWhenEveryRowIsDoneEndsTheSessionAtOnceAndStopsNothing() {
        var model = model([0]) { $0.ratePerHost = Rate("1/h") }
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        #expect(model.busy.isEmpty)
        model.stop(.signal(2))
        #expect(model.busy.map(\.work) == [.close(host: 0, deadline: nil)])
        model.end(0) { _ in .closed(CloseReport(latency: .zero, again: .seconds(9))) }
        #expect(model.isOver && model.now == .zero && model.state.stopReasons.isEmpty)
    }

    @Test func aRowThatWaitsKeepsItsLastVerdictWhenTheRunStops() {
        var model = model([0])
        model.end(0) { _ in Self.stepped(.wait(until: .seconds(50)), fallback: Self.busy) }
        model.stop(.signal(2))
        #expect(model.isOver)
        #expect(model.outcomes[0]?.status == .unknown && model.outcomes[0]?.attempts == 1)
    }

    @Test func aHostThatNoRequestWasMadeToIsNotCalledUnreachable() {
        var model = model([0, 0])
        model.end(0) { _ in Self.stepped(.done(Self.refused), latency: nil) }
        model.end(0) { _ in Self.stepped(.done(Self.refused), latency: nil) }
        #expect(model.isOver && model.state.hostsUnreachable == 0)
    }

    @Test func aHostThatTheRunGaveUpIsNotCalledUnreachable() {
        var model = model([0, 1, 2, 3], jobs: 4)
        let cut = Outcome(status: .unknown, errorClass: .runStopped, error: "cut", attempts: 1)
        model.end(0) { _ in .broken }
        model.end(0) { _ in .cut }
        model.end(0) { _ in Self.stepped(.done(cut), isInVain: true) }
        model.end(0) { _ in Self.stepped(.done(Self.refused), isInVain: true) }
        #expect(model.isOver && model.state.hostsUnreachable == 1)
    }

    @Test(
        "a row whose edit has left goes on while the run stops; one that was not sent is as if it had never been begun",
        arguments: [StopReason.signal(2), .halt, .canary])
    func stopInARow(reason: StopReason) {
        var model = model([0, 0])
        model.stop(reason)
        model.end(0) { _ in Self.stepped(.next, fallback: Self.busy) }
        model.end(0) { _ in Self.done() }
        #expect(model.isOver && model.outcomes[0]?.status == .ok && model.outcomes[1] == nil)
        var unsent = self.model([0])
        unsent.stop(reason)
        unsent.end(0) { _ in Self.stepped(.next) }
        #expect(unsent.isOver && unsent.outcomes.isEmpty)
    }

    @Test("a row does not go on that would have to wait for its rate, or when the ledger failed or the window ends")
    func stopInARowThatWaits() {
        var slow = model([0]) { $0.ratePerHost = Rate("1/h") }
        slow.stop(.halt)
        var broken = model([0])
        broken.stop(.broken)
        var late = model([0]) { $0.window = RunWindow(end: .seconds(40), timeout: .seconds(30)) }
        late.advance(by: .seconds(11))
        for var model in [slow, broken, late] {
            model.end(0) { _ in Self.stepped(.next, fallback: Self.busy) }
            #expect(model.isOver && model.outcomes[0]?.status == .unknown)
        }
    }

    @Test func aRowThatGoesOnDoesNotWaitBehindSessionsThatEnd() {
        var model = model([0, 1], jobs: 1)
        model.end(0) { _ in Self.stepped(.wait(until: .seconds(50)), fallback: Self.busy, isSessionOpen: true) }
        model.stop(.signal(2))
        model.end(0) { _ in Self.stepped(.next, fallback: Self.busy) }
        #expect(model.busy.count == 1 && model.busy[0].work.host == 1)
        model.end(0) { _ in Self.done() }
        #expect(model.busy.map(\.work) == [.close(host: 0, deadline: nil)] && model.outcomes[1]?.status == .ok)
    }

    @Test func aRowThatGoesOnTakesTheSlotForWhichTheEndOfItsSessionWouldWait() {
        var model = model([0]) { $0.ratePerHost = Rate("1/h") }
        model.stop(.halt)
        model.end(0) { _ in Self.stepped(.next, fallback: Self.busy, isSessionOpen: true) }
        model.sleep()
        model.end(0) { _ in Self.done() }
        #expect(model.outcomes[0]?.status == .ok && model.now >= .seconds(3600))
    }

    @Test func nothingStartsThatCouldRunPastTheWindow() {
        var model = model([0, 0, 1]) { $0.window = RunWindow(end: .seconds(40), timeout: .seconds(30)) }
        model.advance(by: .seconds(11))
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        // Nor the request that would end the session.
        #expect(model.isOver && model.state.stopReasons == [.window])
        #expect(Array(model.outcomes.keys) == [0])
    }

    @Test func aWindowThatIsOverLetsNothingStart() {
        let model = model([0, 1]) { $0.window = RunWindow(end: .seconds(-5), timeout: .seconds(30)) }
        #expect(model.isOver && model.steps == 0 && model.state.stopReasons == [.window])
    }

    @Test func aCalendarThatIsSetOnEndsTheWindowEarlier() {
        let window = RunWindow(end: .seconds(3600), calendar: WallTime(milliseconds: 3_600_000), timeout: .seconds(30))
        var model = model([0, 1]) { $0.window = window }
        model.end(0) { _ in Self.unreached(until: .seconds(1000)) }
        model.end(0) { _ in Self.unreached(until: .seconds(1000)) }
        model.sleep()
        #expect(model.now <= .seconds(30) && !model.isOver)
        model.state.budget.checkWindow(now: model.now, wallTime: WallTime(milliseconds: 3_599_000))
        model.sleep()
        #expect(model.isOver && model.now <= .seconds(60) && model.state.stopReasons == [.window])
    }

    @Test("a wait that leads out of the window is not waited for, nor is the next row tried in its place")
    func waitOutOfTheWindow() {
        var model = model([0, 0]) { $0.window = RunWindow(end: .seconds(40), timeout: .seconds(30)) }
        model.end(0) { _ in Self.unreached(until: .seconds(11)) }
        #expect(model.busy.isEmpty && model.outcomes[0]?.status == .failed)
        model.sleep()
        #expect(model.isOver && model.outcomes[1] == nil && model.state.stopReasons == [.window])
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

    @Test func aSessionThatWaitsForTheHostsRateDoesNotMakeTheWindowEndTheRun() {
        var model = model([0]) {
            $0.ratePerHost = Rate("1/m")
            $0.window = RunWindow(end: .seconds(210), timeout: .seconds(150))
        }
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        model.sleepUntilBusy()
        #expect(model.now == .seconds(60) && model.busy.count == 1)
        model.end(0) { _ in Self.closed }
        #expect(model.isOver && model.state.stopReasons.isEmpty)
    }

    @Test func aSessionThatCouldOnlyBeEndedAfterTheWindowIsLeftOpen() {
        var model = model([0]) {
            $0.ratePerHost = Rate("1/h")
            $0.window = RunWindow(end: .seconds(200), timeout: .seconds(150))
        }
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        model.sleepUntilBusy()
        #expect(model.isOver && model.now < .seconds(51) && model.state.stopReasons.isEmpty)
    }

    @Test func aSignalWhileAHaltedRunLogsOutIsNoReasonOfItsOwn() {
        var model = model([0, 0]) { $0.halt = HaltPolicy("1") }
        model.end(0) { _ in Self.done(Outcome(status: .failed, errorClass: .api), isSessionOpen: true) }
        #expect(model.busy.map(\.work) == [.close(host: 0, deadline: nil)])
        model.stop(.signal(2))
        model.end(0) { _ in Self.closed }
        #expect(model.isOver && model.state.stopReasons == [.halt])
    }

    @Test func filesThatFailEndTheRunAndItsSessionsAtOnce() {
        var model = model([0, 1, 2], jobs: 2) { $0.ratePerHost = Rate("1/h") }
        model.end(0) { _ in Self.stepped(.next, isSessionOpen: true) }
        model.end(0) { _ in .broken }
        #expect(model.state.stopReasons == [.broken])
        while let request = model.busy.first {
            if case .close = request.work { model.end(0) { _ in Self.closed } } else { model.end(0) { _ in .broken } }
        }
        #expect(model.isOver && model.now == .zero && model.outcomes.isEmpty && model.openSessions.isEmpty)
    }

    @Test func aCutLeavesRowsWhoseEditHasLeftUnknownAndOthersAlone() {
        var model = model([0, 1, 2], jobs: 2)
        model.move(0, to: .sent)
        model.move(1, to: .held)
        model.cut()
        #expect(model.outcomes[0]?.status == .unknown && model.outcomes[0]?.attempts == 1)
        #expect(model.outcomes[1] == nil && model.outcomes[2] == nil)
    }

    @Test func aCutLeavesARowThatWaitsAsItsLastReportSaidAndItsSessionOpen() {
        var model = model([0])
        model.end(0) { _ in Self.stepped(.wait(until: .seconds(9)), fallback: Self.busy, isSessionOpen: true) }
        model.cut()
        #expect(model.outcomes[0]?.status == .unknown && model.steps == 1 && model.now == .zero)
    }
}
