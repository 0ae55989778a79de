import Foundation
import TestSupport
import Testing

/// What becomes of a command whose standard output does not take what it was asked for.
@Suite struct StandardOutputTests {
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

    @Test(arguments: commands)
    func aFullDiskIsAFailureThatIsToldInOneSentence(command: String) throws {
        let (work, tool) = (try Self.folder(), try BuiltTool.path)
        let run = try Shell.run("('\(tool)' \(command) >/dev/full)", in: work.path)
        #expect(run.status == 1)
        #expect(run.errors == "certfleet: error: cannot write to standard output: no space left on device\n")
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
        let process = try BuiltTool.prepare(command.split(separator: " ").map(String.init), in: work.path)
        let (output, errors) = (Pipe(), Pipe())
        try output.fileHandleForReading.close()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 1)
        #expect(errors.fileHandleForReading.availableData.isEmpty)
    }
}
