import FleetModel
import RunEngine
import RunRecord
import Testing

@testable import certfleet

@Suite struct ExitStatusTests {
    private static func tally(_ statuses: [RowStatus]) -> OutcomeTally {
        var tally = OutcomeTally()
        for status in statuses { tally.count(Outcome(status: status)) }
        return tally
    }

    @Test func everyStatusHasItsDocumentedCode() {
        let statuses: [certfleet.ExitStatus] = [
            .success, .broken, .rowsFailed, .inputInvalid, .halted, .noRows, .windowOver, .usage, .signal(1),
            .signal(2),
            .signal(15),
        ]
        #expect(statuses.map(\.code) == [0, 1, 2, 3, 4, 9, 10, 64, 129, 130, 143])
    }

    @Test(arguments: [
        ([RowStatus.ok, .noChange], certfleet.ExitStatus.success),
        ([.ok, .failed], .rowsFailed), ([.unknown], .rowsFailed), ([.ok, .invalid], .rowsFailed),
        ([.skipped], .rowsFailed), ([.notAttempted], .rowsFailed), ([], .success),
    ])
    func aRunThatWentToItsEndIsJudgedByItsRows(statuses: [RowStatus], expected: certfleet.ExitStatus) {
        #expect(certfleet.ExitStatus(stopReasons: [], rows: Self.tally(statuses)) == expected)
    }

    @Test(arguments: [
        ([StopReason.window], certfleet.ExitStatus.windowOver), ([.halt], .halted), ([.canary], .halted),
        ([.signal(15)], .signal(15)), ([.broken], .broken), ([.window, .halt], .halted),
        ([.window, .signal(2)], .signal(2)), ([.halt, .signal(1), .window], .signal(1)),
        ([.signal(2), .broken], .broken), ([.signal(2), .signal(15)], .signal(2)),
    ])
    func ofSeveralReasonsToStopTheGravestCounts(reasons: [StopReason], expected: certfleet.ExitStatus) {
        #expect(certfleet.ExitStatus(stopReasons: reasons, rows: Self.tally([.ok, .failed])) == expected)
    }
}
