import Foundation
import PBXSimulator
import TestSupport
import Testing

/// Runs that break at a late moment: the summary and the process tell the same story.
@Suite(.sideBySide) struct BrokenRunTests {
    private static func summary(in work: WorkDirectory) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: work.file("run/summary.json")))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test func aLedgerThatFailsAtItsLastLineBreaksTheRun() throws {
        let fleet = try Fleet(hosts: 1, edits: 4)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(fleet.withoutLogin))
        #expect(try BuiltTool.run(["run", "fleet.csv", "--out", "whole"], in: work.path).status == 0)
        let ledger = try work.read("whole/ledger.jsonl")
        let lastLine = try #require(ledger.split(separator: "\n").last)
        // The ledger names the input twice: with a longer name its limit of 2 KiB lies in the middle of the last line.
        let missing = 2048 - ledger.utf8.count + lastLine.utf8.count / 2
        try #require(missing > 0 && missing < 1000)
        let name = String(repeating: "./", count: missing / 4) + "fleet.csv"
        let tool = try BuiltTool.path
        let run = try Shell.run("ulimit -f 2; exec '\(tool)' run \(name) --out run", in: work.path)
        #expect(run.status == 1 && run.output.isEmpty)
        #expect(
            run.errors.contains("certfleet: error: cannot write 'run/ledger.jsonl': file too large"), "\(run.errors)")
        let summary = try Self.summary(in: work)
        #expect(summary["exit_code"] as? Int == 1 && summary["stopped_by"] as? String == "error")
        #expect((summary["counts"] as? [String: Int])?["ok"] == 4)
    }

    @Test func aSecretFileThatGoesAwayDuringTheRunIsNotMissed() throws {
        let fleet = try Fleet(hosts: 1, edits: 4)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.delay(.seconds(1), at: .certificateUpdate), on: 1)
        let work = try WorkDirectory()
        let host = fleet.simulator.hosts[0]
        try work.write("secret", host.clientSecret)
        let lines = (1...4).map { "\(host.baseURL),\(host.clientID),file:secret,\($0),0\n" }
        try work.write("fleet.csv", "base_url,client_id,client_secret,id,auto_renewal\n" + lines.joined())
        let tool = try RunningTool(["run", "fleet.csv", "--out", "run"], in: work.path)
        RunningTool.poll { fleet.requests(.certificateUpdate) == 1 }
        try FileManager.default.removeItem(atPath: work.file("secret"))
        #expect(tool.wait() == 0)
        #expect(fleet.requests(.certificateUpdate) == 4 && fleet.requests(.delToken) == 1)
    }

    @Test func aTrustFileThatIsGoneBeforeTheRunIsMissedBeforeAnythingIsSent() throws {
        let fleet = try Fleet(hosts: 2, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--cacert", "ca.pem"], in: work.path)
        #expect(run.errors.contains("certfleet: error: CA file 'ca.pem' cannot be read: no such file"), "\(run.errors)")
        #expect(run.status == 64 && fleet.simulator.record.isEmpty)
    }

    /// Starts a run of two rows that takes a while, and waits until its first edit is there.
    private func begin(_ fleet: Fleet, in work: WorkDirectory) throws -> RunningTool {
        fleet.simulator.set(.delay(.seconds(1), at: .certificateUpdate), on: 1)
        try work.write("fleet.csv", InputRow.csv(fleet.withoutLogin))
        let tool = try RunningTool(["run", "fleet.csv", "--out", "run"], in: work.path)
        RunningTool.poll { fleet.requests(.certificateUpdate) == 1 }
        return tool
    }

    @Test func aDirectoryThatIsMovedDuringTheRunKeepsItsResult() throws {
        let fleet = try Fleet(hosts: 1, edits: 2)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        let tool = try begin(fleet, in: work)
        try FileManager.default.moveItem(atPath: work.file("run"), toPath: work.file("moved"))
        #expect(tool.wait() == 0, "\(tool.errors)")
        #expect(try Records(csv: work.file("moved/result.csv"))["result.status"] == ["ok", "ok"])
        #expect(try work.read("moved/summary.json").contains("\"exit_code\": 0"))
        #expect(try Ledger(work.file("moved/ledger.jsonl")).rows("done") == [1, 2])
        #expect(!FileManager.default.fileExists(atPath: work.file("run")))
    }

    @Test func aDirectoryThatIsDeletedDuringTheRunStillHasItsCountsPrinted() throws {
        let fleet = try Fleet(hosts: 1, edits: 2)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        let tool = try begin(fleet, in: work)
        try FileManager.default.removeItem(atPath: work.file("run"))
        #expect(tool.wait() == 1)
        #expect(tool.errors.contains("2 rows, 1 host"), "\(tool.errors)")
        #expect(tool.errors.contains("error: cannot open 'run/result.csv.part': no such file or directory"))
        #expect(fleet.requests(.certificateUpdate) == 2)
    }

    @Test func aResultThatCannotTakeItsPlaceIsKeptBesideIt() throws {
        let fleet = try Fleet(hosts: 1, edits: 2)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        let tool = try begin(fleet, in: work)
        try FileManager.default.createDirectory(atPath: work.file("run/result.csv"), withIntermediateDirectories: false)
        #expect(tool.wait() == 1)
        #expect(tool.errors.contains("2 rows, 1 host"), "\(tool.errors)")
        #expect(tool.errors.contains("error: cannot replace 'run/result.csv': is a directory"), "\(tool.errors)")
        #expect(tool.errors.contains("hint: the new one is 'run/result.csv.part'"))
        let summary = try Self.summary(in: work)
        #expect(summary["exit_code"] as? Int == 1 && (summary["counts"] as? [String: Int])?["ok"] == 2)
        #expect(try work.read("run/result.csv.part").split(separator: "\n").count == 3)
    }

    @Test func aPathThatCannotBePrintedIsAFailureInTheSummaryToo() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let tool = try BuiltTool.path
        let run = try Shell.run("('\(tool)' run fleet.csv --out run >/dev/full)", in: work.path)
        #expect(run.status == 1)
        #expect(run.errors.hasSuffix("certfleet: error: cannot write to standard output: no space left on device\n"))
        let summary = try Self.summary(in: work)
        #expect(summary["exit_code"] as? Int == 1 && summary["stopped_by"] is NSNull)
        #expect(try Records(csv: work.file("run/result.csv"))["result.status"] == ["ok"])
    }
}
