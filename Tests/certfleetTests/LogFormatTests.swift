import Foundation
import Glibc
import PBXSimulator
import TestSupport
import Testing

/// What a run says on standard error when it is to say it in JSON.
@Suite struct LogFormatTests {
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
            return tool.errors.contains("1/3 ok 1")
        }
        tool.send(SIGTERM)
        #expect(tool.wait() == 143)
        let messages = try tool.errors.split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return try #require(object?["message"] as? String)
        }
        for part in ["3 rows on 1 hosts", "line 2, ", "1/3 ok 1", "stopping on SIGTERM", "3 rows, 1 hosts, 1 requests"]
        {
            #expect(messages.contains { $0.hasPrefix(part) }, "\(part)")
        }
    }
}
