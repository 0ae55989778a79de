import RunEngine
import Testing

@testable import certfleet

@Suite struct RunEndingTests {
    private struct Failure: Error {}

    @Test func aFailureIsAReasonAlsoWhenNoRowWasLeft() {
        let ending = RunEnding(stopReasons: [], failure: Failure())
        #expect(ending.stopReasons == [.broken] && ending.word == "error")
        #expect(ending.sentence == "the run broke off because the tool or its files failed")
    }

    @Test func aFailureThatTheEngineKnowsOfIsNamedOnce() {
        let ending = RunEnding(stopReasons: [.window, .broken], failure: Failure())
        #expect(ending.stopReasons == [.window, .broken] && ending.word == "error")
    }

    @Test(arguments: [
        ([], nil), ([StopReason.halt], "halt-after"), ([.canary], "canary"), ([.window], "window"),
        ([.window, .signal(15), .halt], "SIGTERM"), ([.window, .canary], "canary"),
    ])
    func theGravestReasonIsTheOneNamed(reasons: [StopReason], word: String?) {
        #expect(RunEnding(stopReasons: reasons, failure: nil).word == word)
    }
}
