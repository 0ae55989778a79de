import Foundation
import Platform
import TestSupport
import Testing

@Suite("The clocks of a run")
struct RunClockTests {
    @Test("never go back")
    func monotonic() {
        let readings = (0..<10_000).map { _ in SystemClock().now() }
        #expect(zip(readings, readings.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(readings[0] > .zero)
    }

    @Test("show the calendar's time")
    func calendar() {
        let before = Int64(Date().timeIntervalSince1970 * 1000) - 1
        let moment = SystemClock().wallTime()
        let after = Int64(Date().timeIntervalSince1970 * 1000) + 1
        #expect((before...after).contains(moment.milliseconds))
    }

    @Test("stand still in tests until they are moved")
    func manual() {
        let clock = ManualClock(start: WallTime(milliseconds: 1000))
        #expect(clock.now() == .zero)
        clock.advance(by: .milliseconds(1500))
        #expect(clock.now() == .milliseconds(1500))
        #expect(clock.wallTime() == WallTime(milliseconds: 2500))
    }
}
