import Foundation
import Glibc
import PBXSimulator
import TestSupport
import Testing

/// What becomes of a command whose standard output does not take what it was asked for.
@Suite(.sideBySide) struct StandardOutputTests {
    private static let commands = [
        "template", "--help", "--version", "check good.csv", "check bad.csv", "check bad.csv --json",
        "run good.csv --dry-run", "simulate --hosts 1 --port 0",
    ]

    private static func folder() throws -> WorkDirectory {
        let work = try WorkDirectory()
        let header = "base_url,access_token,id,auto_renewal\n"
        try work.write("good.csv", header + "http://127.0.0.1:1,t,1,0\n")
        try work.write("bad.csv", header + "http://127.0.0.1:1,t,x,0\nhttp://127.0.0.1:1,t,y,0\n")
        return work
    }

    /// What a check says of an input before it says whether that is valid.
    private static func found(by command: String) -> String {
        guard command == "check good.csv" else { return "" }
        return "certfleet: columns: base_url, access_token, id, auto_renewal\ncertfleet: 1 edit on 1 PBX\n"
    }

    @Test(arguments: commands)
    func aFullDiskIsAFailureThatIsToldInOneSentence(command: String) throws {
        let (work, tool) = (try Self.folder(), try BuiltTool.path)
        let run = try Shell.run("('\(tool)' \(command) >/dev/full)", in: work.path)
        #expect(run.status == 1)
        let error = "certfleet: error: cannot write to standard output: no space left on device\n"
        #expect(run.errors == Self.found(by: command) + error)
    }

    @Test(arguments: [">&-", "2>&-", "<&- >&- 2>&-"])
    func whatIsToldOnAClosedStreamGetsIntoNoFile(closing: String) throws {
        let (work, tool) = (try Self.folder(), try BuiltTool.path)
        let run = try Shell.run("('\(tool)' run good.csv --out run --retries 0 \(closing))", in: work.path)
        #expect(run.status == (closing == "2>&-" ? 2 : 1))
        #expect(try Ledger(work.file("run/ledger.jsonl")).events.count == 2)
        #expect(try Records(csv: work.file("run/result.csv"))["result.error_class"] == ["connect"])
        let lock = try work.read("run/lock")
        #expect(lock.isEmpty)
    }

    @Test(arguments: commands)
    func aReaderThatWentAwayIsAFailureWithoutAWord(command: String) throws {
        let work = try Self.folder()
        let (output, errors) = (Pipe(), Pipe())
        try output.fileHandleForReading.close()
        let process = try BuiltTool.start(
            command.split(separator: " ").map(String.init), output: output.fileHandleForWriting.fileDescriptor,
            errors: errors.fileHandleForWriting.fileDescriptor, in: work.path)
        try errors.fileHandleForWriting.close()
        #expect(process.wait() == 1)
        let said = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
        #expect(said == Self.found(by: command))
    }
}

/// What becomes of a command when nobody takes what it was asked for, and one signal comes.
@Suite(.sideBySide) struct UnreadOutputTests {
    @Test(arguments: [
        "template", "providers", "check good.csv", "check bad.csv", "list hosts.csv", "list hosts.csv --as jsonl",
        "export hosts.csv", "pins hosts.csv", "plan good.csv", "plan good.csv --as text", "run good.csv --out new",
        "run good.csv --dry-run", "undo done --credentials hosts.csv", "undo done --force", "report done --as text",
        "report done", "simulate --hosts 1 --port 0",
    ])
    func lostOutputIsNoSuccess(command: String) throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let (work, host) = (try WorkDirectory(), fleet.simulator.hosts[0])
        try work.write("good.csv", fleet.csv)
        try work.write("bad.csv", fleet.csv.replacing(",1,0", with: ",x,0"))
        try work.write(
            "hosts.csv", "base_url,client_id,client_secret\n\(host.baseURL),\(host.clientID),\(host.clientSecret)\n")
        #expect(try BuiltTool.run(["run", "good.csv", "--out", "done", "--undo"], in: work.path).status == 0)
        let pipe = Pipe()
        let end = pipe.fileHandleForWriting.fileDescriptor
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
        while Glibc.write(end, "x", 1) == 1 {}
        _ = fcntl(end, F_SETFL, 0)
        let process = try BuiltTool.start(command.split(separator: " ").map(String.init), output: end, in: work.path)
        RunningTool.poll { Self.writesToOutput(process.pid) }
        process.send(SIGTERM)
        #expect(process.wait() == 143)
        guard command.hasPrefix("run good.csv --out") else { return }
        #expect(try work.read("new/summary.json").contains("\"exit_code\": 143"))
    }

    /// Whether a thread of a process is just writing to standard output: call 1 of the system, or 64 on ARM.
    private static func writesToOutput(_ process: Int32) -> Bool {
        let folder = "/proc/\(process)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return threads.contains { thread in
            let call = (try? String(contentsOfFile: "\(folder)/\(thread)/syscall", encoding: .utf8)) ?? ""
            return call.hasPrefix("1 0x1 ") || call.hasPrefix("64 0x1 ")
        }
    }
}

/// What is said on standard error when it is to be said in JSON.
@Suite(.sideBySide) struct LogFormatTests {
    /// The objects that stand on standard error, one a line, each with what all have.
    private static func objects(_ errors: String) throws -> [[String: Any]] {
        try errors.split(separator: "\n").map { line in
            let object = try #require(
                try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
            #expect(["time", "level", "message"].allSatisfy { object[$0] is String }, "\(line)")
            return object
        }
    }

    @Test func everyLineOfARunIsAnObject() throws {
        let fleet = try Fleet(hosts: 1, edits: 3)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(fleet.withoutLogin))
        let tool = try RunningTool(
            ["run", "fleet.csv", "--out", "run", "--rate", "1/h", "-v", "--log-format", "json"], in: work.path)
        RunningTool.poll { fleet.requests(.certificateUpdate) == 1 }
        // What is done counts a moment after it stands in the ledger.
        RunningTool.poll {
            tool.send(SIGUSR1)
            return tool.errors.contains("1/3 rows  ok 1")
        }
        tool.send(SIGTERM)
        #expect(tool.wait() == 143)
        let objects = try Self.objects(tool.errors)
        for part in [
            "3 rows on 1 host", "line 2, ", "1/3 rows  ok 1", "stopping on SIGTERM", "ok 0 SUCCESS: 1 row",
            "not_attempted run_stopped: 2 rows", "3 rows, 1 host, 1 request in ",
        ] {
            #expect(objects.contains { ($0["message"] as? String)?.hasPrefix(part) == true }, "\(part)")
        }
        let row = try #require(objects.first { $0["line"] as? Int == 2 })
        #expect(row["row"] as? Int == 1 && row["id"] as? Int == 1 && row["errcode"] as? Int == 0, "\(row)")
        #expect(row["status"] as? String == "ok" && row["attempt"] as? Int == 1 && row["ms"] is Int, "\(row)")
        #expect((row["host"] as? String)?.hasPrefix("127.") == true, "\(row)")
        let progress = try #require(objects.first { $0["done"] as? Int == 1 })
        #expect(progress["rows"] as? Int == 3 && progress["ok"] as? Int == 1, "\(progress)")
    }

    @Test(arguments: [
        ("run bad.csv", 3, ["'x'", "warned", "1 of 2 rows is invalid: nothing was sent"]),
        ("run none.csv", 64, ["cannot open 'none.csv': no such file or directory"]),
        ("run good.csv --jobs 0", 64, ["the value '0' is invalid"]),
        ("run good.csv --fast", 64, ["unknown option '--fast'"]),
        ("run good.csv --insecure --retries 0 --progress always", 2, ["--insecure: ", "failed connect: 1 row"]),
        ("demo --hosts 3 --out demo", 0, ["3 simulated PBXs are up", "as planned, some rows failed"]),
    ])
    func everythingElseIsOneToo(command: String, status: Int32, parts: [String]) throws {
        let work = try WorkDirectory()
        let header = "base_url,access_token,id,auto_renewal,dns_provider,auth.k\n"
        try work.write("good.csv", header + "http://127.0.0.1:1,t,1,0,,\n")
        try work.write(
            "bad.csv", header + "http://127.0.0.1:1,t,x,0,,\nhttp://127.0.0.1:1,t,2,1,warned,v\n")
        let run = try BuiltTool.run(
            command.split(separator: " ").map(String.init), environment: ["CERTFLEET_LOG_FORMAT": "json"],
            in: work.path)
        #expect(run.status == status, "\(run.errors)")
        let messages = try Self.objects(run.errors).compactMap { $0["message"] as? String }
        for part in parts { #expect(messages.contains { $0.contains(part) }, "\(part): \(messages)") }
    }

    @Test func whatIsWrongWithAnInputSaysWhere() throws {
        let work = try WorkDirectory()
        try work.write("bad.csv", "base_url,access_token,id,auto_renewal\n\nhttp://127.0.0.1:1,t,x,0\n")
        let run = try BuiltTool.run(["run", "bad.csv", "--log-format=json"], in: work.path)
        let objects = try Self.objects(run.errors)
        #expect(objects.count == 2 && run.status == 3, "\(run.errors)")
        let problem = try #require(objects.first)
        #expect(problem["file"] as? String == "bad.csv" && problem["line"] as? Int == 3, "\(problem)")
        #expect(problem["row"] as? Int == 1 && problem["column"] as? String == "id", "\(problem)")
        #expect(problem["level"] as? String == "error" && problem["code"] as? String == "id-malformed")
        #expect(objects.last?["hint"] as? String == "mend it")
    }
}
