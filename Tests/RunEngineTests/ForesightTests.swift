import Testing

@testable import RunEngine

@Suite struct ForesightTests {
    private func rows(begunAt moments: [Duration], now: Duration, workers: Int = 64) -> Int {
        var foresight = Foresight(workers: workers)
        for moment in moments { foresight.begin(now: moment) }
        return foresight.rows(now: now)
    }

    /// Rows begun evenly over a second.
    private func even(_ rowsPerSecond: Int) -> [Duration] {
        (0..<rowsPerSecond).map { .seconds($0) / Double(rowsPerSecond) }
    }

    @Test("as many as begin in 50 ms", arguments: [(1000, 46...54), (200, 8...12), (20, 0...2)])
    func pace(rowsPerSecond: Int, expected: ClosedRange<Int>) {
        #expect(expected.contains(rows(begunAt: even(rowsPerSecond), now: .seconds(1))))
    }

    @Test func threeForEachWorkerAtMost() {
        #expect(rows(begunAt: even(5000), now: .seconds(1)) == 192)
        #expect(rows(begunAt: Array(repeating: .zero, count: 100), now: .zero, workers: 2) == 6)
    }

    @Test func aPauseIsForeseenToGoOn() {
        #expect(rows(begunAt: even(1000), now: .milliseconds(1100)) == 0)
        #expect(rows(begunAt: [], now: .seconds(1)) == 0)
    }

    @Test func aBurstCountsAtOnceAndForOneWindowMore() {
        let burst = Array(repeating: Duration.seconds(3), count: 10)
        #expect(rows(begunAt: burst, now: .seconds(3)) == 20)
        #expect(rows(begunAt: burst, now: .milliseconds(3030)) == 20)
        #expect(rows(begunAt: burst, now: .milliseconds(3050)) == 0)
    }

    @Test("many are announced at once, not one by one", arguments: [(0, 20), (13, 7), (14, 0), (30, 0)])
    func missing(announced: Int, expected: Int) {
        var foresight = Foresight(workers: 64)
        for _ in 0..<10 { foresight.begin(now: .zero) }
        #expect(foresight.missing(announced: announced, now: .zero) == expected)
    }
}
