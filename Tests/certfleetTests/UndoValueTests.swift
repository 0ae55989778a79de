import Foundation
import PBXSimulator
import TestSupport
import Testing

/// Values that no input can hold, and what happens to the file that keeps them, with the built binary.
@Suite(.sideBySide) struct UndoValueTests {
    private static let awkward = [
        "#N/A", "CLEAR!", "clear", "env:HOME", "file:/etc/hostname", "\u{A0}a", "a\u{200B}", "a ", "a\u{85}b", "a\nb",
        "***",
    ]

    /// PBXs with one certificate each, and a row for each of them that edits it.
    private struct Sheet {
        let simulator: Simulator
        let work: WorkDirectory
        let environment: [String: String]
        let hosts: [SimulatedHost]

        init(_ certificates: [SimulatedCertificate], columns: String, cells: String) throws {
            var settings = SimulatorSettings(hosts: certificates.count)
            settings.credentials = .shared(id: "app", secret: "shared-client-secret")
            settings.certificates = []
            simulator = try Simulator.start(settings)
            work = try WorkDirectory()
            hosts = simulator.hosts
            for (host, certificate) in zip(hosts, certificates) { simulator.set(certificate, on: host.number) }
            environment = ["CERTFLEET_CLIENT_ID": "app", "CERTFLEET_CLIENT_SECRET": "shared-client-secret"]
            try work.write(
                "fleet.csv", "base_url,id,\(columns)\n" + hosts.map { "\($0.baseURL),1,\(cells)\n" }.joined())
            try work.write("hosts.csv", "base_url\n" + hosts.map { "\($0.baseURL)\n" }.joined())
        }

        /// The rows of a file in the order of the hosts.
        func rows(_ name: String) throws -> [[String: String]] {
            let rows = try Records(csv: work.file(name)).rows
            return hosts.compactMap { host in rows.first { $0["base_url"] == host.baseURL } }
        }

        func run(_ arguments: String...) throws -> BuiltTool.Result {
            try BuiltTool.run(arguments, environment: environment, in: work.path)
        }
    }

    @Test func whatNoInputCanHoldIsNamedAndTheRestIsPutBack() throws {
        let names = Self.awkward + ["=plain.pem", "'a, b"]
        let sheet = try Sheet(
            names.map { SimulatedCertificate(id: 1, name: $0, autoRenewal: false) },
            columns: "name,auto_renewal,dns_provider,auth.APIKey", cells: "new.pem,1,arvancloud,key-of-dns")
        defer { try? sheet.simulator.stop() }
        let run = try sheet.run("run", "fleet.csv", "--out", "run", "--undo")
        #expect(run.status == 0, "\(run.errors)")
        for flags in [[], ["--force"]] {
            let undo = try BuiltTool.run(["undo", "run"] + flags, environment: sheet.environment, in: sheet.work.path)
            #expect(undo.status == 2, "\(undo)")
            try sheet.work.write("undo.csv", undo.output)
            let rows = try sheet.rows("undo.csv")
            // A name that is a mask is a name: only a secret that is one is not known.
            #expect(
                rows.map { $0["name"] } == names.map { Self.awkward.dropLast().contains($0) ? "" : $0 },
                "\(undo.output)")
            #expect(Set(rows.map { $0["auto_renewal"] }) == ["0"])
            for (number, host) in sheet.hosts.enumerated() {
                let line =
                    "row \(number + 1), \(host.baseURL), certificate 1: cannot be put back, because the PBX does not tell it"
                let isNamed = undo.errors.contains("\(line), or no input can hold it: name\n")
                #expect(isNamed == (number < Self.awkward.count - 1), "\(undo.errors)")
            }
        }
        let back = try sheet.run("run", "undo.csv", "--out", "back")
        #expect(back.status == 0, "\(back.errors)")
        for (name, held) in zip(names, sheet.simulator.certificates) {
            #expect(held[0].name == (Self.awkward.dropLast().contains(name) ? "new.pem" : name) && !held[0].autoRenewal)
        }
    }

    @Test func anUndoInWhichNothingCanBePutBackSaysSo() throws {
        let sheet = try Sheet([SimulatedCertificate(id: 1, name: "CLEAR!")], columns: "name", cells: "new.pem")
        defer { try? sheet.simulator.stop() }
        #expect(try sheet.run("run", "fleet.csv", "--out", "run", "--undo").status == 0)
        for flags in [[], ["--force"]] {
            let undo = try BuiltTool.run(["undo", "run"] + flags, environment: sheet.environment, in: sheet.work.path)
            #expect(
                undo.status == 2 && undo.lines.count == 1 && undo.errors.contains("certificate 1: cannot"), "\(undo)")
        }
    }

    @Test(arguments: [false, true])
    func anExportOfSuchValuesIsValidAndChangesNothing(withSecrets: Bool) throws {
        let texts = Self.awkward + ["a.example.com, b.example.com", "'a", String(repeating: "x", count: 600), "=plain"]
        var certificates: [SimulatedCertificate] = []
        for text in texts {
            certificates.append(SimulatedCertificate(id: 1, name: text, issueTo: text, dnsProvider: text))
            let list = [SimulatedAuthInfo(key: "APIKey", value: .string(text))]
            certificates.append(
                SimulatedCertificate(
                    id: 1, name: "a.pem", autoRenewal: true, dnsProvider: "arvancloud", authInfo: list))
            certificates.append(SimulatedCertificate(id: 1, purpose: .trusted, name: text))
        }
        certificates.append(SimulatedCertificate(id: 1))
        let sheet = try Sheet(certificates, columns: "name", cells: "x.pem")
        defer { try? sheet.simulator.stop() }
        let flags = withSecrets ? ["--with-secrets"] : []
        let export = try BuiltTool.run(
            ["export", "hosts.csv"] + flags, environment: sheet.environment, in: sheet.work.path)
        #expect(export.status == 0, "\(export.errors)")
        try sheet.work.write("sheet.csv", export.output)
        let plan = try sheet.run("plan", "sheet.csv")
        #expect(plan.status == 0, "\(plan.output)\(plan.errors)")
        #expect(export.lines.count > texts.count * 2)
        let named = "\(sheet.hosts[0].address):\(sheet.hosts[0].port), certificate 1: left empty, because"
        #expect(export.errors.contains(named), "\(export.errors)")
    }

    @Test func aRowThatThePBXDidNotCallASuccessIsPutBackWhereItChangedSomething() throws {
        let faults: [Fault] = [
            .errcode(1, isCarriedOut: true, at: .certificateUpdate),
            .errcode(-1, isCarriedOut: true, at: .certificateUpdate),
            .errcode(-2, isCarriedOut: true, at: .certificateUpdate), .errcode(1, at: .certificateUpdate),
            .errcode(40002, at: .certificateUpdate),
        ]
        let old = SimulatedCertificate(id: 1, name: "old.pem")
        let sheet = try Sheet(faults.map { _ in old }, columns: "name", cells: "new.pem")
        defer { try? sheet.simulator.stop() }
        for (host, fault) in zip(sheet.hosts, faults) { sheet.simulator.set(fault, on: host.number) }
        let run = try sheet.run("run", "fleet.csv", "--out", "run", "--undo", "--retries", "1", "--retry-delay", "1ms")
        #expect(run.status == 2)
        let statuses = try Records(csv: sheet.work.file("run/result.csv"))["result.status"]
        #expect(statuses == Array(repeating: "failed", count: 5), "\(run.errors)")
        for host in sheet.hosts { sheet.simulator.set([Fault](), on: host.number) }
        let undo = try sheet.run("undo", "run", "-o", "undo.csv")
        #expect(undo.status == 0, "\(undo.errors)")
        let rows = try sheet.rows("undo.csv")
        #expect(rows.map { $0["base_url"] } == sheet.hosts.prefix(3).map(\.baseURL))
        #expect(Set(rows.map { $0["name"] }) == ["old.pem"])
        #expect(try sheet.run("run", "undo.csv", "--out", "back").status == 0)
        #expect(sheet.simulator.certificates.allSatisfy { $0 == [old] })
    }

    // MARK: - The file

    @Test func aRowWhoseValuesWereNotKeptIsNamed() throws {
        let old = SimulatedCertificate(id: 1, name: "old.pem")
        let sheet = try Sheet([old, old, old], columns: "name", cells: "new.pem")
        defer { try? sheet.simulator.stop() }
        let first = sheet.hosts[0]
        #expect(try sheet.run("run", "fleet.csv", "--out", "run", "--only", first.address).status == 0)
        let second = try sheet.run("run", "fleet.csv", "--out", "run", "--resume", "--undo")
        #expect(second.status == 0 && !second.errors.contains("no values are kept"), "\(second.errors)")
        let third = try sheet.run("run", "fleet.csv", "--out", "run", "--resume")
        #expect(third.status == 0 && third.errors.contains("no values are kept in undo.csv from here on"), "\(third)")
        for isCut in [false, true] {
            if isCut {
                var lines = try sheet.work.read("run/undo.csv").split(separator: "\n", omittingEmptySubsequences: false)
                lines.removeAll { $0.hasPrefix(sheet.hosts[1].baseURL) }
                try sheet.work.write("run/undo.csv", lines.joined(separator: "\n"))
            }
            let undo = try sheet.run("undo", "run")
            #expect(undo.status == 2 && undo.lines.count == (isCut ? 2 : 3), "\(undo)")
            for (number, host) in sheet.hosts.enumerated() {
                let line =
                    "row \(number + 1), \(host.address):\(host.port), certificate 1: left out: undo.csv does not hold"
                #expect(undo.errors.contains(line) == (number == 0 || number == 1 && isCut), "\(undo.errors)")
            }
        }
    }

    @Test func halfARowAtTheEndOfTheFileIsNoneAndOneInTheMiddleIsMissing() throws {
        let old = SimulatedCertificate(
            id: 1, name: "old.pem", dnsProvider: "arvancloud",
            authInfo: [SimulatedAuthInfo(key: "APIKey", value: .string("old-dns-secret"))])
        let sheet = try Sheet(
            [old, old], columns: "name,dns_provider,auth.APIKey", cells: "new.pem,arvancloud,new-dns-secret")
        defer { try? sheet.simulator.stop() }
        #expect(try sheet.run("run", "fleet.csv", "--out", "run", "--undo", "--jobs", "1").status == 0)
        let whole = try sheet.work.read("run/undo.csv")
        let row = whole.split(separator: "\n")[1]
        try sheet.work.write("run/undo.csv", whole + row.prefix(row.count - 40))
        let undo = try sheet.run("undo", "run")
        #expect(undo.status == 0 && undo.lines.count == 3, "\(undo)")
        let start = try #require(row.range(of: #""["#)).upperBound
        try sheet.work.write("run/undo.csv", whole.replacingOccurrences(of: row, with: row[..<start]))
        let damaged = try sheet.run("undo", "run")
        #expect(damaged.status == 2 && damaged.errors.contains("does not hold its values"), "\(damaged)")
    }

    @Test func theFileIsItsOwnersOnlyWhateverItWas() throws {
        let old = SimulatedCertificate(id: 1, name: "old.pem")
        let sheet = try Sheet([old], columns: "name", cells: "new.pem")
        defer { try? sheet.simulator.stop() }
        #expect(try sheet.run("run", "fleet.csv", "--out", "run", "--undo").status == 0)
        let file = sheet.work.file("run/undo.csv")
        chmod(file, 0o644)
        let resumed = try sheet.run("run", "fleet.csv", "--out", "run", "--resume", "--undo")
        var status = stat()
        #expect(resumed.status == 0 && stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600, "\(resumed.errors)")
        // Somebody else's, a link to somewhere else, and what is no file.
        try sheet.work.write("elsewhere", "mine")
        for (command, words) in [
            ("rm run/undo.csv && ln -s ../elsewhere run/undo.csv", "cannot open"),
            ("rm run/undo.csv && mkfifo run/undo.csv", "is no regular file"),
            ("rm run/undo.csv && touch run/undo.csv && chown 1000 run/undo.csv", "belongs to another user"),
        ] where geteuid() == 0 || !command.contains("chown") {
            #expect(try Shell.run(command, in: sheet.work.path).status == 0)
            let run = try sheet.run("run", "fleet.csv", "--out", "run", "--resume", "--undo")
            #expect(run.status == 1 && run.errors.contains(words), "\(command): \(run.errors)")
        }
        #expect(try sheet.work.read("elsewhere") == "mine")
        #expect(try Shell.run("mkdir other && touch other/undo.csv", in: sheet.work.path).status == 0)
        let other = try sheet.run("run", "fleet.csv", "--out", "other", "--undo")
        #expect(other.status == 64 && other.errors.contains("already holds a run"), "\(other.errors)")
    }
}
