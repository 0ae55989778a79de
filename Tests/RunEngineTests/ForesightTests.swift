import Testing

@testable import RunEngine

@Suite struct ForesightTests {
    private func rows(sentAt moments: [Duration], now: Duration, workers: Int = 64) -> Int {
        var foresight = Foresight(workers: workers)
        for moment in moments { foresight.send(now: moment) }
        return foresight.rows(now: now)
    }

    /// Rows sent evenly over a second.
    private func even(_ rowsPerSecond: Int) -> [Duration] {
        (0..<rowsPerSecond).map { .seconds($0) / Double(rowsPerSecond) }
    }

    @Test("as many as are sent in 50 ms", arguments: [(1000, 46...54), (200, 8...12), (20, 0...2)])
    func pace(rowsPerSecond: Int, expected: ClosedRange<Int>) {
        #expect(expected.contains(rows(sentAt: even(rowsPerSecond), now: .seconds(1))))
    }

    @Test func threeForEachWorkerAtMost() {
        #expect(rows(sentAt: even(5000), now: .seconds(1)) == 192)
        #expect(rows(sentAt: Array(repeating: .zero, count: 100), now: .zero, workers: 2) == 6)
    }

    @Test func aPauseIsForeseenToGoOn() {
        #expect(rows(sentAt: even(1000), now: .milliseconds(1100)) == 0)
        #expect(rows(sentAt: [], now: .seconds(1)) == 0)
    }

    @Test func aBurstCountsAtOnceAndForOneWindowMore() {
        let burst = Array(repeating: Duration.seconds(3), count: 10)
        #expect(rows(sentAt: burst, now: .seconds(3)) == 20)
        #expect(rows(sentAt: burst, now: .milliseconds(3030)) == 20)
        #expect(rows(sentAt: burst, now: .milliseconds(3050)) == 0)
    }

    @Test(
        "the next row of a host is announced at a high pace, up to 4 for each worker",
        arguments: [(31, 0, false), (32, 0, true), (500, 255, true), (500, 256, false)])
    func nextRow(sent: Int, announced: Int, isAnnounced: Bool) {
        var foresight = Foresight(workers: 64)
        for _ in 0..<sent { foresight.send(now: .zero) }
        #expect(foresight.coversNextRow(announced: announced, now: .zero) == isAnnounced)
    }

    @Test("many are announced at once, not one by one", arguments: [(0, 20), (13, 7), (14, 0), (30, 0)])
    func missing(announced: Int, expected: Int) {
        var foresight = Foresight(workers: 64)
        for _ in 0..<10 { foresight.send(now: .zero) }
        #expect(foresight.missing(announced: announced, now: .zero) == expected)
    }
}
