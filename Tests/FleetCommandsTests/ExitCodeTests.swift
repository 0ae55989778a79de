import FleetModel
import Glibc
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
            "Unknown option '--fast'", nil, "unknown option '--fast'", "see 'certfleet run --help'"
        ),
        (
            "Unknown option '--fast'. Did you mean '--out'?", nil, "unknown option '--fast'",
            "see 'certfleet run --help'"
        ),
        ("'-' needs --format: say one", nil, "'-' needs --format: say one", nil),
        ("Unknown option '--prt'. Did you mean '--port'?", nil, "unknown option '--prt'", "did you mean '--port'?"),
        ("The value 'a' is wrong", "--rate <rate>: As 20/s.", "the value 'a' is wrong", "--rate <rate>: As 20/s"),
    ])
    func whatTheParserRefusesIsToldWithWhatToDo(text: String, help: String?, message: String, hint: String?) {
        let error = CommandError(ParserReply.refusal(text, help: help, command: "run"))
        #expect(error.message == message && error.hint == hint)
        #expect(CommandError(ParserReply.refusal("A", help: nil)).hint == "see 'certfleet --help'")
    }

    @Test(arguments: [
        ("chekc", "there is no command 'chekc'", "did you mean 'check'?"),
        (
            "fleet.csv", "there is no command 'fleet.csv'",
            "'certfleet --help' lists the commands; 'certfleet run INPUT' runs an input"
        ),
        (
            "--out", "no command stands before '--out'",
            "write 'certfleet run INPUT --out'; 'certfleet --help' lists the commands"
        ),
    ])
    func aCommandThatThereIsNotIsToldFromThoseThatThereAre(name: String, message: String, hint: String) {
        let error = CommandError(ParserReply.noCommand(name, of: ["run", "check"]))
        #expect(error.code == .usage && error.message == message && error.hint == hint)
    }

    @Test func whatTheMachineLacksIsNoFaultOfTheCommandLines() {
        for (code, exit) in [(ENOENT, ExitCode.usage), (EMFILE, .broken), (ENOMEM, .broken)] {
            let error = ToolError.cannot("open", "run", code: code, kind: .usage)
            #expect(CommandError(error).code == exit && CommandError(error.ofUsage.hinting("x")).code == exit)
            #expect(CommandError(ToolError.cannot("open", "run", code: code).ofUsage).code == exit)
        }
    }

    @Test func whateverBreaksARunThatHasBegunIsTheToolsFailure() {
        let refusal = ToolError.unreadableCAFile("ca.pem", code: 2)
        let error = CommandError(breakingRun: refusal)
        #expect(error.code == .broken && error.message == refusal.message)
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

    @Test func whatWasReadAndIsNotAsWantedCountsWhenAllWasRead() {
        let codes = [[], [StopReason.window]].map { reasons in
            Conclusion(stopReasons: reasons, failure: nil).exitCode(rows: Self.tally([.ok]), isAsWanted: false)
        }
        #expect(codes == [.rowsFailed, .windowOver])
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

    @Test func whatIsNotOkIsCountedWithWhatToDo() {
        let conclusion = Conclusion(stopReasons: [], failure: nil)
        let advice = { conclusion.advice(rows: $0) }
        #expect(conclusion.advice(rows: Self.tally([.ok, .failed]), leftOut: 1) == nil)
        #expect(advice(Self.tally([.ok, .noChange])) == nil)
        #expect(advice(Self.tally([.ok, .failed])) == "1 row not ok: result.error says why; to try again")
        #expect(
            advice(Self.tally([.ok, .invalid]))
                == "1 row not ok: result.error says why; mend the input first; to try again")
        var refused = Self.tally([.ok])
        refused.count(Outcome(status: .failed, errorClass: .auth))
        #expect(advice(refused)?.contains("mend the credentials first") == true)
        #expect(Conclusion(stopReasons: [.window], failure: nil).advice(rows: Self.tally([])) == "to go on")
    }

    @Test(arguments: [
        (StopReason.halt, "the run was stopped by --halt-after: too many rows went wrong, the last one row 3 (line 4)"),
        (.canary, "the run was stopped by --canary: row 3 (line 4) was not ok"),
    ])
    func theRowThatStoppedTheRunIsNamed(reason: StopReason, sentence: String) {
        let conclusion = Conclusion(stopReasons: [reason], failure: nil, trippingRow: "row 3 (line 4)")
        #expect(conclusion.sentence == sentence)
    }

    @Test(arguments: [
        ([], nil), ([StopReason.halt], "halt-after"), ([.canary], "canary"), ([.window], "window"),
        ([.window, .signal(15), .halt], "SIGTERM"), ([.window, .canary], "canary"),
    ])
    func theGravestReasonIsTheOneNamed(reasons: [StopReason], word: String?) {
        #expect(Conclusion(stopReasons: reasons, failure: nil).word == word)
    }
}
