import FleetModel
import Pacing
import Testing

@testable import RunEngine

/// How a run ends before its rows do: by a signal, the window, a worker that breaks, a cut.
extension RunStateTests {
    @Test func aStopLetsRequestsEndAndClosesSessionsAtOnce() {
        var model = model([0, 0, 1, 2, 3], jobs: 3) { $0.ratePerHost = Rate("1/h") }
        model.end(0) { _ in Self.result(.proceed, isSessionOpen: true) }
        #expect(model.busy.count == 3)
        model.stop(.signal(15))
        #expect(model.busy.map(\.work.host).sorted() == [1, 2, 3])
        model.end(0) { _ in Self.done() }
        #expect(model.busy.contains { $0.work == .close(host: 0, limit: nil) })
        while !model.busy.isEmpty {
            let work = model.busy[0].work
            if case .close = work {
                model.end(0) { _ in .closed(Self.over) }
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
        #expect(model.busy.map(\.work) == [.close(host: 0, limit: nil)])
        model.end(0) { _ in .closed(Self.over) }
        #expect(model.isOver && model.now == .zero && model.state.stopReasons.isEmpty)
    }

    @Test func aRowInABackoffKeepsItsLastVerdictWhenTheRunStops() {
        var model = model([0])
        model.end(0) { _ in Self.result(.retry(Self.refused, pause: .seconds(50)), edits: 1) }
        model.stop(.signal(2))
        #expect(model.isOver)
        #expect(model.outcomes[0]?.status == .failed && model.outcomes[0]?.attempts == 1)
    }

    @Test(
        "a row that waits for a new token when the run stops is unknown if an edit may have been carried out",
        arguments: [(true, RowStatus.unknown), (false, .notAttempted)])
    func stopInARenewal(isDoubtful: Bool, status: RowStatus) {
        var model = model([0])
        model.end(0) { _ in Self.result(.retry(Self.refused, pause: nil), edits: 1, isDoubtful: isDoubtful) }
        model.sleep()
        model.stop(.signal(2))
        model.end(0) { _ in Self.result(.proceed, edits: 1) }
        #expect(model.isOver)
        #expect(model.outcomes[0]?.status == status && model.outcomes[0]?.attempts == 2)
    }

    @Test func aSessionThatWaitsForTheHostsRateDoesNotMakeTheWindowEndTheRun() {
        var model = model([0]) {
            $0.ratePerHost = Rate("1/m")
            $0.window = RunWindow(end: .seconds(200), timeout: .seconds(150))
        }
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        while model.busy.isEmpty, !model.isOver { model.sleep() }
        #expect(model.now == .seconds(60) && model.busy.count == 1)
        model.end(0) { _ in .closed(Self.over) }
        #expect(model.isOver && model.state.stopReasons.isEmpty)
    }

    @Test func aSessionThatCouldOnlyBeEndedAfterTheWindowIsLeftOpen() {
        var model = model([0]) {
            $0.ratePerHost = Rate("1/h")
            $0.window = RunWindow(end: .seconds(200), timeout: .seconds(150))
        }
        model.end(0) { _ in Self.done(isSessionOpen: true) }
        while model.busy.isEmpty, !model.isOver { model.sleep() }
        #expect(model.isOver && model.now < .seconds(200) && model.state.stopReasons.isEmpty)
    }

    @Test func aSignalWhileAHaltedRunLogsOutIsNoReasonOfItsOwn() {
        var model = model([0, 0]) { $0.halt = HaltPolicy("1") }
        model.end(0) { _ in Self.done(Outcome(status: .failed, errorClass: .api), isSessionOpen: true) }
        #expect(model.busy.map(\.work) == [.close(host: 0, limit: nil)])
        model.stop(.signal(2))
        model.end(0) { _ in .closed(Self.over) }
        #expect(model.isOver && model.state.stopReasons == [.halt])
    }

    @Test func aWorkerThatBreaksIsTriedOncePerSession() {
        var model = model([0, 1], jobs: 2) { $0.ratePerHost = Rate("1/h") }
        model.end(0) { _ in Self.result(.proceed, isSessionOpen: true) }
        model.end(0) { _ in .broken }
        var workers: [Int] = []
        while !model.isOver, let (worker, _) = model.busy.first {
            workers.append(worker)
            model.end(0) { _ in .broken }
        }
        // The one that did not break comes first.
        #expect(model.isOver && workers == [0])
    }

    @Test func aCutLeavesRowsWhoseEditIsUnderWayUnknown() {
        var model = model([0, 1, 2], jobs: 2)
        model.startEdit(row: 0)
        model.cut()
        #expect(model.isOver)
        #expect(model.outcomes[0]?.status == .unknown && model.outcomes[0]?.attempts == 1)
        #expect(model.outcomes[1] == nil && model.outcomes[2] == nil)
        model.end(0) { _ in Self.done() }
        #expect(model.outcomes[0]?.status == .unknown)
    }
}
