import Foundation
import PBXSimulator
import TestSupport
import Testing

/// The samples for many machines: whatever runs the parts of a fleet, they come to what one run comes to.
///
/// What needs a program that is not on this machine is left out; `.ci/run` has them all.
@Suite(.sideBySide) struct ManyMachinesTests {
    /// Four machines, each a folder of its own, that only `ssh` is pretended to reach.
    @Test(.enabled(if: Program.isInstalled("parallel") && Program.isInstalled("rsync")))
    func partsRunByGNUParallelAreOneRun() throws {
        let fleet = try DividedFleet()
        defer { try? fleet.fleet.simulator.stop() }
        try fleet.work.write(
            "ssh",
            """
            #!/bin/bash
            while [[ $1 == -l ]]; do shift 2; done
            mkdir -p "${0%/*}/machines/$1" && cd "${0%/*}/machines/$1"
            shift
            if [[ $1 == -- ]]; then shift; fi
            exec sh -c "$*"
            """)
        let sample = try fleet.shell(
            "chmod +x ssh; unset SHELL; PATH=$PWD:$PATH sh '\(fleet.sample("parallel.sh"))' fleet.csv 4 a,b,c,d")
        #expect(sample.status == 2, "\(sample.errors)")
        try fleet.expectPartsToBeTheWhole("part-")
        #expect(FileManager.default.fileExists(atPath: fleet.work.file("report.html")))
        let reports = try ["whole", "part-*"].map { try fleet.shell("certfleet report --as json \($0)").output }
        let results = reports.map { $0.split(separator: "\"results\":").last?.replacing(/"run_id":"[^"]*"/, with: "") }
        #expect(results[0] == results[1] && results[0]?.contains("60001") == true, "\(reports)")
        let machines = try FileManager.default.contentsOfDirectory(atPath: fleet.work.file("machines"))
        #expect(machines.sorted() == ["a", "b", "c", "d"])
    }

    /// Each task of the array, and each once more, as after a time limit.
    @Test func partsRunBySlurmAreOneRunAndAreResumed() throws {
        let fleet = try DividedFleet()
        defer { try? fleet.fleet.simulator.stop() }
        for _ in 1...2 {
            for part in 1...4 {
                let task = "SLURM_ARRAY_TASK_ID=\(part) SLURM_ARRAY_TASK_COUNT=4"
                let sample = try fleet.shell("\(task) bash '\(fleet.sample("slurm.sh"))' fleet.csv")
                #expect([0, 2, 9].contains(sample.status), "\(sample.errors)")
            }
            try fleet.expectPartsToBeTheWhole("part-")
        }
        #expect(fleet.fleet.editsReceived(ofRow: 2) == 2, "the whole run's and the part's, none by resuming")
    }

    /// The command of each pod.
    @Test func partsRunByKubernetesAreOneRunAndAreResumed() throws {
        let fleet = try DividedFleet()
        defer { try? fleet.fleet.simulator.stop() }
        let text = try String(contentsOfFile: fleet.sample("kubernetes.yaml"), encoding: .utf8)
        let command = try #require(text.split(separator: "- |\n").last?.split(separator: "\n          env:").first)
        try fleet.work.write("command.sh", String(command))
        for _ in 1...2 {
            for index in 0...3 {
                let pod = try fleet.shell("JOB_COMPLETION_INDEX=\(index) sh command.sh")
                #expect([0, 2, 9].contains(pod.status), "\(pod.errors)")
            }
            try fleet.expectPartsToBeTheWhole("part-")
        }
    }

    @Test(.enabled(if: Program.isInstalled("kubernetes-validate")))
    func kubernetesKnowsTheSample() throws {
        let fleet = try DividedFleet()
        defer { try? fleet.fleet.simulator.stop() }
        let verdict = try fleet.shell("kubernetes-validate --strict '\(fleet.sample("kubernetes.yaml"))'")
        #expect(verdict.status == 0, "\(verdict.output)\(verdict.errors)")
        let wrong = try fleet.shell(
            """
            sed s/completionMode/completionMood/ '\(fleet.sample("kubernetes.yaml"))' > wrong.yaml
            kubernetes-validate --strict wrong.yaml
            """)
        #expect(wrong.status != 0)
    }

    /// Two hosts that are both this machine.
    @Test(.enabled(if: Program.isInstalled("ansible-playbook")))
    func partsRunByAnsibleAreOneRun() throws {
        let fleet = try DividedFleet()
        defer { try? fleet.fleet.simulator.stop() }
        try fleet.work.write(
            "inventory",
            """
            [certfleet]
            a
            b
            [all:vars]
            ansible_connection=local
            ansible_python_interpreter="{{ ansible_playbook_python }}"

            """)
        let sample = try fleet.shell(
            """
            cp '\(fleet.sample("ansible.yml"))' .
            ansible-playbook -i inventory ansible.yml -e input=fleet.csv -e client_id=x -e client_secret=y \
                -e folder="$PWD/certfleet"
            """)
        #expect(sample.status == 0, "\(sample.output)\(sample.errors)")
        try fleet.expectToBeTheWhole(["results/a.csv", "results/b.csv"])
    }

    @Test(.enabled(if: Program.isInstalled("systemd-analyze")))
    func systemdKnowsTheUnits() throws {
        let fleet = try DividedFleet()
        defer { try? fleet.fleet.simulator.stop() }
        let binary = try BuiltTool.path
        let units = "sed 's,/usr/bin/certfleet,\(binary),' '\(fleet.sample("certfleet.service"))' > certfleet.service"
        let verify = "systemd-analyze verify --man=no ./certfleet.timer"
        let verdict = try fleet.shell("\(units); cp '\(fleet.sample("certfleet.timer"))' .; \(verify)")
        #expect(verdict.status == 0 && !verdict.errors.contains("certfleet"), "\(verdict.errors)")
        let wrong = try fleet.shell("sed -i s/LoadCredential/LoadCredentials/ certfleet.service; \(verify)")
        #expect(wrong.errors.contains("certfleet.service"), "\(wrong.errors)")
    }
}

/// A fleet some of whose rows fail, and what one run of it comes to.
private struct DividedFleet {
    let fleet: Fleet
    let work: WorkDirectory
    private let whole: Records

    init() throws {
        fleet = try Fleet(hosts: 12, edits: 2)
        work = try WorkDirectory()
        // No PBX has a certificate 999.
        let text = fleet.csv.replacing(
            "\(fleet.rows[4].host.clientSecret),1,", with: "\(fleet.rows[4].host.clientSecret),999,")
        try work.write("fleet.csv", text)
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "whole"], in: work.path)
        try #require(run.status == 2, "\(run.errors)")
        whole = try Records(csv: work.file("whole/result.csv"))
    }

    func sample(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("samples/\(name)").path
    }

    /// Runs a command beside the input, with the built tool as `certfleet`.
    func shell(_ command: String) throws -> (status: Int32, output: String, errors: String) {
        let folder = URL(fileURLWithPath: try BuiltTool.path).deletingLastPathComponent().path
        return try Shell.run("{ PATH='\(folder)':$PATH; \(command)\n}", in: work.path)
    }

    /// The parts' run directories are those whose names begin so; a part to which no PBX falls has none.
    func expectPartsToBeTheWhole(_ prefix: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: work.path).filter { $0.hasPrefix(prefix) }
        #expect(names.count > 1)
        try expectToBeTheWhole(names.map { "\($0)/result.csv" })
    }

    func expectToBeTheWhole(_ results: [String]) throws {
        let parts = try results.flatMap { try Records(csv: work.file($0)).rows }
        let sorted = parts.sorted { Int($0["result.row"] ?? "") ?? 0 < Int($1["result.row"] ?? "") ?? 0 }
        #expect(sorted.map(told) == whole.rows.map(told))
    }

    /// What is the same however often a row is run.
    private func told(_ row: [String: String]) -> [String] {
        ["base_url", "id", "row", "line", "status", "errcode", "error_class", "error"].map {
            row[$0] ?? row["result.\($0)"] ?? "no such column"
        }
    }
}

/// What the machine has.
private enum Program {
    static func isInstalled(_ name: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
        }
    }
}
