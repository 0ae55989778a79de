import Platform
import Foundation
import Glibc
import FleetModel
@testable import RunRecord
import TestSupport
import Testing

@Suite struct RunDirectoryTests {
    private let work: WorkDirectory

    init() throws {
        work = try WorkDirectory()
    }

    @Test func newDirectoryIsCreatedAndLosesItsFinalSlash() throws {
        let directory = try RunDirectory(path: work.file("out//"), for: .newRun)
        #expect(directory.path == work.file("out"))
        #expect(FileManager.default.fileExists(atPath: work.file("out")))
        #expect(directory.file("x") == work.file("out/x"))
    }

    @Test func directoryThatIsThereWithOtherFilesIsUsed() throws {
        try work.write("notes.txt", "mine")
        _ = try RunDirectory(path: work.path, for: .newRun)
    }

    @Test(
        "a directory that holds a run is refused",
        arguments: ["ledger.jsonl", "result.csv", "result.jsonl", "summary.json", "undo.csv"])
    func holdsRun(file: String) throws {
        try work.write(file, "")
        let error = #expect(throws: ToolError.self) { try RunDirectory(path: work.path, for: .newRun) }
        #expect(error?.kind == .usage)
        #expect(error?.message == "'\(work.path)' already holds a run")
        #expect(error?.hint == "choose another directory with --out, or continue that run with --resume")
    }

    @Test func directoryWithoutARunCannotBeResumed() throws {
        let error = #expect(throws: ToolError.self) { try RunDirectory(path: work.path, for: .resumedRun) }
        #expect(error?.kind == .usage)
        #expect(error?.message == "'\(work.path)' holds no run to continue")
    }

    @Test(arguments: ["result.csv", "result.jsonl", "summary.json", "undo.csv"])
    func runThatLostItsLedgerCannotBeResumed(file: String) throws {
        _ = try RunDirectory(path: work.path, for: .newRun)
        try work.write(file, "")
        let error = #expect(throws: ToolError.self) { try RunDirectory(path: work.path, for: .resumedRun) }
        #expect(error?.kind == .usage)
        #expect(error?.message == "'\(work.path)' holds a run without its ledger, so nobody knows what was sent")
    }

    @Test func runThatWasKilledBeforeItsFirstLineCanBeResumed() throws {
        _ = try RunDirectory(path: work.path, for: .newRun)
        let directory = try RunDirectory(path: work.path, for: .resumedRun)
        #expect(try directory.readLedger().salt == nil)
    }

    @Test func fileInPlaceOfTheDirectoryIsRefused() throws {
        let path = try work.write("out", "a file")
        let error = #expect(throws: ToolError.self) { try RunDirectory(path: path, for: .newRun) }
        #expect(error?.kind == .usage)
        #expect(error?.message == "'\(path)' is not a directory")
    }

    @Test func missingParentIsNamedWithWhatToDo() throws {
        let path = work.file("no/such/out")
        let error = #expect(throws: ToolError.self) { try RunDirectory(path: path, for: .newRun) }
        #expect(error?.kind == .broken)
        #expect(error?.message == "cannot create '\(path)': no such file or directory")
        #expect(error?.hint == "create the directory above it, or choose another one with --out")
    }

    @Test func directoryInUseNamesTheOtherProcess() async throws {
        let directory = try RunDirectory(path: work.path, for: .newRun)
        await #expect(processExitsWith: .success) { [path = work.path as String, pid = getpid() as Int32] in
            let error = #expect(throws: ToolError.self) { try RunDirectory(path: path, for: .resumedRun) }
            #expect(error?.kind == .broken)
            #expect(error?.message == "'\(path)' is in use by process \(pid)")
            #expect(error?.hint == "wait until it has ended, or choose another directory with --out")
        }
        withExtendedLifetime(directory) {}
    }

    @Test func lockStaysWhileTheOwnRunIsRead() async throws {
        let directory = try RunDirectory(path: work.path, for: .newRun)
        let recorder = try RunRecorder.make(in: directory)
        try recorder.willSend(.numbered(1))
        #expect(try RecordedRun(of: directory).state == .underWay)
        await #expect(processExitsWith: .success) { [path = work.path as String] in
            let error = #expect(throws: ToolError.self) { try RunDirectory(path: path, for: .resumedRun) }
            #expect(error?.message.contains("is in use by process") == true)
        }
        withExtendedLifetime(directory) {}
    }

    @Test func lockEndsWithTheProcessThatHeldIt() async throws {
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = work.path as String] in
            let directory = try RunDirectory(path: path, for: .newRun)
            withExtendedLifetime(directory) { _ = kill(getpid(), SIGKILL) }
        }
        _ = try RunDirectory(path: work.path, for: .resumedRun)
    }

    @Test func lockEndsWithTheValue() async throws {
        do { _ = try RunDirectory(path: work.path, for: .newRun) }
        await #expect(processExitsWith: .success) { [path = work.path as String] in
            _ = try RunDirectory(path: path, for: .resumedRun)
        }
    }

    @Test func emptyLedgerWithoutAResultCanBeResumed() throws {
        _ = try RunDirectory(path: work.path, for: .newRun)
        try work.write("ledger.jsonl", "")
        #expect(try RunDirectory(path: work.path, for: .resumedRun).readLedger().salt == nil)
    }

    @Test func directoryThatIsMissingCannotBeResumed() throws {
        let error = #expect(throws: ToolError.self) { try RunDirectory(path: work.file("none"), for: .resumedRun) }
        #expect(error?.kind == .usage)
        #expect(error?.message == "'\(work.path)/none' holds no run to continue")
    }

    @Test func runWhoseDirectoryIsMovedGoesOnThere() throws {
        let directory = try RunDirectory(path: work.file("run"), for: .newRun)
        let recorder = try RunRecorder.make(in: directory)
        try recorder.willSend(.numbered(1))
        try FileManager.default.moveItem(atPath: work.file("run"), toPath: work.file("moved"))
        recorder.finished(.numbered(1), .fine)
        try recorder.drain()
        let input = EchoedInput(header: ["id"], cells: [["1"]])
        #expect(ResultWriter(outcomes: recorder.outcomes, unattempted: "").write(input, to: directory).failure == nil)
        #expect(directory.file("result.csv") == work.file("moved/result.csv"))
        #expect(try work.read("moved/result.csv").contains("\n1,1,2,ok,0,"))
        #expect(try directory.readLedger().standing(of: recorder.key(of: .numbered(1))) == .done(.fine))
        #expect(!FileManager.default.fileExists(atPath: work.file("run")))
    }
}
