import Platform
import Foundation
import Glibc
import FleetModel
@testable import RunRecord
import TestSupport
import Testing

@Suite struct LedgerTests {
    private let work: WorkDirectory

    init() throws {
        work = try WorkDirectory()
    }

    /// Three rows: done, failed and then done, sent only.
    private func writeRun() throws -> (RowKey, RowKey, RowKey) {
        let directory = try RunDirectory(path: work.path, for: .newRun)
        let recorder = try RunRecorder.make(in: directory, rows: 3)
        let jobs = [5, 6, 7].map(Job.numbered)
        recorder.finished(jobs[0], .fine)
        recorder.finished(jobs[1], Outcome(status: .failed, errcode: 40002, error: "refused", attempts: 1))
        recorder.finished(jobs[1], .fine)
        try recorder.drain()
        try recorder.willSend(jobs[2])
        return (recorder.key(of: jobs[0]), recorder.key(of: jobs[1]), recorder.key(of: jobs[2]))
    }

    private func history() throws -> History {
        try RunDirectory(path: work.path, for: .resumedRun).readLedger()
    }

    @Test func historyHasTheLastOutcomeOfEachRowAndWhatIsInDoubt() throws {
        let (done, mended, sent) = try writeRun()
        let history = try history()
        #expect(history.outcome(of: done) == .fine && history.outcome(of: mended) == .fine)
        #expect([done, mended, sent].map(history.standing) == [.done(.fine), .done(.fine), .inDoubt])
        #expect(history.outcome(of: sent) == nil)
    }

    @Test func everyOutcomeComesBackFromTheLedger() throws {
        var generator = SeededGenerator(seed: 11)
        let recorder = try RunRecorder.make(in: RunDirectory(path: work.path, for: .newRun))
        let outcomes = (1...200).map { _ in Outcome.random(using: &generator) }
        let jobs = (1...200).map(Job.numbered)
        for (job, outcome) in zip(jobs, outcomes) { recorder.finished(job, outcome) }
        try recorder.drain()
        let history = try history()
        #expect(jobs.map { history.outcome(of: recorder.key(of: $0)) } == outcomes)
    }

    @Test func ledgerTornAtAnyByteOfItsLastLineKeepsTheLinesBefore() throws {
        let (done, mended, sent) = try writeRun()
        let whole = Array(try work.read("ledger.jsonl").utf8)
        let lastLine = try #require(whole.dropLast().lastIndex(of: 0x0A)) + 1
        for length in lastLine..<whole.count {
            try work.write("ledger.jsonl", bytes: Array(whole[..<length]))
            let history = try history()
            let standings = [done, mended, sent].map(history.standing)
            #expect(standings == [.done(.fine), .done(.fine), .neverSent], "torn at byte \(length)")
        }
        try work.write("ledger.jsonl", bytes: whole)
        #expect(try history().standing(of: sent) == .inDoubt)
    }

    @Test func ledgerTornAtAnyByteCanBeContinued() throws {
        let (done, _, _) = try writeRun()
        let whole = Array(try work.read("ledger.jsonl").utf8)
        let job = Job.numbered(8)
        for length in stride(from: 0, through: whole.count, by: 7) {
            try work.write("ledger.jsonl", bytes: Array(whole[..<length]))
            let directory = try RunDirectory(path: work.path, for: .resumedRun)
            let earlier = try directory.readLedger()
            let recorder = try RunRecorder(
                directory: directory, run: .make(runID: "run-2"), continuing: earlier, clock: ManualClock(),
                width: 1, onFailure: { _ in })
            recorder.finished(job, .fine)
            try recorder.drain()
            let later = try directory.readLedger()
            #expect(earlier.salt == nil || later.salt == earlier.salt, "torn at byte \(length)")
            #expect(later.outcome(of: recorder.key(of: job)) == .fine)
            #expect(later.outcome(of: done) == earlier.outcome(of: done))
        }
    }

    @Test(
        "a damaged line before the last is an error that names it",
        arguments: [
            ("{", "a key in quotes should be here"), ("[]", "it names no event"),
            (#"{"event":"sent","row":1,"key":"x"}"#, "its 'key' is not readable"),
            (#"{"event":"done","row":1,"key":"00000000000000000000000000000000"}"#, "its 'status' is not readable"),
            (#"{"event":"run"}"#, "its 'run_id' or 'salt' is not readable"),
            (
                #"{"event":"run","run_id":"r","salt":"00000000000000000000000000000000"}"#,
                "its 'salt' is not that of the first run"
            ),
            ("\0\0\0", "this is no value"), ("", "the text ends where a value should be"),
        ])
    func damage(line: String, reason: String) throws {
        _ = try writeRun()
        var lines = try work.read("ledger.jsonl").split(separator: "\n").map(String.init)
        lines.insert(line, at: 2)
        try work.write("ledger.jsonl", lines.joined(separator: "\n") + "\n")
        let error = #expect(throws: ToolError.self) { try history() }
        #expect(error?.kind == .broken)
        #expect(error?.message == "\(work.path)/ledger.jsonl:3: damaged line: \(reason)")
    }

    @Test func damagedLineBeforeATornOneIsAnError() throws {
        _ = try writeRun()
        try work.write("ledger.jsonl", try work.read("ledger.jsonl") + "{\n{")
        #expect(throws: ToolError.self) { try history() }
    }

    @Test func lastLineThatHasItsEndAndCannotBeReadIsTorn() throws {
        let (_, _, sent) = try writeRun()
        try work.write("ledger.jsonl", try work.read("ledger.jsonl") + "\0\0\"}\n")
        #expect(try history().standing(of: sent) == .inDoubt)
    }

    @Test("a run is not continued through a link", arguments: ["ledger.jsonl", "lock"])
    func link(name: String) throws {
        _ = try writeRun()
        try FileManager.default.moveItem(atPath: work.file(name), toPath: work.file("elsewhere"))
        try FileManager.default.createSymbolicLink(atPath: work.file(name), withDestinationPath: "elsewhere")
        let error = #expect(throws: ToolError.self) { try history() }
        #expect(error?.message == "cannot open '\(work.path)/\(name)': too many levels of symbolic links")
    }

    @Test("a pipe in a ledger's place is no ledger, and nobody waits for it", .timeLimit(.minutes(5)))
    func pipe() throws {
        #expect(mkfifo(work.file("ledger.jsonl"), 0o600) == 0)
        let directory = try RunDirectory(path: work.path, for: .resumedRun)
        #expect(throws: ToolError.self) {
            try RunRecorder(
                directory: directory, run: .make(), continuing: try directory.readLedger(), clock: ManualClock(),
                width: 1, onFailure: { _ in })
        }
    }

    @Test func ledgerThatDoesNotBeginWithARunIsDamaged() throws {
        _ = try writeRun()
        let lines = try work.read("ledger.jsonl").split(separator: "\n").dropFirst()
        try work.write("ledger.jsonl", lines.joined(separator: "\n") + "\n")
        let error = #expect(throws: ToolError.self) { try history() }
        #expect(error?.message == "\(work.path)/ledger.jsonl:1: damaged line: no run begins before it")
    }

    @Test(
        "a ledger in which no run begins is as good as none beside a result",
        arguments: [0, 1, 2], ["result.csv", "result.jsonl", "summary.json"])
    func lost(lines: Int, ending: String) throws {
        _ = try writeRun()
        let rows = try work.read("ledger.jsonl").split(separator: "\n").dropFirst()
        try work.write("ledger.jsonl", rows.prefix(lines).map { $0 + "\n" }.joined())
        try work.write(ending, "")
        let error = #expect(throws: ToolError.self) { try history() }
        #expect(error?.kind == .usage)
        #expect(error?.message == "'\(work.path)' holds a run without its ledger, so nobody knows what was sent")
    }

    @Test func eventsOfALaterVersionArePassedOver() throws {
        let (_, _, sent) = try writeRun()
        try work.write("ledger.jsonl", try work.read("ledger.jsonl") + #"{"event":"paused"}"# + "\n")
        #expect(try history().standing(of: sent) == .inDoubt)
    }

    @Test("a killed process leaves a ledger that can be read and continued", arguments: 1...5)
    func killed(round: Int) async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = work.path as String, round = round as Int] in
            let directory = try RunDirectory(path: path, for: .newRun)
            let recorder = try RunRecorder.make(in: directory, rows: 100_000)
            for row in 1...100_000 {
                try recorder.willSend(.numbered(row))
                recorder.finished(.numbered(row), .fine)
                if row == round * 40 { kill(getpid(), SIGKILL) }
            }
        }
        let directory = try RunDirectory(path: work.path, for: .resumedRun)
        let history = try directory.readLedger()
        let salt = try #require(history.salt)
        let keys = (1...round * 40).map { RowKey(.numbered($0), salt: salt) }
        #expect(keys.dropLast().allSatisfy { history.standing(of: $0) == .done(.fine) })
        #expect([.done(.fine), .inDoubt].contains(history.standing(of: keys[keys.count - 1])))
    }
}
