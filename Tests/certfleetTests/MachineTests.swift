import Foundation
import Glibc
import PBXSimulator
import TestSupport
import Testing

/// A machine that has little left, and what the process keeps to itself, with the built binary run by another user.
@Suite(.enabled(if: geteuid() == 0, "only root can become another user"))
struct MachineTests {
    /// A folder of the other user's with the binary and an input in it.
    private static func folder(user: Int) throws -> WorkDirectory {
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv([InputRow(url: "http://127.0.0.1:1", id: 1, access: .token("t"))]))
        let made = try Shell.run("cp '\(try BuiltTool.path)' tool && chown -R \(user) .", in: work.path)
        try #require(made.status == 0, "\(made.errors)")
        return work
    }

    /// Each number of threads with a user of its own, because the limit counts all that a user has.
    @Test(.timeLimit(.minutes(5)), arguments: [1, 2, 3, 4, 5, 6, 8, 10, 12, 16])
    func whereThreadsRunOutARunEndsOrNeverBegins(threads: Int) throws {
        let user = 61_000 + threads
        let work = try Self.folder(user: user)
        let command = "ulimit -u \(threads); exec ./tool run fleet.csv --out run --retries 0"
        let run = try Shell.run("setpriv --reuid=\(user) --clear-groups bash -c '\(command)'", in: work.path)
        if run.status == 1 {
            #expect(run.errors.contains("hint: "), "\(run.errors)")
            #expect(!FileManager.default.fileExists(atPath: work.file("run/ledger.jsonl")))
        } else {
            #expect(run.status == 2 && run.output == "run/result.csv\n", "\(run.status) \(run.errors)")
        }
    }

    @Test func noOtherProcessOfTheUserCanLookAtTheMemory() throws {
        let user = 61_000
        let work = try Self.folder(user: user)
        let script = """
            mkfifo pipe; chown \(user) pipe
            setpriv --reuid=\(user) --clear-groups ./tool check pipe & process=$!
            exec 3>pipe
            stat -c %u /proc/$process/mem /proc/$process/environ
            kill $process; wait
            """
        let looked = try Shell.run("{ \(script); }", in: work.path)
        #expect(looked.output == "0\n0\n", "\(looked.errors)")
    }
}
