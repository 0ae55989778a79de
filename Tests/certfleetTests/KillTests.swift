import Foundation
import Glibc
import PBXSimulator
import TestSupport
import Testing

/// Runs that are killed at random moments over a fleet of which much is amiss, until they come to their end.
@Suite(.sideBySide) struct KillTests {
    static let rounds = Int(ProcessInfo.processInfo.environment["CERTFLEET_KILL_ROUNDS"] ?? "") ?? 4

    @Test(arguments: (0..<rounds).map { _ in UInt64.random(in: 0...999_999) })
    func aRunThatIsKilledAgainAndAgainLosesAndDoublesNothing(seed: UInt64) throws {
        var round = try KillRound(seed: seed)
        try round.play()
    }
}

/// What is amiss with a PBX.
private enum Ill: CaseIterable {
    case nothing, slow, dropping, busy, refusing, silent

    var isDead: Bool { self == .refusing || self == .silent }
    /// Whether its rows wait for another try, so that one may be in doubt that is not under way.
    var isRetried: Bool { self == .dropping || self == .busy }

    func befall(_ host: Int, of simulator: Simulator, times: Int) throws {
        let edit = Endpoint.certificateUpdate
        switch self {
        case .nothing: simulator.set(.delay(.milliseconds(20)), on: host)
        case .slow: simulator.set(.delay(.milliseconds(200)), on: host)
        case .dropping:
            simulator.set([.dropAfterReading(at: edit, times: times), .dropBeforeReading(times: 1)], on: host)
        case .busy: simulator.set(.status(503, at: edit, times: times), on: host)
        case .refusing: try simulator.set(.refusing, on: host)
        case .silent: try simulator.set(.blackholed, on: host)
        }
    }
}

private struct KillRound {
    private let seed: UInt64
    private var dice: SeededGenerator
    private let fleet: Fleet
    private let work: WorkDirectory
    private let ills: [Ill]
    private let jobs: String
    private let flags: [String]
    /// How often the PBX had got the edit of each row that the ledger calls `ok`.
    private var good: [Int: Int] = [:]
    /// How often each row was in doubt.
    private var doubts: [Int: Int] = [:]

    private static let hosts = 40
    private static let edits = 4

    init(seed: UInt64) throws {
        self.seed = seed
        var dice = SeededGenerator(seed: seed)
        fleet = try Fleet(hosts: Self.hosts, edits: Self.edits)
        // The first ones are the canary's.
        let rest = (0..<Self.hosts).map { _ in Ill.allCases.randomElement(using: &dice) ?? .nothing }
        ills = rest.enumerated().map { $0.offset < 2 ? .nothing : $0.element }
        for (host, ill) in zip(1..., ills) {
            try ill.befall(host, of: fleet.simulator, times: Int.random(in: 0...6, using: &dice))
        }
        work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        jobs = ["1", "4", "4", "auto"].randomElement(using: &dice) ?? "4"
        let rate: [[String]] = [[], [], ["--rate", "200/s"], ["--rate-per-host", "20/s"]]
        let canary: [[String]] = [[], ["--canary", "2"]]
        flags = (rate.randomElement(using: &dice) ?? []) + (canary.randomElement(using: &dice) ?? [])
        self.dice = dice
    }

    mutating func play() throws {
        defer { try? fleet.simulator.stop() }
        for _ in 0..<Int.random(in: 1...5, using: &dice) {
            let tool = try RunningTool(arguments, in: work.path)
            usleep(UInt32.random(in: 20_000...1_000_000, using: &dice))
            tool.send(SIGKILL)
            _ = tool.wait()
            try readLedger()
        }
        // Whoever can be reached is well again.
        for (host, ill) in zip(1..., ills) where !ill.isDead { fleet.simulator.set(nil, on: host) }
        let end = try BuiltTool.run(arguments + ["--retries", "1", "--max-host-errors", "1"], in: work.path)
        let isWell = ills.allSatisfy { !$0.isDead }
        #expect(end.status == (isWell ? 0 : 2), "seed \(seed): \(end.errors)")
        try readResult()
    }

    private var arguments: [String] {
        let isFirst = !FileManager.default.fileExists(atPath: work.file("run/ledger.jsonl"))
        let pace = ["--jobs", jobs, "--retry-delay", "50ms", "--connect-timeout", "300ms"]
        return ["run", "fleet.csv", "--out", "run"] + pace + flags + (isFirst ? [] : ["--resume"])
    }

    private func ill(ofRow row: Int) -> Ill { ills[fleet.rows[row - 1].host.number - 1] }

    private mutating func readLedger() throws {
        // Those of the run that was killed, and those that an earlier one left.
        var (doubt, left): (Set<Int>, Set<Int>) = ([], [])
        for event in try Ledger(work.file("run/ledger.jsonl")).events {
            if event["event"] as? String == "run" { (left, doubt) = (left.union(doubt), []) }
            guard let row = event["row"] as? Int, let name = event["event"] as? String else { continue }
            left.remove(row)
            if name == "sent" { doubt.insert(row) } else { doubt.remove(row) }
            if event["status"] as? String == "ok" { good[row] = good[row] ?? fleet.editsReceived(ofRow: row) }
        }
        for row in doubt.union(left) { doubts[row, default: 0] += 1 }
        #expect(
            doubt.union(left).allSatisfy { !ill(ofRow: $0).isDead },
            "seed \(seed): in doubt of a host that never answered")
        #expect(Set(doubt.map { fleet.rows[$0 - 1].host.number }).count == doubt.count, "seed \(seed): two of one host")
        let underWay = doubt.count { !ill(ofRow: $0).isRetried }
        #expect(underWay <= Int(jobs) ?? Self.hosts, "seed \(seed)")
    }

    private func readResult() throws {
        let result = try Records(csv: work.file("run/result.csv"))
        let rows = Array(1...Self.hosts * Self.edits)
        #expect(result["result.row"] == rows.map(String.init), "seed \(seed)")
        for (row, status) in zip(rows, result["result.status"]) {
            let wanted = ill(ofRow: row).isDead ? ["failed", "skipped"] : ["ok"]
            #expect(wanted.contains(status), "seed \(seed), row \(row)")
            let count = fleet.editsReceived(ofRow: row)
            #expect(good[row] == nil || good[row] == count, "seed \(seed), row \(row): sent again")
            let isSteady = !ill(ofRow: row).isRetried
            #expect(!isSteady || count <= 1 + doubts[row, default: 0], "seed \(seed), row \(row): doubled")
        }
    }
}
