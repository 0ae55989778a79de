import Foundation
import FleetModel
import PBXSimulator
import TestSupport
import Testing

/// The main job, end to end: the built binary against simulated PBXs.
@Suite(.sideBySide) struct MainJobTests {
    private static func simulator(hosts: Int) throws -> Simulator {
        var settings = SimulatorSettings(hosts: hosts)
        settings.certificates = (1...4).map { SimulatedCertificate(id: $0, name: "cert-\($0).crt") }
        return try Simulator.start(settings)
    }

    @Test func aFleetOfFiveHundredIsEditedRowByRow() throws {
        let simulator = try Self.simulator(hosts: 500)
        defer { try? simulator.stop() }
        let work = try WorkDirectory()
        // The rows of a host stand far apart, and every fourth sets all kinds of fields.
        let rows = (1...4).flatMap { id in simulator.hosts.map { (host: $0, id: id) } }
        let lines = rows.map { host, id in
            let edit = id == 4 ? "1,arvancloud,key-\(host.number),600,true,pbx\(host.number).example.com" : "0,,,,,"
            return "\(host.baseURL),\(host.clientID),\(host.clientSecret),\(id),\(edit)\r\n"
        }
        let header =
            "base_url,client_id,client_secret,id,auto_renewal,dns_provider,auth.APIKey,auth.TTL:int,auth.Live:bool,issue_to\r\n"
        try work.write("fleet.csv", header + lines.joined())
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--jobs", "32"], in: work.path)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == "run/result.csv\n")

        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.row"] == (1...2000).map(String.init))
        #expect(result["result.line"] == (2...2001).map(String.init))
        #expect(Set(result["result.status"]) == ["ok"] && Set(result["result.errcode"]) == ["0"])
        #expect(result["base_url"] == rows.map(\.host.baseURL) && result["id"] == rows.map { String($0.id) })
        #expect(Set(result["client_secret"]) == ["***"])
        #expect(Set(result["auth.APIKey"]) == ["", "***"])
        try checkRecord(simulator, rows: rows.map { ($0.host.number, $0.id) }, jobs: 32)
    }

    private func checkRecord(_ simulator: Simulator, rows: [(host: Int, id: Int)], jobs: Int) throws {
        let record = simulator.record
        let edits = record.of(.certificateUpdate)
        let expected = rows.map { host, id in
            let rest =
                id == 4
                ? #""issue_to":"pbx\#(host).example.com","auto_renewal":1,"dns_provider":"arvancloud","auth_info_list":"#
                    + #"[{"k":"APIKey","sv":"key-\#(host)"},{"k":"TTL","iv":600},{"k":"Live","bv":true}]"#
                : #""auto_renewal":0"#
            return "\(host) {\"id\":\(id),\(rest)}"
        }
        #expect(edits.map { "\($0.host) \($0.text)" }.sorted() == expected.sorted())
        #expect(edits.allSatisfy { $0.errcode == 0 })
        for host in simulator.hosts {
            let own = record.on(host.number)
            #expect(own.of(.getToken).count == 1 && own.of(.delToken).count == 1)
            #expect(own.peakConcurrency == 1)
            #expect(own.of(.certificateUpdate).map { $0.text.prefix(7) } == (1...4).map { "{\"id\":\($0)" })
            #expect(simulator.tokenCount(on: host.number) == 0)
        }
        #expect(record.peakConcurrency <= jobs)
    }

    @Test func jsonLinesInAndOutWithRowsThatThePBXRefuses() throws {
        let simulator = try Self.simulator(hosts: 2)
        defer { try? simulator.stop() }
        simulator.set(.errcode(40002, at: .certificateUpdate), on: 2)
        let work = try WorkDirectory()
        let lines = [(0, 1), (0, 99), (1, 1)].map { number, id in
            let host = simulator.hosts[number]
            return
                #"{"base_url":"\#(host.baseURL)","client_id":"\#(host.clientID)","client_secret":"\#(host.clientSecret)","#
                + #""id":\#(id).0,"auto_renewal":false,"site":"no \#(number)"}"#
        }
        try work.write("fleet.jsonl", lines.joined(separator: "\n"))
        let run = try BuiltTool.run(["run", "fleet.jsonl", "--out", "run"], in: work.path)
        #expect(run.status == 2, "\(run.errors)")
        #expect(run.output == "run/result.jsonl\n")
        let result = try Records(jsonLines: work.file("run/result.jsonl"))
        #expect(result["result.status"] == ["ok", "failed", "failed"])
        #expect(result["result.errcode"] == ["0", "60001", "40002"])
        #expect(result["result.error_class"] == ["", "api", "api"])
        #expect(result["site"] == ["no 0", "no 0", "no 1"])
        #expect(try work.read("run/result.jsonl").contains(#""id":99.0"#))
        #expect(run.errors.contains("DATA NOT FOUND") && run.errors.contains("PARAMETER ERROR"))
        #expect(run.errors.split(separator: "\n").allSatisfy { $0.count <= 80 || $0.hasPrefix("certfleet:") })
        try checkSummary(work.file("run/summary.json"))
    }

    private func checkSummary(_ path: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        let summary = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let counts = try #require(summary["counts"] as? [String: Int])
        #expect(Set(counts.keys) == Set(RowStatus.allCases.map(\.rawValue)))
        #expect(counts.values.reduce(0, +) == 3 && counts["ok"] == 1 && counts["failed"] == 2)
        #expect(summary["errcodes"] as? [String: Int] == ["0": 1, "60001": 1, "40002": 1])
        #expect(summary["exit_code"] as? Int == 2)
        // Two logins, three edits, two revokes.
        #expect(summary["requests"] as? Int == 7)
    }

    @Test func fiveBadRowsAreAllNamedAndNothingIsSent() throws {
        let simulator = try Self.simulator(hosts: 1)
        defer { try? simulator.stop() }
        let (url, work) = (simulator.hosts[0].baseURL, try WorkDirectory())
        let rows = [
            "\(url),t,1,0,", "ftp://x,t,1,0,", "\(url),t,one,0,", "\(url),t,2,maybe,", "\(url),t,3,1,", "\(url),t,1,0,",
        ]
        try work.write(
            "fleet.csv", "base_url,access_token,id,auto_renewal,dns_provider\n" + rows.joined(separator: "\n"))
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run"], in: work.path)
        #expect(run.status == 3 && run.output.isEmpty)
        let problems = [
            "fleet.csv:3: column 'base_url'", "fleet.csv:4: column 'id'", "fleet.csv:5: column 'auto_renewal'",
            "fleet.csv:6: column 'dns_provider'", "fleet.csv:7: ",
        ]
        for problem in problems { #expect(run.errors.contains(problem), "\(problem) in \(run.errors)") }
        #expect(simulator.record.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: work.file("run")))
    }

    @Test func invalidRowsAreReportedAndTheOthersRunWhenAskedTo() throws {
        let simulator = try Self.simulator(hosts: 1)
        defer { try? simulator.stop() }
        let (host, work) = (simulator.hosts[0], try WorkDirectory())
        let login = "\(host.baseURL),\(host.clientID),\(host.clientSecret)"
        try work.write("fleet.csv", "base_url,client_id,client_secret,id,auto_renewal\n\(login),x,0\n\(login),2,0\n")
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--skip-invalid"], in: work.path)
        #expect(run.status == 2)
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == ["invalid", "ok"])
        #expect(result["result.error_class"] == ["input", ""])
        #expect(simulator.record.of(.certificateUpdate).count == 1)
    }

    @Test func aThousandHostsAreWorkedOnAtOnce() throws {
        let fleet = try Fleet(hosts: 1000, edits: 1)
        defer { try? fleet.simulator.stop() }
        for host in fleet.simulator.hosts { fleet.simulator.set(.silence(at: .certificateUpdate), on: host.number) }
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(fleet.withoutLogin))
        let tool = try RunningTool(["run", "fleet.csv", "--out", "run", "--timeout", "120s"], in: work.path)
        RunningTool.poll { fleet.simulator.hosts.allSatisfy { fleet.simulator.requests(on: $0.number) == 1 } }
        for _ in 1...2 {
            tool.send(SIGTERM)
            RunningTool.poll { tool.errors.contains("stopping on SIGTERM") }
        }
        #expect(tool.wait() == 143)
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == Array(repeating: "unknown", count: 1000))
        #expect(Set(result["result.attempts"]) == ["1"])
        #expect(fleet.simulator.record.peakConcurrency == 1000)
    }

    @Test func moreJobsThanOpenFilesAllowWaitForEachOther() throws {
        let fleet = try Fleet(hosts: 200, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let tool = try BuiltTool.path
        let run = try Shell.run("ulimit -n 50; exec '\(tool)' run fleet.csv --out run --jobs 512", in: work.path)
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test func aLoginThatFailsIsNotRepeated() throws {
        let simulator = try Self.simulator(hosts: 1)
        defer { try? simulator.stop() }
        let (host, work) = (simulator.hosts[0], try WorkDirectory())
        let rows = (1...4).map { "\(host.baseURL),\(host.clientID),wrong,\($0),0" }
        try work.write("fleet.csv", "base_url,client_id,client_secret,id,auto_renewal\n" + rows.joined(separator: "\n"))
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run"], in: work.path)
        #expect(run.status == 2)
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == ["failed", "skipped", "skipped", "skipped"])
        #expect(result["result.error_class"] == ["auth", "host_stopped", "host_stopped", "host_stopped"])
        #expect(simulator.record.count == 1)
    }
}
