import Foundation
import PBXSimulator
import TestSupport
import Testing

/// Putting back what a run changed, with the built binary.
@Suite(.sideBySide) struct UndoTests {
    /// Five certificates on each PBX, with random values that may be those that ``edit`` sets.
    private struct RandomFleet {
        let simulator: Simulator
        let before: [[SimulatedCertificate]]
        /// Whether each row's edit changes its certificate.
        var differs: [Bool] = []
        var csv = "base_url,client_id,client_secret,id,name,auto_renewal,dns_provider,auth.APIKey,auth.TTL:int\n"

        init(hosts: Int, _ generator: inout SeededGenerator) throws {
            simulator = try Simulator.start(SimulatorSettings(hosts: hosts))
            for host in simulator.hosts {
                for id in 1...5 {
                    let isSame = Bool.random(using: &generator)
                    let isOn = Bool.random(using: &generator)
                    let wanted = SimulatedCertificate(
                        id: id, name: "wanted.pem", issueTo: "d\(id).example.com", expiration: "2031-01-01 00:00:00",
                        autoRenewal: true, dnsProvider: "arvancloud",
                        authInfo: [
                            SimulatedAuthInfo(key: "APIKey", value: .string("new-secret")),
                            SimulatedAuthInfo(key: "TTL", value: .integer(600)),
                        ])
                    var other = wanted
                    (other.name, other.autoRenewal) = ("old-\(host.number).pem", isOn)
                    other.dnsProvider = isOn ? "alidns" : ""
                    other.authInfo =
                        isOn ? [SimulatedAuthInfo(key: "AccessKeyId", value: .string("old-secret-\(id)"))] : []
                    simulator.set(isSame ? wanted : other, on: host.number)
                    differs.append(!isSame)
                    csv +=
                        "\(host.baseURL),\(host.clientID),\(host.clientSecret),\(id),wanted.pem,1,arvancloud,new-secret,600\n"
                }
            }
            before = simulator.certificates
        }

        var credentials: String {
            "base_url,client_id,client_secret\n"
                + simulator.hosts.map { "\($0.baseURL),\($0.clientID),\($0.clientSecret)\n" }.joined()
        }

        /// Makes every third PBX lose answers, and every fifth busy.
        func setFaults() {
            for host in simulator.hosts {
                var faults: [Fault] = []
                if host.number % 3 == 0 { faults.append(.dropAfterReading(at: .certificateUpdate, times: 2)) }
                if host.number % 5 == 0 { faults.append(.errcode(70082, at: .certificateUpdate, times: 1)) }
                if host.number % 2 == 0 { faults.append(.status(503, at: .certificateQuery, times: 1)) }
                simulator.set(faults, on: host.number)
            }
        }
    }

    private static let quick = ["--retry-delay", "5ms", "--retries", "5"]
    private static let flags = ["--skip-unchanged", "--verify"] + quick

    @Test(arguments: [false, true])
    func whatARunChangedIsPutBackFieldByField(isKilled: Bool) throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let fleet = try RandomFleet(hosts: 100, &generator)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        try work.write("credentials.csv", fleet.credentials)
        chmod(work.file("credentials.csv"), 0o600)
        fleet.setFaults()
        if isKilled {
            try runKilledThrice(work, fleet.simulator)
        } else {
            let plan = try BuiltTool.run(
                ["plan", "fleet.csv", "--retry-delay", "5ms", "--retries", "5"], in: work.path)
            try work.write("plan.csv", plan.output)
            let actions = try Records(csv: work.file("plan.csv"))["plan.action"]
            #expect(actions == fleet.differs.map { $0 ? "change" : "none" }, "seed \(seed)")
        }
        let command = ["run", "fleet.csv", "--out", "run"] + Self.flags + (isKilled ? ["--resume"] : [])
        let run = try BuiltTool.run(command, in: work.path)
        #expect(run.status == 0, "seed \(seed): \(run.errors)")
        let result = try Records(csv: work.file("run/result.csv"))
        if !isKilled {
            #expect(result["result.status"] == fleet.differs.map { $0 ? "ok" : "no_change" }, "seed \(seed)")
        }
        #expect(Set(result["result.verified"]).isSubset(of: ["yes"]), "seed \(seed)")
        let edits = fleet.simulator.record.of(.certificateUpdate).count
        let again = try BuiltTool.run(["run", "fleet.csv", "--out", "again"] + Self.flags, in: work.path)
        #expect(again.status == 0 && fleet.simulator.record.of(.certificateUpdate).count == edits, "seed \(seed)")
        for certificate in fleet.simulator.certificates.joined() where certificate.id < 6 {
            #expect(certificate.name == "wanted.pem" && certificate.autoRenewal, "seed \(seed)")
        }
        let undo = try BuiltTool.run(
            ["undo", "run", "--credentials", "credentials.csv", "-o", "undo.csv"] + Self.quick, in: work.path)
        #expect(undo.status == 0, "seed \(seed): \(undo.errors)")
        let back = try BuiltTool.run(
            ["run", "undo.csv", "--credentials", "credentials.csv", "--out", "back"] + Self.quick, in: work.path)
        #expect(back.status == 0, "seed \(seed): \(back.errors)")
        #expect(fleet.simulator.certificates == fleet.before, "seed \(seed)")
    }

    private func runKilledThrice(_ work: WorkDirectory, _ simulator: Simulator) throws {
        for time in 0..<3 {
            let command = ["run", "fleet.csv", "--out", "run"] + Self.flags + (time > 0 ? ["--resume"] : [])
            let before = simulator.record.of(.certificateUpdate).count
            let tool = try RunningTool(command, in: work.path)
            RunningTool.poll {
                !tool.process.isRunning || simulator.record.of(.certificateUpdate).count >= before + 8
            }
            tool.send(SIGKILL)
            _ = tool.wait()
        }
    }

    @Test func whatSomebodyChangedSinceIsLeftOutUnlessItIsInsistedOn() throws {
        let fleet = try Fleet(hosts: 2, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", "name\n")
        let rows = fleet.simulator.hosts.map { "\($0.baseURL),env:CERT_ID,env:CERT_SECRET\($0.number),1,new.pem\n" }
        try work.write("fleet.csv", "base_url,client_id,client_secret,id,name\n" + rows.joined())
        let hosts = fleet.simulator.hosts
        var environment = Dictionary(uniqueKeysWithValues: hosts.map { ("CERT_SECRET\($0.number)", $0.clientSecret) })
        environment["CERT_ID"] = "app-1"
        let first = try BuiltTool.run(
            ["run", "fleet.csv", "--only", "127.1.0.1", "--out", "run", "--undo"], environment: environment,
            in: work.path)
        #expect(first.status == 0, "\(first.errors)")
        let undo = try BuiltTool.run(["undo", "run"], environment: environment, in: work.path)
        #expect(undo.status == 0, "\(undo.errors)")
        #expect(undo.lines.count == 2 && undo.lines[1].contains(",env:CERT_ID,env:CERT_SECRET1,"))
        #expect(undo.lines[1].contains(",1,cert-1.crt,"))
        fleet.simulator.set(SimulatedCertificate(id: 1, name: "third.pem", autoRenewal: true), on: 1)
        let changed = try BuiltTool.run(["undo", "run"], environment: environment, in: work.path)
        #expect(changed.status == 2 && changed.lines.count == 1)
        #expect(changed.errors.contains("changed since the run: name"), "\(changed.errors)")
        let forced = try BuiltTool.run(["undo", "run", "--force"], environment: environment, in: work.path)
        #expect(forced.status == 0 && forced.output == undo.output)
        let lost = try BuiltTool.run(["undo", "run"], in: work.path)
        #expect(
            lost.status == 3 && lost.errors.contains("hint: set what the references of its credentials name"),
            "\(lost.errors)")
        var status = stat()
        #expect(stat(work.file("run/undo.csv"), &status) == 0 && status.st_mode & 0o777 == 0o600)
        // A row of another PBX than the run's is not even asked about.
        let kept = try work.read("run/undo.csv")
        try work.write("run/undo.csv", kept.replacing("127.1.0.1", with: "127.1.0.2"))
        let foreign = try BuiltTool.run(["undo", "run", "--force"], environment: environment, in: work.path)
        #expect(foreign.status == 2 && foreign.lines.count == 1 && fleet.requests(.getToken, on: 2) == 0)
        let reason = "run/undo.csv, line 2: left out: the ledger names another PBX or certificate for its row"
        #expect(foreign.errors.contains("warning: \(reason)\n"), "\(foreign.errors)")
        let plain = try BuiltTool.run(
            ["run", "fleet.csv", "--only", "127.1.0.1", "--out", "plain"], environment: environment, in: work.path)
        #expect(plain.status == 0)
        let none = try BuiltTool.run(["undo", "plain"], environment: environment, in: work.path)
        #expect(none.status == 64 && none.errors.contains("hint: only a run with --undo"), "\(none.errors)")
    }

    /// A PBX of its own: what the run sets there, what somebody makes of it since, and what an undo then says.
    private struct Since {
        var key = "example.com"
        let edit: String
        let change: @Sendable (inout SimulatedCertificate) -> Void
        var isPutBack = false
        let says: String?

        static func list(_ text: String) -> [SimulatedAuthInfo] {
            [SimulatedAuthInfo(key: "Host", value: .string(text))]
        }

        /// The key stands in names, too.
        static let all = [
            Since(edit: ",0,,", change: { _ in }, isPutBack: true, says: nil),
            Since(
                edit: ",0,,", change: { $0.authInfo = list("rotated-since") },
                says: "left out: changed since the run: auth_info_list (--force insists)"),
            Since(
                edit: ",0,,", change: { ($0.dnsProvider, $0.authInfo) = ("route53", list("rotated-since")) },
                says: "left out: changed since the run: dns_provider, auth_info_list (--force insists)"),
            Since(
                edit: ",0,,", change: { $0.authInfo = list("***") },
                says: "left out: not told by the PBX now: auth_info_list (--force insists)"),
            Since(edit: "b.example.com.pem,,,", change: { _ in }, isPutBack: true, says: nil),
            Since(
                edit: "b.example.com.pem,,,", change: { $0.name = "c.example.com.pem" },
                says: "left out: changed since the run: name (--force insists)"),
            Since(
                edit: "b.example.com.pem,,,", change: { $0.authInfo = list("rotated-since") }, isPutBack: true,
                says: nil),
            // A PBX that never tells its keys.
            Since(
                key: "***", edit: "b.pem,1,edgedns,new-key", change: { $0.authInfo = list("***") }, isPutBack: true,
                says: "cannot be put back, because the PBX does not tell it, or no input can hold it: "
                    + "auth_info_list, auto_renewal"),
        ]
    }

    @Test func whateverARowWouldSetIsHeldAgainstThePBX() throws {
        var settings = SimulatorSettings(hosts: Since.all.count)
        settings.credentials = .shared(id: "app", secret: "shared-client-secret")
        settings.certificates = []
        let simulator = try Simulator.start(settings)
        defer { try? simulator.stop() }
        let environment = ["CERTFLEET_CLIENT_ID": "app", "CERTFLEET_CLIENT_SECRET": "shared-client-secret"]
        let work = try WorkDirectory()
        var csv = "base_url,id,name,auto_renewal,dns_provider,auth.Host\n"
        for (host, since) in zip(simulator.hosts, Since.all) {
            let before = SimulatedCertificate(
                id: 1, name: "a.example.com.pem", autoRenewal: true, dnsProvider: "edgedns",
                authInfo: Since.list(since.key))
            simulator.set(before, on: host.number)
            csv += "\(host.baseURL),1,\(since.edit)\n"
        }
        try work.write("fleet.csv", csv)
        let run = try BuiltTool.run(
            ["run", "fleet.csv", "--out", "run", "--undo"], environment: environment, in: work.path)
        #expect(run.status == 0, "\(run.errors)")
        for (host, since) in zip(simulator.hosts, Since.all) {
            var certificate = simulator.certificates(on: host.number)[0]
            since.change(&certificate)
            simulator.set(certificate, on: host.number)
        }
        let undo = try BuiltTool.run(["undo", "run"], environment: environment, in: work.path)
        #expect(undo.status == 2 && !undo.errors.contains("rotated-since"), "\(undo.errors)")
        for (host, since) in zip(simulator.hosts, Since.all) {
            let isPutBack = undo.lines.contains { $0.hasPrefix("\(host.baseURL),") }
            let said = undo.errors.split(separator: "\n").filter { $0.contains("\(host.baseURL), certificate 1: ") }
            #expect(isPutBack == since.isPutBack, "\(since.edit): \(undo.errors)")
            #expect(said.map { $0.hasSuffix(": \(since.says ?? "")") } == (since.says == nil ? [] : [true]), "\(said)")
        }
        let forced = try BuiltTool.run(["undo", "run", "--force"], environment: environment, in: work.path)
        #expect(forced.lines.count == Since.all.count + 1, "\(forced)")
    }

    @Test func aSecretThatThePBXDoesNotTellIsNamed() throws {
        let simulator = try Simulator.start(SimulatorSettings(hosts: 1))
        defer { try? simulator.stop() }
        simulator.set(
            SimulatedCertificate(
                id: 1, name: "a.pem", autoRenewal: true, dnsProvider: "arvancloud",
                authInfo: [SimulatedAuthInfo(key: "APIKey", value: .string("***"))]), on: 1)
        let host = simulator.hosts[0]
        let work = try WorkDirectory()
        try work.write(
            "fleet.csv",
            "base_url,client_id,client_secret,id,auto_renewal,dns_provider,auth.APIKey\n"
                + "\(host.baseURL),\(host.clientID),\(host.clientSecret),1,1,arvancloud,new-secret\n")
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--undo"], in: work.path)
        #expect(run.status == 0, "\(run.errors)")
        let environment = ["CERTFLEET_CLIENT_ID": host.clientID, "CERTFLEET_CLIENT_SECRET": host.clientSecret]
        let undo = try BuiltTool.run(["undo", "run"], environment: environment, in: work.path)
        #expect(undo.errors.contains("cannot be put back"), "\(undo.errors)")
        #expect(undo.errors.contains("auth_info_list"))
        let everything = try String(contentsOfFile: work.file("run/undo.csv"), encoding: .utf8)
        #expect(!everything.contains("new-secret"))
    }

    /// A run of two rows with --verify whose first edit cannot be read back.
    private static func unverified(_ simulator: Simulator, _ work: WorkDirectory) throws -> [String: String] {
        let host = simulator.hosts[0]
        simulator.set([.errcode(10005, at: .certificateGet)], on: 1)
        let header = "base_url,client_id,client_secret,id,name\n"
        let login = "\(host.baseURL),\(host.clientID),\(host.clientSecret)"
        try work.write("fleet.csv", "\(header)\(login),1,new.pem\n\(login),2,new.pem\n")
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--verify"], in: work.path)
        #expect(run.status == 2, "\(run.errors)")
        simulator.set([Fault](), on: 1)
        return ["CERTFLEET_CLIENT_ID": host.clientID, "CERTFLEET_CLIENT_SECRET": host.clientSecret]
    }

    @Test func anAcceptedEditThatCannotBeReadBackIsUnknownAndPutBack() throws {
        let fleet = try Fleet(hosts: 1, edits: 2)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        let before = fleet.simulator.certificates(on: 1)[0]
        let environment = try Self.unverified(fleet.simulator, work)
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == ["unknown", "skipped"] && result["result.error_class"][0] == "verify")
        #expect(result["result.error"][0].hasPrefix("the edit was accepted, and it could not be read back: "))
        let undo = try BuiltTool.run(["undo", "run"], environment: environment, in: work.path)
        #expect(undo.status == 0 && undo.lines.count == 2 && undo.lines[1].contains(",1,\(before.name),"), "\(undo)")
        fleet.simulator.set(before, on: 1)
        let again = try BuiltTool.run(["undo", "run"], environment: environment, in: work.path)
        #expect(again.status == 9 && again.output.isEmpty, "\(again)")
        #expect(again.errors.contains("nothing is left to put back"))
    }

    @Test func valuesThatAreLostAreSaidToBe() throws {
        let fleet = try Fleet(hosts: 1, edits: 2)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        let environment = try Self.unverified(fleet.simulator, work)
        let file = work.file("run/undo.csv")
        let header = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")[0]
        for text in ["", header + "\n", header + "\nhttp://127.0.0.1,,", "root:x:0:0\n"] {
            try work.write("run/undo.csv", String(text))
            let undo = try BuiltTool.run(["undo", "run", "--force"], environment: environment, in: work.path)
            #expect(undo.status == 2 && undo.lines.count == 1, "\(undo)")
            #expect(undo.errors.contains(", certificate 1: left out: undo.csv does not hold its values"), "\(undo)")
        }
        try work.write("elsewhere.csv", "")
        unlink(file)
        #expect(symlink(work.file("elsewhere.csv"), file) == 0)
        #expect(try BuiltTool.run(["undo", "run"], environment: environment, in: work.path).status == 1)
        unlink(file)
        #expect(mkfifo(file, 0o600) == 0)
        let fifo = try BuiltTool.run(["undo", "run"], environment: environment, in: work.path)
        #expect(fifo.status == 1 && fifo.errors.contains("is no regular file"), "\(fifo)")
    }

    @Test func whatIsNoRunIsSaidInWordsThatFitAnUndo() throws {
        let work = try WorkDirectory()
        try work.write("file", "")
        for path in ["none", "file", "."] {
            let undo = try BuiltTool.run(["undo", path], in: work.path)
            #expect(undo.status == 64 && !undo.errors.contains("--out") && !undo.errors.contains("--resume"), "\(undo)")
        }
    }
}
