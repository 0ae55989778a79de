import FleetModel
import TestSupport
import Testing

@testable import Pacing

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
