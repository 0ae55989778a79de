import Foundation
import Glibc
import PBXSimulator
import TestSupport
import Testing

/// Signals at the moments at which a run waits, with the built binary.
@Suite(.sideBySide) struct SignalTests {
    /// Where a run can be caught waiting.
    enum Moment: String, CaseIterable {
        case connect, backoff, rate
    }

    private static let signals: [(number: Int32, status: Int32, name: String)] = [
        (SIGINT, 130, "SIGINT"), (SIGTERM, 143, "SIGTERM"), (SIGHUP, 129, "SIGHUP"),
        (SIGQUIT, 131, "SIGQUIT"),
    ]

    @Test(arguments: Moment.allCases, Self.signals.indices)
    func theFirstSignalEndsTheRunAndWritesEverything(moment: Moment, which: Int) throws {
        let signal = Self.signals[which]
        let play = try Play(at: moment, connectTimeout: "1s")
        defer { play.end() }
        play.tool.send(signal.number)
        #expect(play.tool.wait() == signal.status, "\(play.tool.errors)")
        let result = try Records(csv: play.work.file("run/result.csv"))
        #expect(result.rows.count == 3)
        #expect(result["result.status"].last == "not_attempted")
        #expect(result["result.error"].last?.contains(signal.name) == true)
        #expect(try play.work.read("run/summary.json").contains(signal.name))
        // Whoever was logged in is logged out, whatever the run waited for.
        for host in play.fleet.simulator.hosts { #expect(play.fleet.simulator.tokenCount(on: host.number) == 0) }
    }

    @Test(.timeLimit(.minutes(5)), arguments: Moment.allCases)
    func theSecondSignalDoesNotWaitForRequestsUnderWay(moment: Moment) throws {
        let play = try Play(at: moment, connectTimeout: "1h", more: ["--timeout", "1h"])
        defer { play.end() }
        // What the first signal leaves under way: a connect that hangs, or the end of the session.
        play.fleet.simulator.set(.silence(at: .delToken), on: 1)
        play.tool.send(SIGINT)
        RunningTool.poll { play.tool.errors.contains("stopping on SIGINT") }
        if moment != .connect { RunningTool.poll { play.fleet.simulator.requests(on: 1) == 3 } }
        play.tool.send(SIGINT)
        #expect(play.tool.wait() == 130, "\(play.tool.errors)")
        let statuses = try Records(csv: play.work.file("run/result.csv"))["result.status"]
        let first = [Moment.connect: "not_attempted", .backoff: "unknown", .rate: "ok"][moment]
        #expect(statuses == [first, "not_attempted", "not_attempted"])
    }

    @Test(.timeLimit(.minutes(5)))
    func anEditUnderWayAtTheSecondSignalIsUnknown() throws {
        let fleet = try Fleet(hosts: 1, edits: 2)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.silence(at: .certificateUpdate), on: 1)
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let tool = try RunningTool(["run", "fleet.csv", "--out", "run", "--timeout", "1h"], in: work.path)
        RunningTool.poll { fleet.simulator.requests(on: 1) == 2 }
        tool.send(SIGTERM)
        RunningTool.poll { tool.errors.contains("stopping on SIGTERM") }
        tool.send(SIGTERM)
        #expect(tool.wait() == 143)
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == ["unknown", "not_attempted"])
        #expect(result["result.attempts"] == ["1", "0"])
        #expect(result["result.error"][0].hasPrefix("the run was cut"))
    }

    @Test func aRowThatTheSignalFindsEditedIsReadBack() throws {
        let fleet = try Fleet(hosts: 1, edits: 2)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.delay(.seconds(2), at: .certificateUpdate), on: 1)
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let tool = try RunningTool(["run", "fleet.csv", "--out", "run", "--verify"], in: work.path)
        RunningTool.poll { fleet.simulator.requests(on: 1) == 3 }
        tool.send(SIGINT)
        #expect(tool.wait() == 130, "\(tool.errors)")
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(
            result["result.status"] == ["ok", "not_attempted"] && result["result.verified"][0] == "yes",
            "\(tool.errors) \(result)")
    }

    @Test func aSignalAfterTheLastRowStopsNothing() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.delay(.seconds(2), at: .delToken), on: 1)
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let tool = try RunningTool(["run", "fleet.csv", "--out", "run"], in: work.path)
        RunningTool.poll { fleet.requests(.delToken) == 1 }
        tool.send(SIGINT)
        #expect(tool.wait() == 0, "\(tool.errors)")
        #expect(try !work.read("run/summary.json").contains("SIGINT"))
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["-v", "--no-color"])
    func aSignalIsObeyedAlthoughNobodyReadsStandardError(flag: String) throws {
        let fleet = try Fleet(hosts: 1, edits: 30)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(fleet.withoutLogin))
        let arguments = ["run", "fleet.csv", "--out", "run", "--rate", "10/m", flag]
        let pipe = Pipe()
        let end = pipe.fileHandleForWriting.fileDescriptor
        let process = try BuiltTool.start(arguments, errors: end, in: work.path)
        RunningTool.poll { fleet.requests(.certificateUpdate) == 1 }
        // Full, so that whatever else is written there waits.
        _ = fcntl(end, F_SETFL, O_NONBLOCK)
        while Glibc.write(end, "x", 1) == 1 {}
        _ = fcntl(end, F_SETFL, 0)
        RunningTool.poll { fleet.requests(.certificateUpdate) == 2 }
        process.send(SIGINT)
        RunningTool.poll { FileManager.default.fileExists(atPath: work.file("run/summary.json")) }
        try pipe.fileHandleForWriting.close()
        _ = pipe.fileHandleForReading.readDataToEndOfFile()
        #expect(process.wait() == 130)
    }

    @Test func aSignalWhileAResumedRunLooksAtWhatWasDoneEndsItAtOnce() throws {
        let work = try WorkDirectory()
        // So many rows that it looks at them for a while before it begins.
        let rows = (1...60_000).map { "http://127.0.0.1:1,t,\($0),0\n" }
        try work.write("fleet.csv", "base_url,access_token,id,auto_renewal\n" + rows.joined())
        let arguments = ["run", "fleet.csv", "--out", "run", "--retries", "0", "--max-host-errors", "1"]
        #expect(try BuiltTool.run(arguments, in: work.path).status == 2)
        let files = ["ledger.jsonl", "result.csv", "summary.json", "report.html"].map { "run/\($0)" }
        let before = try files.map(work.read)
        let tool = try RunningTool(arguments + ["--resume"], in: work.path)
        RunningTool.poll {
            tool.send(SIGUSR1)
            return tool.errors.contains("reading what the run did before\n")
        }
        tool.send(SIGTERM)
        #expect(tool.wait() == 143)
        #expect(tool.errors.hasSuffix("certfleet: error: stopped by SIGTERM: nothing was sent\n"), "\(tool.errors)")
        #expect(try files.map(work.read) == before)
    }

    @Test func usr1PrintsProgressAndTheRunGoesOn() throws {
        let play = try Play(at: .rate, connectTimeout: "1s")
        defer { play.end() }
        play.tool.send(SIGUSR1)
        RunningTool.poll { play.tool.errors.contains("1/3 rows  ok 1") }
        play.tool.send(SIGINT)
        #expect(play.tool.wait() == 130)
    }

    @Test func aHangupThatTheRunWasToldToIgnoreIsIgnored() throws {
        let fleet = try Fleet(hosts: 1, edits: 3)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(fleet.withoutLogin))
        let tool = try RunningTool(
            ["run", "fleet.csv", "--out", "run", "--rate", "1/s"], ignoresHangup: true, in: work.path)
        RunningTool.poll { fleet.requests(.certificateUpdate) == 1 }
        tool.send(SIGHUP)
        #expect(tool.wait() == 0, "\(tool.errors)")
        #expect(try Records(csv: work.file("run/result.csv"))["result.status"] == ["ok", "ok", "ok"])
    }

    @Test(arguments: ["run", "check"], signals.indices)
    func aSignalWhileTheInputIsReadEndsTheCommandAtOnce(command: String, which: Int) throws {
        let signal = Self.signals[which]
        let work = try WorkDirectory()
        let tool = try RunningTool([command, "fleet.csv"], reading: work.file("fleet.csv"), in: work.path)
        tool.send(signal.number)
        #expect(tool.wait() == signal.status)
        let note = command == "run" ? ": nothing was sent" : ""
        #expect(tool.errors == "certfleet: error: stopped by \(signal.name)\(note)\n")
        #expect(
            try Set(FileManager.default.contentsOfDirectory(atPath: work.path)) == ["fleet.csv", "stdout", "stderr"])
    }

    @Test func usr1TellsHowFarTheInputIsRead() throws {
        let work = try WorkDirectory()
        let tool = try RunningTool(["check", "fleet.csv"], reading: work.file("fleet.csv"), in: work.path)
        RunningTool.poll {
            tool.send(SIGUSR1)
            return tool.errors.contains("certfleet: reading 'fleet.csv': 40 bytes\n")
        }
        tool.send(SIGTERM)
        #expect(tool.wait() == 143)
    }

    /// A run of three rows that waits at a moment.
    private struct Play {
        let fleet: Fleet
        let work: WorkDirectory
        let tool: RunningTool

        init(at moment: Moment, connectTimeout: String, more: [String] = []) throws {
            fleet = try Fleet(hosts: 1, edits: 3)
            work = try WorkDirectory()
            try work.write("fleet.csv", fleet.csv)
            let arguments =
                ["run", "fleet.csv", "--out", "run", "--connect-timeout", connectTimeout, "--retries", "5"] + more
            let simulator = fleet.simulator
            switch moment {
            case .connect:
                try simulator.set(.blackholed, on: 1)
                tool = try RunningTool(arguments, in: work.path)
                let work = work
                try RunningTool.poll { try !Ledger(work.file("run/ledger.jsonl")).events.isEmpty }
                usleep(200_000)
            case .backoff:
                simulator.set(.status(503, retryAfter: "60", at: .certificateUpdate), on: 1)
                tool = try RunningTool(arguments, in: work.path)
                RunningTool.poll { simulator.record.of(.certificateUpdate).count == 1 }
                usleep(200_000)
            case .rate:
                // A login and an edit leave at once on another clock than the second edit.
                tool = try RunningTool(arguments + ["--rate-per-host", "1/s", "--rate", "20/m"], in: work.path)
                RunningTool.poll { simulator.record.of(.certificateUpdate).count == 1 }
                usleep(200_000)
            }
        }

        func end() {
            if tool.process.isRunning { tool.send(SIGKILL) }
            try? fleet.simulator.stop()
        }
    }
}
