import Platform
import Foundation
import Glibc
import FleetModel
@testable import RunRecord
import TestSupport
import Testing

/// A limit on the size of a file stands for the full disk; it holds for a whole process, so each test has its own.
@Suite struct FullDiskTests {
    @Test func fullDiskStopsSendingAndKeepsWhatWasDurable() async throws {
        let work = try WorkDirectory()
        await #expect(processExitsWith: .success) { [path = work.path as String] in
            let failures = Lock<[ToolError]>([])
            let recorder = try RunRecorder.make(in: RunDirectory(path: path, for: .newRun), rows: 1000) { error in
                failures.withLock { $0.append(error) }
            }
            limitFileSize(to: 4096)
            var sent = 0
            let error = #expect(throws: ToolError.self) {
                for row in 1...1000 {
                    try recorder.willSend(.numbered(row))
                    sent = row
                    recorder.finished(.numbered(row), .fine)
                }
            }
            recorder.finished(.numbered(1000), .fine)
            #expect(error?.kind == .broken)
            #expect(error?.message == "cannot write '\(path)/ledger.jsonl': file too large")
            #expect(throws: ToolError.self) { try recorder.willSend(.numbered(1000)) }
            let refusals = Lock<[String]>([])
            for row in [1000, 1001] {
                recorder.willSend(.numbered(row), replacing: nil) { result in
                    if case .failure(let error) = result { refusals.withLock { $0.append("\(error)") } }
                }
            }
            #expect(refusals.withLock { $0 } == Array(repeating: error?.description ?? "", count: 2))
            #expect(throws: ToolError.self) { try recorder.drain() }
            #expect(failures.withLock { $0 } == [try #require(error)])
            // Rows that were answered are known, also those that could not be written; only the written ones count.
            #expect((1...sent).allSatisfy { recorder.outcomes[$0] == .fine })
            #expect(recorder.outcomes[1000] == .fine)
            #expect(recorder.tally.rows < sent + 1)
            try "\(recorder.tally.rows)".write(toFile: path + "/durable", atomically: false, encoding: .utf8)
        }
        let durable = try #require(Int(work.read("durable")))
        #expect(durable > 5)
        let history = try RunDirectory(path: work.path, for: .resumedRun).readLedger()
        let salt = try #require(history.salt)
        for row in 1...durable { #expect(history.outcome(of: RowKey(.numbered(row), salt: salt)) == .fine) }
    }

    @Test func ledgerThatCannotTakeItsFirstLineIsAnError() async throws {
        let work = try WorkDirectory()
        await #expect(processExitsWith: .success) { [path = work.path as String] in
            let directory = try RunDirectory(path: path, for: .newRun)
            limitFileSize(to: 100)
            let error = #expect(throws: ToolError.self) { try RunRecorder.make(in: directory) }
            #expect(error?.kind == .broken)
            #expect(error?.message == "cannot write '\(path)/ledger.jsonl': file too large")
            #expect(error?.hint == "raise the limit on the size of a file (ulimit -f)")
        }
    }

    @Test func resultThatDoesNotFitLeavesTheEarlierOne() async throws {
        let work = try WorkDirectory()
        await #expect(processExitsWith: .success) { [path = work.path as String] in
            let directory = try RunDirectory(path: path, for: .newRun)
            let small = EchoedInput(header: ["id"], cells: [["1"]])
            let large = EchoedInput(header: ["id"], cells: (1...1000).map { ["\($0)"] })
            let writer = ResultWriter(outcomes: OutcomeStore(), unattempted: "the run was stopped")
            #expect(writer.write(small, to: directory).failure == nil)
            limitFileSize(to: 4096)
            let (rows, failure) = writer.write(large, to: directory)
            #expect(rows.rows == 1000)
            #expect((failure as? ToolError)?.message == "cannot write '\(path)/result.csv.part': file too large")
        }
        #expect(try work.read("result.csv").split(separator: "\n").count == 2)
        #expect(!FileManager.default.fileExists(atPath: work.file("result.csv.part")))
    }
}

private func limitFileSize(to bytes: UInt) {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
    #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
}
