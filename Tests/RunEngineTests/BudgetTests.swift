import FleetModel
@testable import RunEngine
import TestSupport
import Testing

@Suite("A halt policy")
struct HaltPolicyTests {
    @Test(
        "stops the run at the right row",
        arguments: [
            ("5", 4, 4, false), ("5", 4, 1000, false), ("5", 5, 5, true), ("5", 6, 900, true), ("1", 0, 50, false),
            ("1", 1, 1, true), ("10%", 1, 9, false), ("10%", 9, 9, false), ("10%", 1, 10, true), ("10%", 2, 25, false),
            ("10%", 3, 25, true), ("10%", 1, 11, false), ("10%", 0, 10, false), ("1%", 9, 1000, false),
            ("1%", 10, 1000, true), ("33%", 33, 100, true), ("33%", 32, 100, false), ("100%", 9, 10, false),
            ("100%", 10, 10, true), ("50%", 5, 10, true), ("05", 5, 5, true),
            ("9223372036854775807", 1_000_000, 1_000_000, false),
        ] as [(String, Int, Int, Bool)])
    func reached(text: String, bad: Int, finished: Int, isReached: Bool) throws {
        #expect(try #require(HaltPolicy(text)).isReached(bad: bad, finished: finished) == isReached)
    }

    @Test(
        "is nothing else than a number or a percentage",
        arguments: [
            "", "%", "0", "0%", "-1", "+5", "101%", "1000%", "5 %", "5%%", " 5", "5 ", "5.5", "10.5%", "1e2", "five",
            "5%5",
            "9223372036854775808", "９", "5\u{0}",
        ])
    func refused(text: String) {
        #expect(HaltPolicy(text) == nil)
    }
}

@Suite("A canary policy")
struct CanaryPolicyTests {
    @Test(
        "lets only the first hosts start at first",
        arguments: [(2, 5, 2), (5, 5, 5), (9, 5, 5), (0, 5, 5), (-1, 5, 5), (1, 1, 1), (3, 0, 0)])
    func start(count: Int, hosts: Int, startable: Int) {
        #expect(CanaryPolicy(count: count, hostCount: hosts).startableHosts == 0..<startable)
    }

    @Test("lets the others start when every canary is finished, in whatever order")
    func passing() {
        var policy = CanaryPolicy(count: 2, hostCount: 5)
        policy.finish(host: 1)
        #expect(policy.startableHosts == 0..<2)
        #expect(!policy.isPassed)
        policy.finish(host: 0)
        #expect(policy.startableHosts == 0..<5)
        #expect(policy.isPassed)
    }

    @Test("is not fooled by a host that is reported twice, or that is no canary")
    func repeatedReports() {
        var policy = CanaryPolicy(count: 2, hostCount: 5)
        for host in [1, 1, 4, 3, 1] { policy.finish(host: host) }
        #expect(!policy.isPassed)
    }

    @Test("takes only ok and no_change for good", arguments: RowStatus.allCases)
    func badCanary(status: RowStatus) {
        let policy = CanaryPolicy(count: 2, hostCount: 5)
        let isGood = [.ok, .noChange].contains(status)
        #expect(policy.stopsRun(Outcome(status: status), ofHost: 0) == !isGood)
        #expect(policy.stopsRun(Outcome(status: status), ofHost: 1) == !isGood)
        #expect(!policy.stopsRun(Outcome(status: status), ofHost: 2))
    }

    @Test("stops no run when there is no canary")
    func noCanary() {
        let policy = CanaryPolicy(count: 0, hostCount: 5)
        #expect(!policy.stopsRun(Outcome(status: .failed), ofHost: 0))
    }

    @Test("opens the fleet with the last canary and never before, for 1,000 seeds")
    func randomOrders() {
        for seed in 0..<1000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let hosts = Int.random(in: 1...12, using: &generator)
            let count = Int.random(in: 1...15, using: &generator)
            var policy = CanaryPolicy(count: count, hostCount: hosts)
            var waiting = Set(0..<min(count, hosts))
            for host in (0..<hosts).shuffled(using: &generator) {
                #expect(policy.isPassed == waiting.isEmpty, "seed \(seed)")
                policy.finish(host: host)
                waiting.remove(host)
            }
            #expect(policy.startableHosts == 0..<hosts, "seed \(seed)")
        }
    }
}

@Suite("A host breaker")
struct HostBreakerTests {
    private static func row(_ errorClass: ErrorClass?) -> Outcome {
        Outcome(status: errorClass == nil ? .ok : .failed, errorClass: errorClass)
    }

    @Test(
        "gives up after rows in a row that the host did not serve",
        arguments: [
            (3, [.connect, .connect, .connect], 3), (3, [.timeout, .tls, .connect], 3),
            (3, [.connect, .tls, nil, .timeout, .connect], nil),
            (3, [.connect, .connect, .api, .connect, .connect], nil),
            (3, [.connect, .connect, nil, .tls, .tls, .tls], 6), (1, [.timeout], 1), (1, [nil, .api, .tls], 3),
            (2, [.connect, .protocol, .connect], nil), (2, [.connect, .auth, .connect, .connect], 4),
            (2, [.verify, .verify, .verify], nil), (5, [.tls, .tls, .tls, .tls], nil),
        ] as [(Int, [ErrorClass?], Int?)])
    func breaking(limit: Int, classes: [ErrorClass?], brokenAfter: Int?) {
        var breaker = HostBreaker(limit: limit)
        let firstBreak = classes.firstIndex { breaker.note(Self.row($0)) }
        #expect(firstBreak.map { $0 + 1 } == brokenAfter)
    }

    @Test("counts of the causes that could not connect, was not trusted or timed out, and no other")
    func classes() {
        let counting = ErrorClass.allCases.filter { errorClass in
            var breaker = HostBreaker(limit: 1)
            return breaker.note(Self.row(errorClass))
        }
        #expect(Set(counting) == [.connect, .tls, .timeout])
    }

    @Test(
        "counts what was answered by HTTP 429 or 5xx without an errcode",
        arguments: [
            (429, nil, .failed, true), (500, nil, .unknown, true), (503, nil, .unknown, true),
            (599, nil, .failed, true), (503, -2, .failed, false), (429, 70082, .failed, false),
            (404, nil, .failed, false),
            (302, nil, .failed, false), (200, nil, .unknown, false), (600, nil, .unknown, false),
            (503, nil, .ok, false), (nil, nil, .unknown, false),
        ] as [(Int?, Int?, RowStatus, Bool)])
    func busyHost(httpStatus: Int?, errcode: Int?, status: RowStatus, counts: Bool) {
        var breaker = HostBreaker(limit: 1)
        let isBroken = breaker.note(
            Outcome(
                status: status, errcode: errcode, httpStatus: httpStatus, errorClass: status.isGood ? nil : .protocol))
        #expect(isBroken == counts)
    }

    @Test("counts a row that is unknown because its answer did not come")
    func unknownRow() {
        var breaker = HostBreaker(limit: 1)
        let isBroken = breaker.note(Outcome(status: .unknown, errorClass: .timeout))
        #expect(isBroken)
    }

    @Test("goes on saying so while nothing changes, and bears three rows unless told otherwise")
    func afterBreaking() {
        var breaker = HostBreaker()
        let answers = (0..<5).map { _ in breaker.note(Self.row(.connect)) }
        #expect(answers == [false, false, true, true, true])
    }
}

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
