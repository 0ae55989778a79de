import Foundation
import Glibc
import PBXSimulator
import Platform
import TestSupport
import Testing

/// Runs that go on where an earlier one ended.
@Suite(.sideBySide) struct ResumeTests {
    @Test func aSortedAndMendedFileSendsOnlyWhatIsNotDone() throws {
        let fleet = try Fleet(hosts: 3, edits: 1)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.errcode(40002, at: .certificateUpdate, times: 1), on: 2)
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        #expect(try BuiltTool.run(["run", "fleet.csv", "--out", "run"], in: work.path).status == 2)
        var lines = fleet.csv.split(separator: "\n").map(String.init)
        // The third row gets another edit, and the rows come in another order.
        lines[3] = lines[3].dropLast(1) + "1,arvancloud,key"
        let header = lines.removeFirst() + ",dns_provider,auth.APIKey"
        try work.write("fleet.csv", ([header] + lines.reversed()).joined(separator: "\n"))
        let second = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--resume"], in: work.path)
        #expect(second.status == 0, "\(second.errors)")
        #expect(
            fleet.simulator.hosts.map { fleet.simulator.record.on($0.number).of(.certificateUpdate).count } == [
                1, 2, 2,
            ])
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["base_url"] == fleet.simulator.hosts.reversed().map(\.baseURL))
        #expect(Set(result["result.status"]) == ["ok"])
        #expect(
            try work.read("run/summary.json").contains("\"resumed\": 1")
                || work.read("run/summary.json").contains("\"resumed\":1"))
    }

    @Test func anEditThatWasUndoneByAnotherSinceIsSentAgain() throws {
        let fleet = try Fleet(hosts: 2, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        let text = { (switch: String) in
            let lines = fleet.simulator.hosts.map { host in
                let value = host.number == 1 ? `switch` : "0"
                return "\(host.baseURL),\(Fleet.tokens[0]),1,\(value),arvancloud,key\n"
            }
            return "base_url,access_token,id,auto_renewal,dns_provider,auth.APIKey\n" + lines.joined()
        }
        for (round, value) in ["0", "1", "0", "0"].enumerated() {
            try work.write("fleet.csv", text(value))
            let flags = round == 0 ? [] : ["--resume"]
            let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run"] + flags, in: work.path)
            #expect(
                run.status == 0 && run.errors.contains("line 2: its certificate was edited otherwise") == (round == 2))
        }
        #expect(fleet.requests(.certificateUpdate) == 3 && fleet.requests(.certificateUpdate, on: 2) == 1)
    }

    /// Kills a run of one row whose edit got no answer, and leaves its directory.
    private func killInDoubt(_ fleet: Fleet, _ flags: String...) throws -> WorkDirectory {
        fleet.simulator.set(.silence(at: .certificateUpdate, times: 1), on: 1)
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let tool = try RunningTool(["run", "fleet.csv", "--out", "run"] + flags, in: work.path)
        try RunningTool.poll { try Ledger(work.file("run/ledger.jsonl")).rows("sent") == [1] }
        tool.send(SIGKILL)
        #expect(tool.wait() == -SIGKILL)
        return work
    }

    @Test func aRowThatWasSentWithoutAnAnswerIsSentAgainAndSaidToBe() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try killInDoubt(fleet)
        let second = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--resume"], in: work.path)
        #expect(second.status == 0 && second.errors.contains("line 2: may have been sent before"), "\(second.errors)")
    }

    @Test func rowsThatAreSentAgainAreNamedInOneLineAndAnotherSheetIsSuspected() throws {
        let fleet = try Fleet(hosts: 2, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        let said = try ["a.pem", "b.pem", "a.pem", "a.pem"].map { name in
            let rows = fleet.simulator.hosts.map { "\($0.baseURL),\(Fleet.tokens[0]),1,\(name)\n" }
            try work.write("fleet.csv", "base_url,access_token,id,name\n" + rows.joined())
            let flags = FileManager.default.fileExists(atPath: work.file("run")) ? ["--resume"] : []
            let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run"] + flags, in: work.path)
            return run.errors
        }
        let suspicion = "the earlier run knows 0 of 2 rows: is this the input that it had?"
        #expect(said.map { $0.contains(suspicion) } == [false, true, false, false], "\(said)")
        let again = "2 rows have certificates that were edited otherwise since, and are edited again: lines 2, 3\n"
        #expect(said.map { $0.contains(again) } == [false, false, true, false], "\(said)")
    }

    @Test func theSameInputIsNotSuspectedHoweverLittleOfItIsKnown() throws {
        let fleet = try Fleet(hosts: 3, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try killInDoubt(fleet, "--jobs", "1")
        let second = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--resume"], in: work.path)
        #expect(second.status == 0 && !second.errors.contains("is this the input"), "\(second.errors)")
    }

    @Test func aRowInDoubtThatIsNotReachedAgainIsUnknown() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        let work = try killInDoubt(fleet)
        try fleet.simulator.stop()
        for _ in 1...2 {
            let resumed = try BuiltTool.run(
                ["run", "fleet.csv", "--out", "run", "--resume", "--retries", "0"], in: work.path)
            let result = try Records(csv: work.file("run/result.csv"))
            #expect(resumed.status == 2 && result["result.status"] == ["unknown"], "\(resumed.errors)")
            #expect(result["result.error"][0].contains("an earlier run may have made the edit"))
        }
    }

    @Test func rowsOfHostsThatCannotBeReachedAreNotInDoubt() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.silence(at: .certificateUpdate), on: 1)
        let port = try LoopbackSocket.unused().port
        let dead = (1...200).map {
            InputRow(url: "http://127.53.1.\($0):\(port)", id: 1, access: .token(Fleet.tokens[0]))
        }
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(dead + fleet.withoutLogin))
        let flags = ["--out", "run", "--jobs", "4"]
        // The last host of the file is begun when all the others wait for their second try.
        let tool = try RunningTool(["run", "fleet.csv", "--retry-delay", "60s"] + flags, in: work.path)
        RunningTool.poll { fleet.requests(.certificateUpdate) == 1 }
        tool.send(SIGKILL)
        #expect(tool.wait() == -SIGKILL)
        #expect(try Ledger(work.file("run/ledger.jsonl")).rows("sent") == [201])
        fleet.simulator.set(nil, on: 1)
        let second = try BuiltTool.run(
            ["run", "fleet.csv", "--resume", "--retries", "0"] + flags, in: work.path)
        #expect(second.status == 2 && second.errors.contains("line 202: may have been sent before"), "\(second.errors)")
        let statuses = try Records(csv: work.file("run/result.csv"))["result.status"]
        #expect(statuses == Array(repeating: "failed", count: 200) + ["ok"])
    }

    @Test func aRowThatWasNotedAndNeverLeftIsNotInDoubt() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        // After its login the PBX is there no more: its edit is noted at once, and waits for a connection.
        let flags = ["--out", "run", "--rate-per-host", "15/m", "--connect-timeout", "60s", "--timeout", "61s"]
        let tool = try RunningTool(["run", "fleet.csv"] + flags, in: work.path)
        RunningTool.poll { fleet.requests(.getToken) == 1 }
        try fleet.simulator.set(.blackholed, on: 1)
        try RunningTool.poll { try Ledger(work.file("run/ledger.jsonl")).rows("sent") == [1] }
        for _ in 1...2 {
            tool.send(SIGTERM)
            RunningTool.poll { tool.errors.contains("stopping on SIGTERM") }
        }
        #expect(tool.wait() == 143)
        #expect(try Records(csv: work.file("run/result.csv"))["result.status"] == ["not_attempted"])
        try fleet.simulator.set(.open, on: 1)
        let second = try BuiltTool.run(["run", "fleet.csv", "--resume", "--out", "run"], in: work.path)
        #expect(second.status == 0 && !second.errors.contains("may have been sent before"), "\(second.errors)")
    }

    @Test func aRunWhoseLedgerWasEmptiedIsRefused() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        #expect(try BuiltTool.run(["run", "fleet.csv", "--out", "run"], in: work.path).status == 0)
        try work.write("run/ledger.jsonl", "")
        let second = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--resume"], in: work.path)
        #expect(second.status == 64 && second.errors.contains("holds a run without its ledger"), "\(second.errors)")
        #expect(fleet.requests(.certificateUpdate) == 1)
    }

    @Test func aSecondProcessIsKeptOutAndToldWhoIsInside() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.silence(), on: 1)
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let tool = try RunningTool(["run", "fleet.csv", "--out", "run"], in: work.path)
        try RunningTool.poll { try !Ledger(work.file("run/ledger.jsonl")).events.isEmpty }
        let second = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--resume"], in: work.path)
        #expect(
            second.status == 1 && second.errors.contains("process \(tool.process.pid)"),
            "\(second.errors)")
        tool.send(SIGKILL)
        _ = tool.wait()
        fleet.simulator.set(nil, on: 1)
        #expect(try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--resume"], in: work.path).status == 0)
    }

    @Test func aFullDiskBreaksTheRunAndTheRunGoesOnWhenThereIsRoom() throws {
        let fleet = try Fleet(hosts: 30, edits: 2)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let tool = try BuiltTool.path
        let limited = try Shell.run("ulimit -f 8; exec \(tool) run fleet.csv --out run --jobs 4", in: work.path)
        #expect(limited.status == 1 && limited.errors.contains("run/ledger.jsonl"), "\(limited.errors)")
        let done = Set(try Ledger(work.file("run/ledger.jsonl")).rows("done"))
        let before = Dictionary(uniqueKeysWithValues: done.map { ($0, fleet.editsReceived(ofRow: $0)) })
        let second = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--resume"], in: work.path)
        #expect(second.status == 0, "\(second.errors)")
        for (row, count) in before { #expect(fleet.editsReceived(ofRow: row) == count) }
        #expect(try Records(csv: work.file("run/result.csv")).rows.count == 60)
    }
}
