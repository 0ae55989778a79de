import FleetModel
import TestSupport
import Testing

@testable import Pacing

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
