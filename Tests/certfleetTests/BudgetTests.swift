import Foundation
import PBXSimulator
import TestSupport
import Testing

/// What ends a run before its rows do, with the built binary.
@Suite(.sideBySide) struct BudgetTests {
    @Test func soManyRowsThatWentWrongHaltTheRun() throws {
        let fleet = try Fleet(hosts: 1, edits: 6)
        defer { try? fleet.simulator.stop() }
        let edit = Endpoint.certificateUpdate
        // A row that is unknown counts like one that failed.
        fleet.simulator.set([.errcode(40002, at: edit, times: 1), .garbage(at: edit, times: 1)], on: 1)
        let run = try FinishedRun(fleet.logins, "--halt-after", "2")
        #expect(run.statuses == ["failed", "unknown"] + Array(repeating: "not_attempted", count: 4))
        #expect(Set(run.classes.suffix(4)) == ["run_stopped"] && Set(run.attempts.suffix(4)) == ["0"])
        #expect(run.sentences.suffix(4).allSatisfy { $0.contains("--halt-after") })
        let row = "the last one row 2 (line 3) on \(fleet.simulator.hosts[0].baseURL.dropFirst("http://".count))"
        #expect(run.status == 4 && run.stoppedBy == "halt-after" && run.errors.contains(row), "\(run.errors)")
        #expect(fleet.requests(edit) == 2 && fleet.simulator.tokenCount(on: 1) == 0)
    }

    @Test func aPercentageCountsFromTenRowsOn() throws {
        let fleet = try Fleet(hosts: 1, edits: 14)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.errcode(40002, at: .certificateUpdate, times: 2), on: 1)
        let run = try FinishedRun(fleet.logins, "--halt-after", "20%")
        let expected = [("failed", 2), ("ok", 8), ("not_attempted", 4)]
        #expect(run.statuses == expected.flatMap { Array(repeating: $0, count: $1) })
        #expect(run.status == 4 && fleet.requests(.certificateUpdate) == 10)
    }

    @Test func aRunWithinItsBudgetGoesToItsEnd() throws {
        let fleet = try Fleet(hosts: 1, edits: 12)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.errcode(40002, at: .certificateUpdate, times: 2), on: 1)
        for budget in ["3", "21%"] {
            let run = try FinishedRun(fleet.logins, "--halt-after", budget)
            #expect(!run.statuses.contains("not_attempted") && run.stoppedBy == nil, "\(budget)")
        }
    }

    @Test func aCanaryThatIsNotOkKeepsTheOtherHostsUntouched() throws {
        let fleet = try Fleet(hosts: 4, edits: 2)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.errcode(60001, at: .certificateUpdate), on: 2)
        let run = try FinishedRun(fleet.logins, "--canary", "2", "--jobs", "4")
        #expect(run.statuses[1] == "failed")
        #expect([2, 3, 5, 6, 7].allSatisfy { run.statuses[$0] == "not_attempted" }, "\(run.statuses)")
        #expect(run.sentences[2].contains("--canary"))
        #expect(run.status == 4 && run.stoppedBy == "canary")
        #expect(run.errors.contains("row 2 (line 3) on ") && !run.errors.contains("passed"), "\(run.errors)")
        for host in [3, 4] { #expect(fleet.simulator.connections(on: host) == 0) }
        for host in [1, 2] { #expect(fleet.simulator.tokenCount(on: host) == 0) }
    }

    @Test(arguments: [1, 2, 9])
    func theOthersFollowWhenTheCanariesAreThrough(canaries: Int) throws {
        let fleet = try Fleet(hosts: 4, edits: 2)
        defer { try? fleet.simulator.stop() }
        // What fails after the canaries is no reason to stop.
        if canaries < 4 { fleet.simulator.set(.errcode(60001, at: .certificateUpdate), on: 4) }
        let run = try FinishedRun(fleet.logins, "--canary", "\(canaries)")
        #expect(run.status == (canaries < 4 ? 2 : 0) && run.stoppedBy == nil)
        #expect(!run.statuses.contains("not_attempted"))
        let hosts = canaries == 1 ? "host" : "\(min(canaries, 4)) hosts"
        let passed = "the canary passed: every row tried on the first \(hosts) was ok\n"
        #expect(run.errors.contains(passed), "\(run.errors)")
        let record = fleet.simulator.record
        let (first, others) = (record.filter { $0.host <= canaries }, record.filter { $0.host > canaries })
        let (end, start) = (first.map(\.ended).max(), others.map(\.started).min())
        #expect(canaries < 4 ? try #require(end) <= #require(start) : start == nil)
    }

    @Test(arguments: ["--halt-after", "--canary"])
    func aRunThatWasStoppedGoesOnWithResume(flag: String) throws {
        let fleet = try Fleet(hosts: 3, edits: 2)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.errcode(40002, at: .certificateUpdate, times: 1), on: 1)
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let arguments = ["run", "fleet.csv", "--out", "run", flag, "1", "--jobs", "1"]
        #expect(try BuiltTool.run(arguments, in: work.path).status == 4)
        #expect(fleet.requests(.certificateUpdate) == 1)
        let second = try BuiltTool.run(arguments + ["--resume"], in: work.path)
        #expect(second.status == 0, "\(second.errors)")
        #expect(Set(try Records(csv: work.file("run/result.csv"))["result.status"]) == ["ok"])
        #expect((1...6).map { fleet.editsReceived(ofRow: $0) } == [2, 1, 1, 1, 1, 1])
    }

    @Test(arguments: [
        ["--halt-after", "0"], ["--halt-after", "101%"], ["--halt-after", "few"], ["--canary", "0"],
        ["--max-duration", "2"], ["--window-end", "25:00"], ["--window-end", "noon"],
    ])
    func aBudgetWithoutSenseIsRefused(flags: [String]) throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv([InputRow(url: "http://127.0.0.1:1", id: 1, access: .token("t"))]))
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run"] + flags, in: work.path)
        #expect(run.status == 64 && run.errors.contains(flags[0]) && run.errors.contains(flags[1]), "\(run.errors)")
    }

    @Test(arguments: ["--max-duration", "--window-end"])
    func aWindowEndsTheRunWithNothingUnderWay(flag: String) throws {
        let fleet = try Fleet(hosts: 1, edits: 5)
        defer { try? fleet.simulator.stop() }
        // The first row is refused, so that another exit code would hold too; the next one takes all the time it may.
        fleet.simulator.set(
            [.errcode(40002, at: .certificateUpdate, times: 1), .silence(at: .certificateUpdate)], on: 1)
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let end = formatter.string(from: Date(timeIntervalSinceNow: 16))
        let run = try FinishedRun(
            fleet.logins, flag, flag == "--max-duration" ? "16s" : end, "--timeout", "8s", "--retry-delay", "1ms")
        #expect(run.status == 10 && run.stoppedBy == "window" && run.errors.contains("window"), "\(run.errors)")
        #expect(run.statuses == ["failed", "unknown"] + Array(repeating: "not_attempted", count: 3))
        #expect(Set(run.classes.suffix(3)) == ["run_stopped"] && run.sentences[4].contains("window"))
        // When the second edit has used up its time, less than that is left: it is not sent again.
        #expect(run.attempts == ["1", "1", "0", "0", "0"] && fleet.requests(.certificateUpdate) == 2)
        // Nor is the request that would end the session.
        #expect(fleet.requests(.delToken) == 0)
        // Every request came to its end, that of the server or that of its time.
        #expect(fleet.simulator.requests(on: 1) == fleet.simulator.record.count)
        let times = run.result["result.duration_ms"].compactMap { Int($0) }
        #expect(times.count == 2 && times[1] >= 7990, "\(times)")
    }

    /// The calendar goes on while the machine sleeps, or is set on or back; the run's own clock does not.
    @Test(
        .enabled(if: (try? Shell.run("cc --version", in: "/tmp").status) == 0), .timeLimit(.minutes(5)),
        arguments: [3600, -3600])
    func aCalendarThatIsSetEndsTheWindowSoonerAndNeverLaterAndMeasuresNothing(seconds: Int) throws {
        let fleet = try Fleet(hosts: 1, edits: 60)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(fleet.withoutLogin))
        try work.write("calendar.c", Self.calendar)
        let made = try Shell.run("cc -shared -fPIC calendar.c -o calendar.so", in: work.path)
        try #require(made.status == 0, "\(made.errors)")
        let set = { (seconds: Int) in _ = try work.write("seconds", bytes: withUnsafeBytes(of: seconds, Array.init)) }
        try set(0)
        // Set on, it ends long before its time; set back, at its time.
        let end = Date(timeIntervalSinceNow: seconds > 0 ? 600 : 14).formatted(.iso8601)
        let tool = try RunningTool(
            ["run", "fleet.csv", "--out", "run", "--window-end", end, "--timeout", "3s", "--rate", "1/s"],
            environment: ["LD_PRELOAD": work.file("calendar.so"), "CALENDAR": work.file("seconds")], in: work.path)
        RunningTool.poll { fleet.requests(.certificateUpdate) == 1 }
        try set(seconds)
        #expect(tool.wait() == 10, "\(tool.errors)")
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"].first == "ok" && result["result.status"].last == "not_attempted")
        #expect(result["result.duration_ms"].allSatisfy { (Int($0) ?? 0) < 60_000 })
        let time = try Regex(#"60 rows, 1 host, \d+ requests? in (\d+ms|\d\d?s)\n"#)
        #expect(tool.errors.contains(time), "\(tool.errors)")
    }

    /// A library that sets the calendar's clock alone, by the seconds in the file that `CALENDAR` names.
    private static let calendar = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <time.h>
        #include <unistd.h>
        int clock_gettime(clockid_t clock, struct timespec *time) {
          int code = syscall(SYS_clock_gettime, clock, time), file;
          long seconds = 0;
          if (clock != CLOCK_REALTIME) return code;
          file = open(getenv("CALENDAR"), O_RDONLY | O_CLOEXEC);
          if (read(file, &seconds, sizeof seconds) == sizeof seconds) time->tv_sec += seconds;
          close(file);
          return code;
        }
        """

    @Test func aWindowShorterThanOneRequestIsRefused() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let windows = [
            ["--max-duration", "29s"], ["--max-duration", "5s", "--timeout", "6s"],
            ["--max-duration", "1s", "--window-end", "2020-01-01T00:00:00+02:00"],
        ]
        for window in windows {
            let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run"] + window, in: work.path)
            #expect(run.status == 64 && run.errors.contains("shorter than --timeout"), "\(window): \(run.errors)")
        }
        #expect(fleet.simulator.connections(on: 1) == 0)
        #expect(!FileManager.default.fileExists(atPath: work.file("run")))
    }

    @Test(arguments: [
        ["--window-end", "2020-01-01T00:00:00Z"],
        ["--max-duration", "1h", "--window-end", "2020-01-01T00:00:00+02:00"],
    ])
    func aWindowThatIsOverSendsNothing(window: [String]) throws {
        let fleet = try Fleet(hosts: 2, edits: 2)
        defer { try? fleet.simulator.stop() }
        let run = try FinishedRun(fleet.logins, window)
        #expect(run.status == 10 && run.stoppedBy == "window", "\(run.errors)")
        #expect(run.statuses == Array(repeating: "not_attempted", count: 4) && run.requests == 0)
        #expect(fleet.simulator.record.isEmpty)
    }

    /// Hours from now, in a zone of the run's own, because the time is local.
    @Test(arguments: [(3, 0), (9, 0), (15, 64), (21, 64), (-1, 64)])
    func aTimeOfDayIsTheNextOneToComeUnlessThatIsFarAway(hours: Int, status: Int32) throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv([InputRow(url: "http://127.0.0.1:1", id: 1, access: .token("t"))]))
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 3 * 3600)
        formatter.dateFormat = "HH:mm"
        let end = formatter.string(from: Date(timeIntervalSinceNow: Double(hours) * 3600))
        let run = try BuiltTool.run(
            ["run", "fleet.csv", "--dry-run", "--window-end", end], environment: ["TZ": "MSK-3"], in: work.path)
        #expect(run.status == status, "\(run.errors)")
        let advice = try Regex("hint: if it is meant, write --window-end 20..-..-..T\(end):00\\+03:00\n")
        #expect(run.errors.contains(advice) == (status == 64), "\(run.errors)")
    }

    @Test(arguments: ["fleet.csv/run", "missing/folder/run"])
    func aRunDirectoryThatCannotBeWrittenBreaksTheToolAndSendsNothing(directory: String) throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", directory], in: work.path)
        #expect(run.status == 1 && run.errors.contains("'\(directory)"), "\(run.errors)")
        #expect(fleet.simulator.connections(on: 1) == 0)
        #expect(try work.read("fleet.csv") == fleet.csv)
    }
}
