import Foundation
import PBXSimulator
import TestSupport
import Testing

/// `plan`, `list` and `export`, with the built binary.
@Suite struct PlanTests {
    private static let secret = "old-dns-secret-value"

    private static func simulator(hosts: Int) throws -> Simulator {
        var settings = SimulatorSettings(hosts: hosts)
        settings.certificates = [
            SimulatedCertificate(
                id: 1, name: "one.pem", issueTo: "one.example.com", expiration: "2031-05-01 10:00:00",
                autoRenewal: true, dnsProvider: "arvancloud",
                authInfo: [SimulatedAuthInfo(key: "APIKey", value: .string(secret))]),
            SimulatedCertificate(id: 2, name: "two.pem", expiration: "2030-05-01 10:00:00"),
            SimulatedCertificate(id: 3, purpose: .trusted, name: "root.pem", expiration: "2040-05-01 10:00:00"),
        ]
        return try Simulator.start(settings)
    }

    private static func hosts(_ simulator: Simulator) -> String {
        "base_url,client_id,client_secret,site\n"
            + simulator.hosts.map { "\($0.baseURL),\($0.clientID),\($0.clientSecret),s\($0.number)\n" }.joined()
    }

    private static func sheet(_ simulator: Simulator, _ edits: [String]) -> String {
        "base_url,client_id,client_secret,id,name,auto_renewal,dns_provider,auth.APIKey\n"
            + simulator.hosts.flatMap { host in
                edits.map { "\(host.baseURL),\(host.clientID),\(host.clientSecret),\($0)\n" }
            }.joined()
    }

    @Test func aPlanNamesWhatWouldChangeAndSendsNoEdit() throws {
        let simulator = try Self.simulator(hosts: 2)
        defer { try? simulator.stop() }
        let work = try WorkDirectory()
        let edits = ["1,,1,arvancloud,new-dns-secret-value", "2,two.pem,0,,", "9,x.pem,,,", "3,,0,,"]
        try work.write("fleet.csv", Self.sheet(simulator, edits))
        let plan = try BuiltTool.run(["plan", "fleet.csv"], in: work.path)
        #expect(plan.status == 2)
        try work.write("plan.csv", plan.output)
        let rows = try Records(csv: work.file("plan.csv"))
        let expected = ["change", "none", "error", "change"]
        #expect(rows["plan.action"] == expected + expected, "\(plan.output)")
        #expect(rows["plan.changes"][0] == "auth.APIKey: *** -> ***" && rows["plan.changes"][1].isEmpty)
        #expect(rows["plan.changes"][3] == "auto_renewal: (unknown) -> 0")
        #expect(rows["plan.expiration"][0] == "2031-05-01 10:00:00")
        #expect(rows["plan.error"][2].hasSuffix("there is no certificate with this id"))
        #expect(plan.errors.contains("line 5, 127.1.0.1") && plan.errors.contains("a trusted certificate has no"))
        #expect(plan.errors.hasSuffix("certfleet: 4 to change, 2 unchanged, 2 cannot be read\n"), "\(plan.errors)")
        for secret in [Self.secret, "new-dns-secret-value", simulator.hosts[0].clientSecret] {
            #expect(!plan.output.contains(secret) && !plan.errors.contains(secret))
        }
        for host in 1...2 {
            let calls = simulator.record.on(host).compactMap { Endpoint(rawValue: $0.call) }
            #expect(calls == [.getToken, .certificateQuery, .certificateGet, .delToken], "\(calls)")
        }
    }

    @Test func whatAPBXTellsOfItsSecretsIsMaskedInWhateverItSays() throws {
        let simulator = try Self.simulator(hosts: 1)
        defer { try? simulator.stop() }
        let client = simulator.hosts[0].clientSecret
        simulator.set(
            SimulatedCertificate(
                id: 1, name: "\(Self.secret).pem", issueTo: Self.secret, expiration: Self.secret, autoRenewal: true,
                dnsProvider: "arvancloud", authInfo: [SimulatedAuthInfo(key: client, value: .string(Self.secret))]),
            on: 1)
        simulator.set(
            [.answer(body: #"{"errcode":40002,"errmsg":"\#(Self.secret)"}"#, at: .certificateUpdate)], on: 1)
        let work = try WorkDirectory()
        try work.write("fleet.csv", Self.sheet(simulator, ["1,,1,arvancloud,new-dns-secret-value"]))
        try work.write("hosts.csv", Self.hosts(simulator))
        var texts: [String] = []
        for format in ["csv", "jsonl", "text"] {
            for command in [["plan", "fleet.csv"], ["list", "hosts.csv"]] {
                let answer = try BuiltTool.run(command + ["--as", format], in: work.path)
                texts += [answer.output, answer.errors]
            }
        }
        #expect(texts[0].contains("auth.***: *** -> (none)"), "\(texts[0])")
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--verify"], in: work.path)
        texts += [run.output, run.errors]
        for file in ["result.csv", "ledger.jsonl", "report.html"] {
            texts.append(try String(contentsOfFile: work.file("run/\(file)"), encoding: .utf8))
        }
        for text in texts { #expect(!text.contains(Self.secret) && !text.contains(client), "\(text.prefix(2000))") }
    }

    @Test func aPlanForPeopleIsGroupedByPBXAndEndsWithTheTotals() throws {
        let simulator = try Self.simulator(hosts: 2)
        defer { try? simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", Self.sheet(simulator, ["1,,0,,", "2,two.pem,0,,"]))
        let plan = try BuiltTool.run(["plan", "fleet.csv", "--as", "text"], in: work.path)
        let (first, second) = (simulator.hosts[0], simulator.hosts[1])
        #expect(
            plan.lines == [
                "\(first.address):\(first.port)",
                "  certificate 1, one.pem, expires 2031-05-01 10:00:00 (line 2)", "    ~ auto_renewal 1 → 0",
                "  certificate 2, two.pem, expires 2030-05-01 10:00:00 (line 3)", "    = nothing changes",
                "\(second.address):\(second.port)",
                "  certificate 1, one.pem, expires 2031-05-01 10:00:00 (line 4)", "    ~ auto_renewal 1 → 0",
                "  certificate 2, two.pem, expires 2030-05-01 10:00:00 (line 5)", "    = nothing changes",
                "Plan: 2 to change, 2 unchanged, 0 cannot be read",
            ])
        let json = try BuiltTool.run(["plan", "fleet.csv", "--as", "jsonl"], in: work.path)
        let object = try JSONSerialization.jsonObject(with: Data((json.lines.first ?? "").utf8)) as? [String: Any]
        let fields = try #require(object?["plan"] as? [String: Any])
        #expect(fields["action"] as? String == "change" && fields["changes"] as? String == "auto_renewal: 1 -> 0")
        #expect(object?["id"] as? String == "1" && object?["client_secret"] as? String == "***")
    }

    @Test func aPlanOfWhatIsThereAlreadyExitsWithSuccess() throws {
        let simulator = try Self.simulator(hosts: 1)
        defer { try? simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", Self.sheet(simulator, ["2,two.pem,0,,"]))
        #expect(try BuiltTool.run(["plan", "fleet.csv"], in: work.path).status == 0)
        try work.write("none.csv", "base_url,id\n")
        #expect(try BuiltTool.run(["plan", "none.csv"], in: work.path).status == 9)
        try work.write("bad.csv", "base_url,id,auto_renewal\nh,x,0\n")
        #expect(try BuiltTool.run(["plan", "bad.csv"], in: work.path).status == 3)
        #expect(try BuiltTool.run(["plan", "fleet.csv", "--as", "xml"], in: work.path).status == 64)
    }

    @Test func aListHasTheSoonestExpiryFirstAndTellsWhatCannotBeRead() throws {
        let simulator = try Self.simulator(hosts: 3)
        defer { try? simulator.stop() }
        simulator.set(.errcode(10001, at: .certificateList), on: 2)
        let work = try WorkDirectory()
        try work.write("hosts.csv", Self.hosts(simulator))
        let list = try BuiltTool.run(["list", "hosts.csv", "--as", "csv"], in: work.path)
        #expect(list.status == 2)
        try work.write("list.csv", list.output)
        let rows = try Records(csv: work.file("list.csv"))
        #expect(rows["id"] == ["2", "2", "1", "1", "3", "3", ""])
        #expect(rows["error"][6].contains("its firmware has no such call"))
        #expect(rows["days_left"].dropLast().allSatisfy { Int($0) != nil })
        let table = try BuiltTool.run(["list", "hosts.csv", "--expiring-within", "1d"], in: work.path)
        #expect(table.lines.count == 1 && table.lines[0].hasPrefix("expires"), "\(table.output)")
        // Also where no temporary file can be made.
        let whole = try BuiltTool.run(["list", "hosts.csv"], environment: ["TMPDIR": "/none"], in: work.path)
        let cells = whole.lines.map { $0.split(separator: " ").map(String.init) }
        #expect(cells.dropFirst().map { $0[4] } == ["2", "2", "1", "1", "3", "3"], "\(whole.output)")
        #expect(Set(whole.lines.compactMap { $0.range(of: " server")?.lowerBound.utf16Offset(in: $0) }).count == 1)
        for text in [list.output, list.errors, table.output] { #expect(!text.contains(Self.secret)) }
        #expect(simulator.record.of(.certificateUpdate).isEmpty)
        for host in 1...3 { #expect(simulator.tokenCount(on: host) == 0) }
    }

    @Test func aListOfWhatExpiresSoonHasAlsoWhatNobodyCanDate() throws {
        let simulator = try Self.simulator(hosts: 1)
        defer { try? simulator.stop() }
        for (id, expiration) in [(1, "Dec 10 04:41:00 2026 GMT"), (2, "2020-05-01 10:00:00"), (3, "")] {
            simulator.set(SimulatedCertificate(id: id, name: "\(id).pem", expiration: expiration), on: 1)
        }
        simulator.set(SimulatedCertificate(id: 4, name: "4.pem", expiration: "2090-05-01 10:00:00"), on: 1)
        let work = try WorkDirectory()
        try work.write("hosts.csv", Self.hosts(simulator))
        let list = try BuiltTool.run(["list", "hosts.csv", "--expiring-within", "60d"], in: work.path)
        #expect(list.status == 0 && list.lines.count == 4, "\(list)")
        #expect(list.lines[1].hasPrefix("2020-05-01 10:00:00"), "\(list.output)")
        #expect(list.lines[2].contains("  ?  ") && list.lines[3].contains("  ?  "), "\(list.output)")
        let csv = try BuiltTool.run(["list", "hosts.csv", "--expiring-within", "60d", "--as", "csv"], in: work.path)
        try work.write("list.csv", csv.output)
        let rows = try Records(csv: work.file("list.csv"))
        #expect(rows["id"] == ["2", "1", "3"] && rows["days_left"][1...] == ["", ""], "\(csv.output)")
    }

    @Test(arguments: [false, true])
    func anExportThatIsFedBackChangesNothing(withSecrets: Bool) throws {
        let simulator = try Self.simulator(hosts: 2)
        defer { try? simulator.stop() }
        let work = try WorkDirectory()
        try work.write("hosts.csv", Self.hosts(simulator))
        chmod(work.file("hosts.csv"), 0o600)
        let flags = withSecrets ? ["--with-secrets"] : []
        let export = try BuiltTool.run(["export", "hosts.csv", "-o", "sheet.csv"] + flags, in: work.path)
        #expect(export.status == 0, "\(export.errors)")
        var status = stat()
        #expect(stat(work.file("sheet.csv"), &status) == 0 && status.st_mode & 0o777 == 0o600)
        let text = try String(contentsOfFile: work.file("sheet.csv"), encoding: .utf8)
        #expect(text.contains(Self.secret) == withSecrets)
        #expect(text.contains(simulator.hosts[0].clientSecret) == withSecrets)
        let rows = try Records(csv: work.file("sheet.csv"))
        #expect(rows["id"] == ["1", "2", "3", "1", "2", "3"])
        #expect(rows["cert.type"][2] == "trusted" && rows["cert.auto_renewal"][0] == "1")
        #expect(rows["auto_renewal"][0] == (withSecrets ? "1" : ""))
        let credentials = withSecrets ? [] : ["--credentials", "hosts.csv"]
        let plan = try BuiltTool.run(["plan", "sheet.csv"] + credentials, in: work.path)
        #expect(plan.status == 0, "\(plan.output)\(plan.errors)")
    }

    @Test func aRowFindsItsCertificateByWhatItIs() throws {
        let simulator = try Self.simulator(hosts: 1)
        defer { try? simulator.stop() }
        let host = simulator.hosts[0]
        let login = "\(host.baseURL),\(host.clientID),\(host.clientSecret)"
        let work = try WorkDirectory()
        let matches = ["issue_to=ONE.example.com", "name=two.pem", "only", "name=none.pem", "name=one.pem"]
        try work.write(
            "fleet.csv",
            "base_url,client_id,client_secret,match,auto_renewal\n" + matches.map { "\(login),\($0),0\n" }.joined())
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run"], in: work.path)
        #expect(run.status == 2, "\(run.errors)")
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == ["ok", "ok", "failed", "failed", "failed"])
        #expect(result["result.error_class"] == ["", "", "match", "match", "match"])
        #expect(result["result.error"][2] == "2 certificates of the PBX fit 'match' only, not 1")
        #expect(result["result.error"][4].hasSuffix("is that of another row, too"))
        #expect(simulator.record.of(.certificateList).count == 1 && simulator.record.of(.certificateUpdate).count == 2)
        #expect(!simulator.certificates(on: 1)[0].autoRenewal)
        try work.write(
            "twice.csv", "base_url,client_id,client_secret,match,auto_renewal\n\(login),only,0\n\(login),only,1\n")
        #expect(try BuiltTool.run(["check", "twice.csv"], in: work.path).status == 3)
        try work.write("both.csv", "base_url,client_id,client_secret,match,id,auto_renewal\n\(login),only,1,0\n")
        #expect(try BuiltTool.run(["check", "both.csv"], in: work.path).output.contains("are both given"))
    }

    @Test func aListThatIsNotWholeIsSaidToBe() throws {
        let simulator = try Self.simulator(hosts: 2)
        defer { try? simulator.stop() }
        let page = #"{"errcode":0,"total_number":3,"certificate_list":[{"id":1,"type":"server","name":"one.pem"}]}"#
        simulator.set(.answer(body: page, at: .certificateList), on: 1)
        let work = try WorkDirectory()
        try work.write("hosts.csv", Self.hosts(simulator))
        let said = "\(simulator.hosts[0].address):\(simulator.hosts[0].port): the PBX lists 1 of its 3 certificates"
        for command in [["list", "--as", "csv"], ["export"]] {
            let answer = try BuiltTool.run(command + ["hosts.csv"], in: work.path)
            #expect(answer.status == 2 && answer.errors.contains(said), "\(answer)")
            #expect(answer.output.split(separator: "\n").count { $0.contains(",one.pem,") } == 2, "\(answer)")
        }
    }

    @Test func aHostOfPlainHTTPIsToldThatItHasNoKeyAndIsSentNothing() throws {
        let simulator = try Self.simulator(hosts: 1)
        defer { try? simulator.stop() }
        let work = try WorkDirectory()
        try work.write("hosts.csv", Self.hosts(simulator))
        let pins = try BuiltTool.run(["pins", "hosts.csv"], in: work.path)
        #expect(pins.status == 2 && pins.errors.contains("http has no key: name the PBX by https"), "\(pins)")
        #expect(simulator.connections(on: 1) == 0)
    }

    @Test func pinsAreSeenInAHandshakeAndNothingElseLeaves() throws {
        let server = try TLSServer()
        let work = try WorkDirectory()
        let other = "sha256//" + String(repeating: "B", count: 42) + "A="
        let address = "https://\(TLSServer.host):\(server.port)"
        try work.write("one.csv", "base_url,client_id,client_secret\n\(address),app,plain-client-secret\n")
        let first = try BuiltTool.run(["pins", "one.csv"], in: work.path)
        #expect(first.status == 0, "\(first.errors)")
        #expect(
            first.lines == [
                "base_url,api_path,access_token,client_id,client_secret,tls_pin", "\(address),,,,,\(server.pin)",
            ])
        try work.write("bare.csv", "base_url,tls_pin\n\(address),\(other)\nhttps://127.0.0.9:1,\n")
        let second = try BuiltTool.run(["pins", "bare.csv", "--as", "jsonl", "--retries", "0"], in: work.path)
        #expect(second.status == 2 && second.errors.contains("its key is \(server.pin), not the one in tls_pin"))
        #expect(second.lines.count == 2 && second.lines[1].contains("was refused"), "\(second.output)")
        let kept = try BuiltTool.run(["pins", "one.csv", "-o", "pinned.csv"], in: work.path)
        #expect(kept.status == 0 && kept.output.isEmpty)
        #expect(try Records(csv: work.file("pinned.csv"))["client_secret"] == ["plain-client-secret"])
    }
}
