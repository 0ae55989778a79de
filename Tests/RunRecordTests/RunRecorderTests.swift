import Platform
import Dispatch
import Foundation
import Glibc
import JSONText
import FleetModel
@testable import RunRecord
import TestSupport
import Testing

@Suite struct RunRecorderTests {
    private let work: WorkDirectory
    private let directory: RunDirectory

    init() throws {
        work = try WorkDirectory()
        directory = try RunDirectory(path: work.path, for: .newRun)
    }

    private func lines() throws -> [JSONValue] {
        try work.read("ledger.jsonl").split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
    }

    @Test func ledgerTellsTheRunAndEachRow() throws {
        let recorder = try RunRecorder.make(in: directory, rows: 7)
        let job = Job.make(row: 7)
        try recorder.willSend(job)
        recorder.finished(job, .fine)
        try recorder.drain()
        let lines = try work.read("ledger.jsonl").split(separator: "\n")
        let salt = try #require(try self.lines().first?["salt"]?.text)
        let key = RowKey(job, salt: try #require(RowSalt(salt)))
        #expect(recorder.key(of: job) == key)
        #expect(
            lines == [
                """
                {"event":"run","run_id":"run-1","version":"0.1.0","input":{"path":"fleet.csv",\
                "sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","rows":7},\
                "arguments":["run","fleet.csv"],"salt":"\(salt)","pid":\(getpid()),"at":"2026-11-23T21:00:00.000Z"}
                """,
                """
                {"event":"sent","row":7,"key":"\(key)","host":"\(job.address.host.name)",\
                "port":\(job.address.host.port),"id":\(job.edit.id),"at":"2026-11-23T21:00:00.000Z"}
                """,
                """
                {"event":"done","row":7,"key":"\(key)","status":"ok","errcode":0,"errmsg":"SUCCESS",\
                "http_status":200,"attempts":1,"started_at":"2026-11-23T21:00:00.007Z",\
                "finished_at":"2026-11-23T21:00:01.250Z"}
                """,
            ])
    }

    @Test func secretsAreInNoLine() throws {
        let recorder = try RunRecorder.make(in: directory)
        let secret = Secret("correct horse")
        let edit = CertificateEdit(id: 5, authInfo: [AuthInfo(key: "Password", value: .string(secret))])
        let job = Job.make(credentials: .client(id: "client", secret: secret), edit: edit)
        try recorder.willSend(job)
        recorder.finished(job, .fine)
        try recorder.drain()
        #expect(try !work.read("ledger.jsonl").contains("horse"))
        #expect(try lines().count == 3)
    }

    @Test func ledgerIsItsOwnersOnly() throws {
        _ = try RunRecorder.make(in: directory)
        let attributes = try FileManager.default.attributesOfItem(atPath: work.file("ledger.jsonl"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func everyRowThatMayBeSentIsInTheLedgerBeforeItIs() throws {
        let recorder = try RunRecorder.make(in: directory, rows: 640)
        let missing = Lock<[Int]>([])
        DispatchQueue.concurrentPerform(iterations: 64) { worker in
            for row in worker * 10 + 1...worker * 10 + 10 {
                let isThere = (try? recorder.willSend(.make(row: row))) != nil && isSent(row)
                if !isThere { missing.withLock { $0.append(row) } }
                recorder.finished(.make(row: row), .fine)
            }
        }
        try recorder.drain()
        #expect(missing.withLock { $0 } == [])
        #expect(recorder.tally[.ok] == 640)
        #expect(try lines().count == 1 + 2 * 640)
    }

    @Test func aRowThatIsNotedTwiceIsInTheLedgerOnceAndBeforeItIsSent() throws {
        let recorder = try RunRecorder.make(in: directory, rows: 50)
        for row in 1...50 { recorder.willSend(.make(row: row), replacing: nil) { _ in } }
        for row in 1...50 {
            try recorder.willSend(.make(row: row))
            #expect(isSent(row))
            recorder.finished(.make(row: row), .fine)
        }
        try recorder.drain()
        #expect(recorder.tally[.ok] == 50)
        #expect(try lines().count == 1 + 2 * 50)
    }

    @Test(
        "nobody waits for others to gather once half of them wait, or 32", .timeLimit(.minutes(5)),
        arguments: [1, 2, 3, 4, 9, 63, 100, 10_000])
    func hurry(width: Int) throws {
        let (rows, half) = (90, min(32, (width + 1) / 2))
        let recorder = try RunRecorder(
            directory: directory, run: .make(rows: rows), clock: ManualClock(), width: width, pause: .seconds(3600),
            onFailure: { _ in })
        let slots = DispatchSemaphore(value: half)
        for row in 1...rows {
            slots.wait()
            recorder.willSend(.make(row: row), replacing: nil) { _ in slots.signal() }
        }
        #expect((1...rows - half).allSatisfy(isSent))
        try recorder.drain()
    }

    @Test("whoever is called back finds the row in the ledger, and nobody waits", .timeLimit(.minutes(5)))
    func callBack() throws {
        let recorder = try RunRecorder(
            directory: directory, run: .make(rows: 300), clock: ManualClock(), width: 64, pause: .milliseconds(1),
            onFailure: { _ in })
        let missing = Lock<[Int]>([])
        let group = DispatchGroup()
        for row in 1...300 {
            group.enter()
            recorder.willSend(.make(row: row), replacing: nil) { [self] result in
                let isThere = (try? result.get()) != nil && isSent(row)
                if !isThere { missing.withLock { $0.append(row) } }
                group.leave()
            }
        }
        group.wait()
        #expect(missing.withLock { $0 } == [])
        for row in 1...300 { recorder.finished(.make(row: row), .fine) }
        try recorder.drain()
        #expect(recorder.tally[.ok] == 300)
        #expect(try lines().count == 1 + 2 * 300)
    }

    @Test("a row whose request did not leave is asked for again and noted once", .timeLimit(.minutes(5)))
    func calledBackTwice() throws {
        let recorder = try RunRecorder.make(in: directory, rows: 1)
        let group = DispatchGroup()
        let good = Lock(0)
        for _ in 1...5 {
            group.enter()
            recorder.willSend(.numbered(1), replacing: nil) { result in
                if case .success = result { good.withLock { $0 += 1 } }
                group.leave()
            }
        }
        group.wait()
        #expect(good.withLock { $0 } == 5)
        // An answer that comes when the row is long given up harms nothing.
        recorder.willSend(.numbered(1), replacing: nil) { _ in }
        recorder.finished(.numbered(1), Outcome(status: .notAttempted))
        try recorder.drain()
        #expect(try lines().map { $0["event"]?.text } == ["run", "sent", "done"])
        #expect(try directory.readLedger().standing(of: recorder.key(of: .numbered(1))) != .inDoubt)
    }

    @Test func rowsNotedInVainAreWithdrawn() throws {
        let recorder = try RunRecorder.make(in: directory, rows: 3)
        for row in 1...3 { try recorder.willSend(.numbered(row)) }
        recorder.finished(.numbered(2), Outcome(status: .skipped))
        try recorder.drain()
        let history = try directory.readLedger()
        #expect((1...3).allSatisfy { history.standing(of: recorder.key(of: .numbered($0))) != .inDoubt })
        #expect(recorder.outcomes[1] == nil && recorder.outcomes[2]?.status == .skipped)
        #expect(recorder.tally.rows == 1)
    }

    private func isSent(_ row: Int) -> Bool {
        (try? work.read("ledger.jsonl").contains(#"{"event":"sent","row":\#(row),"#)) ?? false
    }

    @Test("counts add up to the rows whatever becomes of them", arguments: 1...5 as ClosedRange<UInt64>)
    func counts(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let recorder = try RunRecorder.make(in: directory, rows: 300)
        let outcomes = (1...300).map { _ in Outcome.random(using: &generator) }
        for (index, outcome) in outcomes.enumerated() { recorder.finished(.make(row: index + 1), outcome) }
        try recorder.drain()
        for status in RowStatus.allCases {
            #expect(recorder.tally[status] == outcomes.count { $0.status == status })
        }
        #expect(recorder.tally.rows == 300)
        let store = recorder.outcomes
        #expect((1...300).map { store[$0] } == outcomes)
    }

    @Test func requestsAreCountedWithTheirLatency() throws {
        let recorder = try RunRecorder.make(in: directory)
        #expect(recorder.latency == nil)
        DispatchQueue.concurrentPerform(iterations: 100) { index in
            recorder.requestEnded(latency: .milliseconds(index + 1), isRetry: index < 7)
        }
        #expect(recorder.requests == 100)
        #expect(recorder.retries == 7)
        let latency = try #require(recorder.latency)
        #expect(latency.max == .milliseconds(100))
        for (value, milliseconds) in [(latency.p50, 50.0), (latency.p95, 95), (latency.p99, 99)] {
            #expect(abs(value / .milliseconds(1) - milliseconds) <= milliseconds / 1000)
        }
    }

    @Test(
        "latencies out of range count as the nearest in range",
        arguments: [
            (Duration.seconds(-1), Duration.zero), (.zero, .zero), (.seconds(3600), .seconds(600)),
            (.seconds(Int64.max), .seconds(600)),
        ])
    func extremes(latency: Duration, counted: Duration) throws {
        let recorder = try RunRecorder.make(in: directory)
        recorder.requestEnded(latency: latency, isRetry: false)
        #expect(recorder.latency?.max == counted)
        #expect(recorder.latency?.p50 == counted)
    }

    @Test("a row that is sent although it was given up is in doubt")
    func sentTooLate() throws {
        let recorder = try RunRecorder.make(in: directory, rows: 1)
        recorder.finished(.numbered(1), Outcome(status: .unknown, attempts: 1))
        try recorder.willSend(.numbered(1))
        try recorder.drain()
        #expect(try directory.readLedger().standing(of: recorder.key(of: .numbered(1))) == .inDoubt)
    }

    @Test func ledgerThatIsThereIsNotStartedAnew() throws {
        _ = try RunRecorder.make(in: directory)
        let ledger = try work.read("ledger.jsonl")
        let error = #expect(throws: ToolError.self) { try RunRecorder.make(in: directory) }
        #expect(error?.message == "cannot open '\(work.path)/ledger.jsonl': file exists")
        #expect(try work.read("ledger.jsonl") == ledger)
    }

    @Test(
        "a row that an earlier run may have edited is unknown unless this run finds out",
        arguments: [
            (Outcome(status: .skipped, error: "the host was stopped"), RowStatus.unknown),
            (Outcome(status: .failed, errorClass: .connect, error: "refused"), .unknown),
            (Outcome(status: .failed, errorClass: .protocol, error: "HTTP 404", attempts: 1), .unknown),
            (Outcome(status: .notAttempted, errorClass: .runStopped, error: "expired", attempts: 1), .unknown),
            (Outcome(status: .failed, errcode: 10004, errorClass: .auth, error: "refused", attempts: 1), .unknown),
            (Outcome(status: .failed, errcode: -2, errorClass: .api, error: "refused", attempts: 1), .unknown),
            (Outcome(status: .failed, errcode: 40002, errorClass: .api, error: "refused", attempts: 1), .failed),
            (.fine, .ok),
        ])
    func doubt(outcome: Outcome, status: RowStatus) throws {
        var outcomes = OutcomeStore()
        outcomes.adopt(.inDoubt, row: 5)
        let recorder = try RunRecorder.make(in: directory, rows: 2, outcomes)
        #expect(recorder.outcomes[5]?.status == .unknown && recorder.tally.rows == 0)
        recorder.finished(.numbered(5), outcome)
        try recorder.drain()
        #expect(recorder.outcomes[5]?.status == status && recorder.tally[status] == 1)
    }

    @Test func adoptedRowsCountAsFinishedAndAsResumed() throws {
        var outcomes = OutcomeStore()
        outcomes.adopt(.done(.fine), row: 2)
        let recorder = try RunRecorder.make(in: directory, rows: 2, outcomes)
        #expect(recorder.resumed == 1)
        #expect(recorder.tally[.ok] == 1)
        #expect(recorder.outcomes[2] == .fine)
        #expect(try lines().count == 1)
    }
}
