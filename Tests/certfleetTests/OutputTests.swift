import Foundation
import PBXSimulator
import TestSupport
import Testing

/// What `-o` may name, with the built binary, and what is said of what was written.
@Suite struct OutputTests {
    private static func hosts(_ simulator: Simulator) -> String {
        "base_url,client_id,client_secret\n"
            + simulator.hosts.map { "\($0.baseURL),\($0.clientID),\($0.clientSecret)\n" }.joined()
    }

    @Test func nothingThatIsThereIsReplacedAndNoPBXIsAsked() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("hosts.csv", Self.hosts(fleet.simulator))
        try work.write("fleet.csv", fleet.csv)
        #expect(try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--undo"], in: work.path).status == 0)
        let set = "mkdir folder; mkfifo fifo; ln -s hosts.csv link; ln -s nowhere dangling; echo x > half.part"
        #expect(try Shell.run(set, in: work.path).status == 0)
        let names = try Set(FileManager.default.contentsOfDirectory(atPath: work.path))
        let (before, undo) = (try work.read("hosts.csv"), try work.read("run/undo.csv"))
        let requests = fleet.simulator.record.count
        let taken = [
            "hosts.csv", "run/undo.csv", "folder", "fifo", "link", "dangling", "half", "", "new/", ".", "/dev/stdout",
            "/dev/null", "no/such/folder",
        ]
        let commands = [
            ["export", "hosts.csv"], ["pins", "hosts.csv"], ["undo", "run", "--credentials", "hosts.csv"],
            ["report", "run"], ["report", "run", "--as", "json"],
        ]
        for (index, name) in taken.enumerated() {
            // Each command meets the first two; the others are met in turn.
            for command in index < 2 ? commands : [commands[index % commands.count]] {
                let tool = try BuiltTool.run(command + ["-o", name], in: work.path)
                #expect(tool.status == 64 && tool.output.isEmpty, "\(command) '\(name)': \(tool.errors)")
                #expect(tool.errors.contains("hint: "), "\(command) '\(name)': \(tool.errors)")
            }
        }
        #expect(try work.read("hosts.csv") == before && work.read("run/undo.csv") == undo)
        #expect(fleet.simulator.record.count == requests)
        #expect(try Set(FileManager.default.contentsOfDirectory(atPath: work.path)) == names)
    }

    @Test func whatWasWrittenIsToldWithTheNextCommand() throws {
        let fleet = try Fleet(hosts: 2, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("hosts.csv", Self.hosts(fleet.simulator))
        try work.write(
            "fleet.csv", fleet.csv.replacing("auto_renewal", with: "name").replacing(",1,0", with: ",1,b.pem"))
        #expect(try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--undo"], in: work.path).status == 0)
        let export = try BuiltTool.run(["export", "hosts.csv", "-o", "sheet.csv"], in: work.path)
        #expect(
            export.errors
                == "certfleet: 2 certificates of 2 PBXs written to 'sheet.csv'; next: certfleet plan sheet.csv --credentials hosts.csv\n"
        )
        let whole = try BuiltTool.run(["export", "hosts.csv", "-o", "whole.csv", "--with-secrets"], in: work.path)
        #expect(whole.errors.hasSuffix("; next: certfleet plan whole.csv\n"), "\(whole.errors)")
        let undo = try BuiltTool.run(
            ["undo", "run", "--credentials", "hosts.csv", "-o", "back.csv"], in: work.path)
        #expect(
            undo.errors
                == "certfleet: 2 rows written to 'back.csv'; next: certfleet run back.csv --credentials hosts.csv\n")
        let quiet = try BuiltTool.run(["export", "hosts.csv", "-o", "third.csv", "-q"], in: work.path)
        #expect(quiet.status == 0 && quiet.errors.isEmpty)
    }

    @Test func httpHasNoKey() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("hosts.csv", Self.hosts(fleet.simulator))
        let pins = try BuiltTool.run(["pins", "hosts.csv", "-o", "pins.csv"], in: work.path)
        #expect(pins.status == 2 && pins.errors.contains("http has no key"), "\(pins.errors)")
        #expect(pins.errors.contains("certfleet: 1 host written to 'pins.csv'; next: certfleet list pins.csv\n"))
        #expect(fleet.simulator.record.isEmpty)
    }

    @Test func textOfAPBXIsNoFormulaAndAMaskIsNoValue() throws {
        let simulator = try Simulator.start(SimulatorSettings(hosts: 1))
        defer { try? simulator.stop() }
        let secret = simulator.hosts[0].clientSecret
        for id in 1...3 {
            simulator.set(
                SimulatedCertificate(
                    id: id, name: id == 1 ? "a \(secret).pem" : "a.pem",
                    issueTo: ["a.example.com", "=HYPERLINK(\"x\")", secret][id - 1],
                    expiration: "=1+1", dnsProvider: id == 2 ? "\t=cmd" : ""), on: 1)
        }
        let work = try WorkDirectory()
        try work.write("hosts.csv", Self.hosts(simulator))
        let export = try BuiltTool.run(["export", "hosts.csv", "-o", "sheet.csv"], in: work.path)
        let reason = "a secret stands in it, a spreadsheet would take it for a formula, or no input can hold it"
        #expect(export.status == 0, "\(export.errors)")
        for (id, column) in [(1, "name"), (2, "dns_provider, issue_to"), (3, "issue_to")] {
            let warning = "certificate \(id): left empty, because \(reason): \(column)"
            #expect(export.errors.contains("\(warning)\n"), "\(export.errors)")
        }
        let rows = try Records(csv: work.file("sheet.csv"))
        #expect(
            rows["name"].prefix(3) == ["", "a.pem", "a.pem"]
                && rows["issue_to"].prefix(3) == ["a.example.com", "", ""])
        #expect(rows["cert.expiration"].prefix(3) == ["'=1+1", "'=1+1", "'=1+1"])
        #expect(rows["cert.dns_provider"].prefix(3) == ["", "' =cmd", ""])
        let list = try BuiltTool.run(["list", "hosts.csv", "--as", "csv"], in: work.path)
        #expect(list.output.contains(",' =cmd,"), "\(list.output)")
    }
}
