import Platform
import FleetModel
import Testing

@Suite("An outcome")
struct OutcomeTests {
    @Test(
        "lasts from its first request to its verdict",
        arguments: [
            (0, 0, 0), (1000, 1250, 250), (-500, 500, 1000), (1000, 999, 0), (nil, 5, nil), (5, nil, nil),
            (nil, nil, nil),
        ] as [(Int64?, Int64?, Int64?)])
    func duration(started: Int64?, finished: Int64?, milliseconds: Int64?) {
        let outcome = Outcome(
            status: .ok, startedAt: started.map { WallTime(milliseconds: $0) },
            finishedAt: finished.map { WallTime(milliseconds: $0) })
        #expect(outcome.durationMilliseconds == milliseconds)
    }

    @Test("has a status by the name that the result file gives it")
    func statusNames() {
        #expect(
            RowStatus.allCases.map(\.rawValue)
                == ["ok", "no_change", "failed", "unknown", "invalid", "skipped", "not_attempted"])
    }

    @Test("has a class by the name that the result file gives it")
    func classNames() {
        #expect(
            ErrorClass.allCases.map(\.rawValue) == [
                "api", "auth", "connect", "tls", "timeout", "protocol", "verify", "input", "match",
                "host_stopped", "run_stopped",
            ])
    }

    @Test("is good when the row is as it was wanted, and only then", arguments: RowStatus.allCases)
    func good(status: RowStatus) {
        #expect(status.isGood == (status == .ok || status == .noChange))
    }

    @Test(
        "settles a doubt by the PBX's word on the edit, unless a part of it may have been carried out",
        arguments: [
            (Outcome(status: .ok), true, true), (Outcome(status: .noChange), true, false),
            (Outcome(status: .unknown, attempts: 1), false, true),
            (Outcome(status: .failed, errorClass: .verify, attempts: 1), true, true),
            (Outcome(status: .failed, errcode: 60001, errorClass: .api, attempts: 1), true, false),
            (Outcome(status: .failed, errcode: 60001, errorClass: .api), false, false),
            (Outcome(status: .failed, errcode: -1, errorClass: .api, attempts: 1), false, true),
            (Outcome(status: .failed, errcode: 1, errorClass: .api, attempts: 1), false, true),
            (Outcome(status: .failed, errcode: -2, errorClass: .api, attempts: 1), false, true),
            (Outcome(status: .failed, errcode: -2, errorClass: .api), false, false),
            (Outcome(status: .failed, errcode: 70082, errorClass: .api, attempts: 1), false, false),
            (Outcome(status: .failed, errcode: 10005, errorClass: .auth, attempts: 1), false, false),
            (Outcome(status: .failed, errorClass: .connect), false, false),
            (Outcome(status: .skipped, errorClass: .hostStopped), false, false),
        ] as [(Outcome, Bool, Bool)])
    func doubt(_ outcome: Outcome, settlesDoubt: Bool, mayHaveChanged: Bool) {
        #expect(outcome.settlesDoubt == settlesDoubt && outcome.mayHaveChanged == mayHaveChanged)
    }

    @Test("says nothing that it was not told")
    func emptyOutcome() {
        let outcome = Outcome(status: .notAttempted)
        #expect(outcome.errcode == nil && outcome.httpStatus == nil && outcome.errorClass == nil)
        #expect(outcome.errmsg.isEmpty && outcome.error.isEmpty)
        #expect(outcome.attempts == 0)
    }
}
