import FleetModel
import Platform
import RunEngine
import Testing

@testable import FleetCommands
@testable import HTTPTransport
@testable import FleetInput
@testable import RunRecord

/// Which end of a command has which exit code.
@Suite struct ExitCodeTests {
    private struct Unforeseen: Error {}

    @Test func everyCodeHasItsDocumentedNumber() {
        let codes: [ExitCode] = [
            .success, .broken, .rowsFailed, .inputInvalid, .halted, .noRows, .windowOver, .usage, .signal(1),
            .signal(2), .signal(15),
        ]
        #expect(codes.map(\.number) == [0, 1, 2, 3, 4, 9, 10, 64, 129, 130, 143])
    }

    @Test(arguments: [
        (ToolError.cannot("open", "fleet.csv", code: 2, kind: .usage) as any Error, ExitCode.usage),
        (ToolError(.usage, "logins.csv"), .usage), (ToolError.cannot("read", "fleet.csv", code: 5), .broken),
        (ToolError.holdsRun("run"), .usage), (ToolError.locked("run", by: 7), .broken),
        (ToolError.cannot("write", "run/ledger.jsonl", code: 28), .broken),
        (ToolError.malformedPin("x"), .usage), (ToolError.noCertificates("ca.pem"), .usage),
        (ToolError.unreadableCAFile("ca.pem", code: 2), .usage),
        (ToolError.unreadableCAFile("ca.pem", code: 24), .broken),
        (ToolError.cannot("open", "fleet.csv", code: 24, kind: .usage), .broken),
        (ToolError.curlUnusable, .broken), (ToolError.refusedOption(code: 48), .broken),
        (ParserReply.refusal("--jobs 0 is too few", help: nil), .usage),
        (ToolError(.usage, "a"), .usage), (ToolError(.noRows, "a"), .noRows), (ToolError(.broken, "a"), .broken),
        (Unforeseen(), .broken), (CancellationError(), .broken),
    ])
    func onlyWhatTheUserCanMendIsUsage(error: any Error, expected: ExitCode) {
        #expect(CommandError(error).code == expected)
    }

    @Test(arguments: [
        (
            "Unknown option '--fast'", nil, "unknown option '--fast'",
            "see 'certfleet --help' or 'certfleet COMMAND --help'"
        ),
        ("Unknown option '--prt'. Did you mean '--port'?", nil, "unknown option '--prt'", "did you mean '--port'?"),
        ("The value 'a' is wrong", "--rate <rate>: As 20/s.", "the value 'a' is wrong", "--rate <rate>: As 20/s"),
    ])
    func whatTheParserRefusesIsToldWithWhatToDo(text: String, help: String?, message: String, hint: String) {
        let error = CommandError(ParserReply.refusal(text, help: help))
        #expect(error.message == message && error.hint == hint)
    }

    @Test func whateverBreaksARunThatHasBegunIsTheToolsFailure() {
        let refusal = ToolError.unreadableCAFile("ca.pem", code: 2)
        let error = CommandError(breakingRun: refusal)
        #expect(error.code == .broken && error.message == refusal.description)
        let broken = ToolError.cannot("write", "run/ledger.jsonl", code: 28)
        #expect(CommandError(breakingRun: broken).hint == broken.hint)
    }
}

/// How a run ended, in a word, a sentence and an exit code.
@Suite struct ConclusionTests {
    private struct Failure: Error {}

    private static func tally(_ statuses: [RowStatus]) -> OutcomeTally {
        var tally = OutcomeTally()
        for status in statuses { tally.count(Outcome(status: status)) }
        return tally
    }

    @Test(arguments: [
        ([RowStatus.ok, .noChange], ExitCode.success),
        ([.ok, .failed], .rowsFailed), ([.unknown], .rowsFailed), ([.ok, .invalid], .rowsFailed),
        ([.skipped], .rowsFailed), ([.notAttempted], .rowsFailed), ([], .success),
    ])
    func aRunThatWentToItsEndIsJudgedByItsRows(statuses: [RowStatus], expected: ExitCode) {
        #expect(Conclusion(stopReasons: [], failure: nil).exitCode(rows: Self.tally(statuses)) == expected)
    }

    @Test(arguments: [
        ([StopReason.window], ExitCode.windowOver), ([.halt], .halted), ([.canary], .halted),
        ([.signal(15)], .signal(15)), ([.broken], .broken), ([.window, .halt], .halted),
        ([.window, .signal(2)], .signal(2)), ([.halt, .signal(1), .window], .signal(1)),
        ([.signal(2), .broken], .broken), ([.signal(2), .signal(15)], .signal(2)),
    ])
    func ofSeveralReasonsToStopTheGravestCounts(reasons: [StopReason], expected: ExitCode) {
        #expect(
            Conclusion(stopReasons: reasons, failure: nil).exitCode(rows: Self.tally([.ok, .failed])) == expected)
    }

    @Test func aRunWithoutAResultIsBrokenWhateverItsRowsAre() {
        let conclusion = Conclusion(stopReasons: [.halt], failure: nil)
        #expect(conclusion.exitCode(rows: Self.tally([.ok]), hasResult: false) == .broken)
    }

    @Test func aFailureIsAReasonAlsoWhenNoRowWasLeft() {
        let conclusion = Conclusion(stopReasons: [], failure: Failure())
        #expect(conclusion.stopReasons == [.broken] && conclusion.word == "error")
        #expect(conclusion.sentence == "the run broke off because the tool or its files failed")
    }

    @Test func aFailureThatTheEngineKnowsOfIsNamedOnce() {
        let conclusion = Conclusion(stopReasons: [.window, .broken], failure: Failure())
        #expect(conclusion.stopReasons == [.window, .broken] && conclusion.word == "error")
    }

    @Test(arguments: [
        ([], nil), ([StopReason.halt], "halt-after"), ([.canary], "canary"), ([.window], "window"),
        ([.window, .signal(15), .halt], "SIGTERM"), ([.window, .canary], "canary"),
    ])
    func theGravestReasonIsTheOneNamed(reasons: [StopReason], word: String?) {
        #expect(Conclusion(stopReasons: reasons, failure: nil).word == word)
    }
}
