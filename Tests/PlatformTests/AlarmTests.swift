import Platform
import Testing

@Suite("An alarm", .timeLimit(.minutes(1)))
struct AlarmTests {
    @Test("wakes whoever waits, and whoever is about to", arguments: [nil, .seconds(3600)] as [Duration?])
    func wakes(limit: Duration?) throws {
        let alarm = Alarm()
        alarm.ring()
        alarm.ring()
        #expect(alarm.wait(for: limit))
        let answer = Alarm()
        try startThread {
            alarm.wait(for: limit)
            answer.ring()
        }
        #expect(!answer.wait(for: .milliseconds(50)), "rung twice, it woke twice")
        alarm.ring()
        #expect(answer.wait(for: limit))
    }

    @Test(
        "is waited for no longer than is said",
        arguments: [.seconds(-1), .seconds(Int64.min) + .nanoseconds(1), .zero, .milliseconds(20)] as [Duration])
    func ends(limit: Duration) {
        let alarm = Alarm()
        let begin = SystemClock().now()
        #expect(!alarm.wait(for: limit))
        #expect(SystemClock().now() - begin >= limit)
    }

    @Test("may be waited for until the end of time")
    func longest() {
        let alarm = Alarm()
        alarm.ring()
        #expect(alarm.wait(for: .seconds(Int64.max)))
    }
}
