import Foundation
import PBXSimulator
import TestSupport
import Testing

/// The samples, run as they stand but for the port and the times.
@Suite(.sideBySide) struct SamplesTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("samples")

    @Test(arguments: ["csv", "jsonl"])
    func theSampleHasTheResultBesideIt(ending: String) throws {
        let simulator = try Simulator.start(SimulatorSettings(hosts: 3))
        defer { try? simulator.stop() }
        let port = ":\(simulator.hosts[0].port)"
        let work = try WorkDirectory()
        let input = try Self.read("fleet.\(ending)")
        try work.write("fleet.\(ending)", input.replacingOccurrences(of: ":18088", with: port))
        let run = try BuiltTool.run(["run", "fleet.\(ending)", "--out", "run"], in: work.path)
        #expect(run.status == 2, "\(run.errors)")
        let result = try work.read("run/result.\(ending)").replacingOccurrences(of: port, with: ":18088")
        #expect(Self.withoutTimes(result) == (try Self.read("fleet.result.\(ending)")))
    }

    @Test func everySampleIsRunHere() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(
            Set(names) == [
                "fleet.csv", "fleet.jsonl", "fleet.result.csv", "fleet.result.jsonl", "parallel.sh", "slurm.sh",
                "kubernetes.yaml", "ansible.yml", "certfleet.service", "certfleet.timer",
            ])
    }

    private static func read(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }

    private static func withoutTimes(_ text: String) -> String {
        let time = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"
        return [
            (",\(time),\(time),[0-9]+,", ",,,,"), ("_at\":\"\(time)\"", "_at\":null"),
            ("\"duration_ms\":[0-9]+", "\"duration_ms\":null"),
        ].reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1, options: .regularExpression) }
    }
}
