import Testing

@testable import Pacing

@Suite("A run window")
struct RunWindowTests {
    @Test(
        "lets a request start as long as it is surely over by the end",
        arguments: [(0, true), (569_999, true), (570_000, true), (570_001, false), (600_000, false), (900_000, false)])
    func lastStart(now: Int, mayStart: Bool) {
        let window = RunWindow(end: .seconds(600), timeout: .seconds(30))
        #expect(window.lastStart == .seconds(570))
        #expect(window.mayStart(now: .milliseconds(now)) == mayStart)
    }

    @Test("lets nothing start when it is shorter than the timeout")
    func shortWindow() {
        #expect(!RunWindow(end: .seconds(20), timeout: .seconds(30)).mayStart(now: .zero))
    }
}
