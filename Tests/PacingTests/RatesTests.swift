import TestSupport
import Testing

@testable import Pacing

@Suite("A rate")
struct RateTests {
    @Test(
        "names the time from one event to the next",
        arguments: [
            ("20/s", .milliseconds(50)), ("600/m", .milliseconds(100)), ("1000/h", .milliseconds(3600)),
            ("1/s", .seconds(1)), ("1/m", .seconds(60)), ("1/h", .seconds(3600)), ("0.5/s", .seconds(2)),
            ("2.5/s", .milliseconds(400)), ("007/m", .seconds(60) / 7), ("1.50/h", .seconds(2400)),
            ("999999999.999999999/s", Duration(attoseconds: 1_000_000_000)),
            ("0.000000001/h", .seconds(3_600_000_000_000)),
        ] as [(String, Duration)])
    func interval(text: String, interval: Duration) throws {
        #expect(try #require(Rate(text)).interval == interval)
    }

    @Test(
        "is nothing else than a number and a unit",
        arguments: [
            "", "/", "20", "20/", "/s", "20/x", "20/S", "20/ms", "20s", "20//s", "20/s/s", "0/s", "0.0/m", "-1/s",
            "+1/s",
            " 20/s", "20/s ", "20 /s", "1e3/s", "1,5/s", ".5/s", "5./s", "1.2.3/s", "1000000000/s", "1.0000000001/s",
            "0x10/s", "٣/s", "20/s\u{0}", "inf/s", "nan/s",
        ])
    func refused(text: String) {
        #expect(Rate(text) == nil)
    }

    @Test("is the same rate however it is written")
    func equality() {
        #expect(Rate("60/m") == Rate("1/s"))
        #expect(Rate("1/s") != Rate("1/m"))
    }
}

@Suite("A rate gate")
struct RateGateTests {
    static let tolerance = Duration.milliseconds(20)

    @Test("lets the first request start at once, and each later one an interval after its forerunner's slot")
    func schedule() throws {
        var gate = RateGate(try #require(Rate("20/s")))
        for number in 0..<100 {
            let slot = Duration.milliseconds(70 + 50 * number)
            #expect(gate.earliest(now: .milliseconds(70)) == slot)
            gate.take(now: slot)
        }
    }

    @Test("answers now, not a moment in the past, once a slot has come")
    func nowAtOnce() throws {
        var gate = RateGate(try #require(Rate("20/s")))
        #expect(gate.earliest(now: .seconds(9)) == .seconds(9))
        gate.take(now: .zero)
        #expect(gate.earliest(now: .seconds(9)) == .seconds(9))
    }

    @Test(
        "makes up for lateness within the tolerance and loses what is beyond",
        arguments: [(0, 100), (15, 100), (20, 100), (21, 101), (45, 125), (950, 1030)])
    func lateness(late: Int, next: Int) throws {
        var gate = RateGate(try #require(Rate("20/s")), tolerance: Self.tolerance)
        gate.take(now: .zero)
        let start = Duration.milliseconds(50 + late)
        gate.take(now: start)
        #expect(gate.earliest(now: start) == .milliseconds(next))
    }

    @Test(
        "gives no burst after an idle time but for the tolerance",
        arguments: [("10/s", 1), ("100/s", 3), ("1000/s", 21)])
    func idleBurst(rate: String, burst: Int) throws {
        var gate = RateGate(try #require(Rate(rate)), tolerance: Self.tolerance)
        gate.take(now: .zero)
        let now = Duration.seconds(3600)
        var started = 0
        while gate.earliest(now: now) <= now {
            gate.take(now: now)
            started += 1
        }
        #expect(started == burst)
    }

    @Test("gives no burst at the very start", arguments: ["1/s", "1000/s"])
    func freshBurst(rate: String) throws {
        var gate = RateGate(try #require(Rate(rate)), tolerance: Self.tolerance)
        gate.take(now: .seconds(5))
        #expect(gate.earliest(now: .seconds(5)) > .seconds(5))
    }

    @Test("gives a slot to the next request when its own made none")
    func giveBack() throws {
        var gate = RateGate(try #require(Rate("20/s")))
        gate.take(now: .zero)
        gate.take(now: .milliseconds(50))
        gate.giveBack()
        #expect(gate.earliest(now: .milliseconds(50)) == .milliseconds(50))
        gate.take(now: .milliseconds(52))
        #expect(gate.earliest(now: .milliseconds(52)) == .milliseconds(100))
    }

    @Test("frees one slot however often it is given back, and none before the first was taken")
    func giveBackTwice() throws {
        var gate = RateGate(try #require(Rate("20/s")))
        gate.giveBack()
        #expect(gate.earliest(now: .zero) == .zero)
        gate.take(now: .zero)
        gate.take(now: .milliseconds(50))
        gate.giveBack()
        gate.giveBack()
        #expect(gate.earliest(now: .zero) == .milliseconds(50))
    }

    @Test(
        "holds the rate to 5 % in any 10 s, whatever timers are late by",
        arguments: ["5/s", "20/s", "7.3/s", "100/s", "1000/s", "1200/m", "40000/h"], [1, 2, 3] as [UInt64])
    func steadyRate(rate: String, seed: UInt64) throws {
        let rate = try #require(Rate(rate))
        let starts = simulate(rate, for: .seconds(60), seed: seed, idleEvery: nil)
        let wanted = 10 / Self.seconds(rate.interval)
        var end = 0
        for (index, start) in starts.enumerated() where start <= .seconds(50) {
            while end < starts.count, starts[end] < start + .seconds(10) { end += 1 }
            let count = Double(end - index)
            // A count is whole, so a window of a slow rate may hold one more or less.
            guard abs(count - wanted) <= max(1, wanted * 0.05) else {
                Issue.record("\(count) requests instead of \(wanted) in the 10 s from \(start)")
                return
            }
        }
        #expect(starts.count > 5)
    }

    @Test(
        "never lets requests come closer than the interval less the tolerance, in pairs or in rows",
        arguments: ["5/s", "20/s", "100/s", "1000/s"], [11, 12, 13, 14] as [UInt64])
    func spacing(rate: String, seed: UInt64) throws {
        let rate = try #require(Rate(rate))
        let starts = simulate(rate, for: .seconds(20), seed: seed, idleEvery: 40)
        for first in starts.indices {
            for second in starts.indices.dropFirst(first + 1).prefix(60) {
                let distance = starts[second] - starts[first]
                guard distance >= rate.interval * (second - first) - Self.tolerance else {
                    Issue.record("\(second - first + 1) requests within \(distance) from \(starts[first])")
                    return
                }
            }
        }
        #expect(starts.count > 20)
    }

    /// Starts requests as early as the gate allows, woken up to 15 ms late, and idle now and then if asked for.
    private func simulate(_ rate: Rate, for length: Duration, seed: UInt64, idleEvery pause: Int?) -> [Duration] {
        var generator = SeededGenerator(seed: seed)
        var gate = RateGate(rate, tolerance: Self.tolerance)
        var now = Duration.zero
        var starts: [Duration] = []
        while now < length {
            let earliest = gate.earliest(now: now)
            if earliest > now {
                now = earliest + .microseconds(Int.random(in: 0...15_000, using: &generator))
            }
            gate.take(now: now)
            starts.append(now)
            if let pause, Int.random(in: 0..<pause, using: &generator) == 0 {
                now += .milliseconds(Int.random(in: 0...2000, using: &generator))
            }
        }
        return starts
    }

    private static func seconds(_ duration: Duration) -> Double {
        duration / .seconds(1)
    }
}
