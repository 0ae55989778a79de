import FleetModel
import Pacing
import Testing

@testable import RunEngine

/// Which rows are announced ahead of their turn.
extension RunStateTests {
    @Test func firstRowsOfTheNextHostsAreAnnouncedAsThePaceAsksFor() {
        var model = model(Array(0..<50), jobs: 2)
        #expect(model.announced == [])
        model.end(0) { _ in Self.done() }
        #expect(model.announced == [3, 4])
        model.end(0) { _ in Self.done() }
        #expect(model.announced == Set(3..<8))
        model.advance(by: .seconds(1))
        // The one that begins now is among those announced before.
        model.end(0) { _ in Self.done() }
        #expect(model.announced == Set(3..<8))
    }

    @Test("the next row of a host is announced only when workers are fast", arguments: [(1, true), (3, false)])
    func nextRow(jobs: Int, isAnnounced: Bool) {
        var model = model([0, 0, 0], jobs: jobs)
        model.end(0) { _ in Self.done() }
        #expect(model.announced.contains(2) == isAnnounced)
    }

    @Test func noRowBehindTheCanaryIsAnnouncedBeforeItMayBegin() {
        var model = model(Array(0..<12), jobs: 3) { $0.canaryHosts = 4 }
        while model.begun.count < 5 {
            #expect(model.announced == [])
            model.end(0) { _ in Self.done() }
        }
        #expect(model.announced.isSuperset(of: [7, 8]))
    }

    @Test func noRowOfAFleetThatCannotBeReachedIsAnnounced() {
        var model = model(Array(0..<40), jobs: 2)
        for _ in 0..<40 { model.end(0) { _ in Self.result(.retry(Self.refused, pause: .seconds(20))) } }
        #expect(model.begun.count == 40 && model.announced == [])
    }

    @Test func announcedRowsThatWaitForTheirHostLeaveNoRoomForOthers() {
        var model = model(Array(0..<40), jobs: 1)
        for _ in 0..<4 { model.end(0) { _ in Self.done() } }
        #expect(model.announced == [2, 3, 4, 5, 6, 7])
        for _ in 4..<8 { model.end(0) { _ in Self.result(.retry(Self.refused, pause: .seconds(20))) } }
        for _ in 8..<20 { model.end(0) { _ in Self.done() } }
        #expect(model.announced == [2, 3, 4, 5, 6, 7])
    }
}
