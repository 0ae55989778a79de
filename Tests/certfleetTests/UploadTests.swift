import Foundation
import PBXSimulator
import TestSupport
import Testing

/// Rows with a file, with the built binary.
@Suite(.sideBySide) struct UploadTests {
    private let work: WorkDirectory
    private let simulator: Simulator

    init() throws {
        work = try WorkDirectory()
        _ = try CertificateSamples(in: work)
        simulator = try Simulator.start(SimulatorSettings(hosts: 2))
    }

    private func write(_ rows: [(host: Int, cells: String)], _ columns: String = "id,cert_file") throws {
        let lines = rows.map { row in
            let host = simulator.hosts[row.host - 1]
            return "\(host.baseURL),\(host.clientID),\(host.clientSecret),\(row.cells)\n"
        }
        try work.write("fleet.csv", "base_url,client_id,client_secret,\(columns)\n" + lines.joined())
    }

    private func run(_ flags: String..., environment: [String: String] = [:]) throws -> BuiltTool.Result {
        try BuiltTool.run(["run", "fleet.csv", "--out", "run"] + flags, environment: environment, in: work.path)
    }

    private func calls(on host: Int) -> [Endpoint] { simulator.record.on(host).compactMap(\.endpoint) }

    private func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: work.file(name))))
    }

    @Test func aFileIsSentOnceToEachPBXBeforeTheEditsThatNameIt() throws {
        defer { try? simulator.stop() }
        try write([(1, "1,good.pem"), (1, "2,good.pem"), (2, "1,good.p12"), (2, "4,bare.pem")])
        let run = try run()
        #expect(run.status == 0, "\(run.errors)")
        // The same certificate stands in both files.
        #expect(simulator.certificates(on: 1)[0].expiration == simulator.certificates(on: 2)[0].expiration)
        #expect(
            calls(on: 1) == [
                .getToken, .certificateQuery, .certificateUpload, .certificateUpdate, .certificateUpdate, .delToken,
            ])
        #expect(simulator.certificates(on: 1).map(\.name) == ["good.pem", "good.pem", "server-3.pem", "trusted-4.pem"])
        #expect(simulator.certificates(on: 2).map(\.name) == ["good.p12", "server-2.pem", "server-3.pem", "bare.pem"])
        let uploads = simulator.uploads(on: 2)
        #expect(uploads.map(\.purpose) == [.trusted, .server])
        #expect(try uploads.map(\.content) == [bytes("bare.pem"), bytes("good.p12")])
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["cert_file"] == ["good.pem", "good.pem", "good.p12", "bare.pem"])
        #expect(result["result.attempts"] == ["1", "1", "1", "1"])
        #expect(simulator.record.of(.certificateUpdate).map(\.text).contains(#"{"id":1,"name":"good.p12"}"#))
    }

    @Test func filesOfOneNameAreToldApartOnTheirPBX() throws {
        defer { try? simulator.stop() }
        try FileManager.default.createDirectory(atPath: work.file("b"), withIntermediateDirectories: false)
        try work.write("b/good.pem", bytes: bytes("chain.pem"))
        try write([(1, "1,good.pem"), (1, "2,b/good.pem"), (2, "1,b/good.pem")])
        #expect(try run().status == 0)
        let names = simulator.certificates(on: 1).map(\.name)
        #expect(names[0] == "good.pem" && names[1].hasPrefix("good-") && names[1].hasSuffix(".pem"), "\(names)")
        #expect(simulator.uploads(on: 1).map(\.name) == [names[1], names[0]])
        #expect(try simulator.uploads(on: 1).map(\.content) == [bytes("chain.pem"), bytes("good.pem")])
        #expect(simulator.certificates(on: 2)[0].name == "good.pem")
    }

    @Test func filesThatAreOfNoUseKeepTheRunFromStarting() throws {
        defer { try? simulator.stop() }
        #expect(mkfifo(work.file("pipe.pem"), 0o600) == 0)
        let files = [
            "none.pem", "folder.pem", "pipe.pem", "/dev/zero", "empty.pem", "huge.pem", "old.pem", "locked.p12",
            "noise.der",
        ]
        try write(files.map { (1, "1,\($0)") } + [(2, "1,good.pem")])
        let checked = try BuiltTool.run(["check", "fleet.csv"], in: work.path)
        #expect(checked.status == 3)
        for file in files { #expect(checked.output.contains("column 'cert_file': the file '\(file)' "), "\(file)") }
        #expect(try run().status == 3 && simulator.record.isEmpty)
        try write(
            [(1, "1,good.pem,other.example.com"), (2, "1,good.pem,x.voice.example.com")], "id,cert_file,issue_to")
        let doubtful = try BuiltTool.run(["check", "fleet.csv"], in: work.path)
        #expect(doubtful.status == 0)
        #expect((doubtful.output + doubtful.errors).components(separatedBy: "that is not for").count == 2)
    }

    @Test func anUploadThatFailsIsTheOutcomeOfItsRowAlone() throws {
        defer { try? simulator.stop() }
        simulator.set([.errcode(40004, at: .certificateUpload, times: 1)], on: 1)
        simulator.set([.errcode(10001, at: .certificateUpload)], on: 2)
        try write([(1, "1,good.pem"), (1, "2,good.pem"), (2, "1,bare.pem"), (2, "4,bare.pem")])
        #expect(try run().status == 2)
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == ["failed", "ok", "failed", "failed"])
        #expect(result["result.attempts"] == ["0", "1", "0", "0"])
        #expect(result["result.errcode"] == ["40004", "0", "", "10001"])
        #expect(result["result.error_class"] == ["api", "", "input", "api"])
        #expect(result["result.error"][2].contains("holds no private key"))
        #expect(simulator.record.of(.certificateUpdate).count == 1)
        // Taken up again, the file is sent again.
        simulator.set([], on: 1)
        #expect(try run("--resume").status == 2)
        #expect(simulator.record.on(1).of(.certificateUpload).count == 3)
        #expect(try Records(csv: work.file("run/result.csv"))["result.status"] == ["ok", "ok", "failed", "failed"])
    }

    @Test func aRowIsItsFilesContentWhenARunGoesOn() throws {
        defer { try? simulator.stop() }
        simulator.set(.errcode(40002, at: .certificateUpdate), on: 2)
        try write([(1, "1,good.pem"), (2, "1,good.pem")])
        #expect(try run().status == 2)
        simulator.set(nil, on: 2)
        try work.write("moved.pem", bytes: bytes("good.pem"))
        try work.write("good.pem", bytes: bytes("chain.pem"))
        try write([(1, "1,moved.pem"), (2, "1,good.pem")])
        let second = try run("--resume")
        #expect(second.status == 0, "\(second.errors)")
        #expect(simulator.record.on(1).of(.certificateUpload).count == 1)
        #expect(try simulator.uploads(on: 2).map(\.content) == [bytes("chain.pem")])
    }

    @Test func anEditThatWasLostIsReadBackByWhatTheFileChanged() throws {
        defer { try? simulator.stop() }
        for host in 1...2 { simulator.set(.dropAfterReading(at: .certificateUpdate), on: host) }
        // A certificate of the same name, whose end would tell, and one of another name.
        simulator.set(SimulatedCertificate(id: 1, name: "good.pem", expiration: "2026-01-01 00:00:00"), on: 1)
        try write([(1, "1,good.pem"), (2, "1,good.pem")])
        let run = try run("--retries", "0", "--verify")
        #expect(run.status == 0, "\(run.errors)")
        #expect(try Records(csv: work.file("run/result.csv"))["result.verified"] == ["yes", "yes"])
        #expect(simulator.record.of(.certificateUpdate).count == 2)
    }

    @Test func whetherTheFileIsThereIsToldByItsEnd() throws {
        defer { try? simulator.stop() }
        // It accepts the edit, and keeps what it has under that name.
        simulator.set(SimulatedCertificate(id: 1, name: "good.pem", expiration: "2026-01-01 00:00:00"), on: 1)
        simulator.set(.errcode(0, at: .certificateUpdate), on: 1)
        try write([(1, "1,good.pem"), (2, "1,good.pem")])
        let first = try run("--verify")
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(first.status == 2 && result["result.status"] == ["failed", "ok"], "\(first.errors)")
        #expect(result["result.verified"] == ["no", "yes"] && result["result.error_class"] == ["verify", ""])
        #expect(
            result["result.error"] == ["the edit was accepted, but the PBX shows another value of expiration", ""])
        // The same once more, and the PBX writes the same end otherwise: nothing is seen to change.
        let end = simulator.certificates(on: 2)[0].expiration.replacing("-", with: "/")
        simulator.set(SimulatedCertificate(id: 1, name: "good.pem", expiration: end), on: 2)
        let again = try BuiltTool.run(
            ["run", "fleet.csv", "--only", "127.1.0.2", "--out", "again", "--verify"], in: work.path)
        let second = try Records(csv: work.file("again/result.csv"))
        #expect(again.status == 0 && second["result.status"] == ["ok"] && second["result.verified"] == ["no"])
        let reason = "the certificate had this name and expiration before"
        #expect(second["result.error"] == ["not verified: nothing tells whether its file is there: \(reason)"])
        // Another name alone does not tell what is behind it.
        let told = ["old.pem", "good.pem"].map { name in
            #"{"errcode":0,"certificate":{"id":1,"type":"server","name":"\#(name)","expiration":"May 1 2031 GMT"}}"#
        }
        simulator.set(
            [.answer(body: told[0], at: .certificateGet, times: 1), .answer(body: told[1], at: .certificateGet)], on: 2)
        let last = try BuiltTool.run(
            ["run", "fleet.csv", "--only", "127.1.0.2", "--out", "last", "--verify"], in: work.path)
        let third = try Records(csv: work.file("last/result.csv"))
        #expect(last.status == 0 && third["result.status"] == ["ok"] && third["result.verified"] == ["no"])
        #expect(third["result.error"][0].hasSuffix("is there: the PBX tells no expiration that can be read"))
    }

    @Test func aFileWhoseEditWasKilledIsSentAgainOnlyWhereAnotherOneStands() throws {
        defer { try? simulator.stop() }
        for host in 1...2 { simulator.set(.silence(at: .certificateUpdate, times: 1), on: host) }
        try write([(1, "1,good.pem"), (2, "1,good.pem")])
        let killed = try RunningTool(["run", "fleet.csv", "--out", "run"], in: work.path)
        RunningTool.poll { (1...2).allSatisfy { simulator.certificates(on: $0)[0].name == "good.pem" } }
        killed.send(SIGKILL)
        try #require(killed.wait() == -SIGKILL)
        simulator.set(SimulatedCertificate(id: 1, name: "good.pem", expiration: "2026-01-01 00:00:00"), on: 2)
        let resumed = try run("--resume")
        #expect(resumed.status == 0, "\(resumed.errors)")
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == ["ok", "ok"] && result["result.attempts"] == ["0", "1"])
        #expect(result["result.verified"] == ["no", ""])
        let reason = "the certificate may have had this name and expiration before"
        #expect(result["result.error"] == ["not verified: nothing tells whether its file is there: \(reason)", ""])
        for call in [Endpoint.certificateUpload, .certificateUpdate] {
            #expect((1...2).map { simulator.record.on($0).of(call).count } == [1, 2])
        }
    }

    @Test func twoFilesThatThePBXCallsTheSameAreNotTakenForOneAnother() throws {
        defer { try? simulator.stop() }
        simulator.set(.answer(body: #"{"errcode":0,"file":"same.pem"}"#, at: .certificateUpload), on: 1)
        try write([(1, "1,good.pem"), (1, "2,chain.pem"), (1, "3,chain.pem")])
        #expect(try run().status == 2)
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == ["ok", "failed", "failed"])
        #expect(result["result.error_class"] == ["", "protocol", "protocol"])
        for error in result["result.error"][1...] {
            #expect(error.contains("calls the file 'same.pem', as it called another one before"))
        }
        #expect(simulator.record.of(.certificateUpdate).count == 1)
    }

    @Test func planAndDryRunSayWhatWouldBeSentAndSendNothing() throws {
        defer { try? simulator.stop() }
        try write([(1, "1,good.pem"), (2, "2,bare.pem")])
        let plan = try BuiltTool.run(["plan", "fleet.csv"], in: work.path)
        try work.write("plan.csv", plan.output)
        let rows = try Records(csv: work.file("plan.csv"))
        #expect(plan.status == 2 && rows["plan.action"] == ["change", "error"], "\(plan.output)\(plan.errors)")
        let change = rows["plan.changes"][0]
        #expect(change.contains(/^name: server-1\.pem -> file good\.pem \(expires 20\d\d-\d\d-\d\d\)$/), "\(change)")
        #expect(rows["plan.error"][1].contains("holds no private key"))
        #expect(simulator.record.of(.certificateUpload).isEmpty && simulator.record.of(.certificateUpdate).isEmpty)
        let before = simulator.record.count
        let dry = try run("--dry-run")
        let size = try bytes("good.pem").count
        #expect(dry.status == 0 && simulator.record.count == before)
        #expect(
            dry.output.contains("certificate/upload?access_token=*** type=server file='good.pem' (\(size) bytes)\n"))
        #expect(dry.output.contains(#"{"id":1,"name":"good.pem"}"#))
        try write([(1, "only,good.pem")], "match,cert_file")
        #expect(
            try run("--dry-run").output.contains(
                "then certificate/get, certificate/upload, certificate/update for the one that fits only"))
    }

    @Test func whatAFileReplacedIsPutBackByItsName() throws {
        defer { try? simulator.stop() }
        simulator.set(SimulatedCertificate(id: 2, name: "good.pem"), on: 1)
        let before = simulator.certificates(on: 1).map(\.name)
        try write([(1, "1,good.pem"), (1, "2,good.pem")])
        #expect(try run("--undo").status == 0)
        let credentials = simulator.hosts.map { "\($0.baseURL),\($0.clientID),\($0.clientSecret)\n" }.joined()
        try work.write("book.csv", "base_url,client_id,client_secret\n" + credentials)
        let undo = try BuiltTool.run(
            ["undo", "run", "--credentials", "book.csv", "-o", "back.csv"], in: work.path)
        #expect(try Records(csv: work.file("back.csv"))["name"] == ["server-1.pem"], "\(undo.errors)")
        #expect(undo.errors.contains("name"), "\(undo.errors)")
        let back = try BuiltTool.run(
            ["run", "back.csv", "--credentials", "book.csv", "--out", "back"], in: work.path)
        #expect(back.status == 0 && simulator.certificates(on: 1).map(\.name) == before)
    }

    /// The time of day here, and whether a run with these flags may last until 01:00.
    @Test(
        arguments: [
            ("00:30", [], true), ("12:00", [], false), ("12:00", ["--max-duration", "14h"], true),
            ("00:30", ["--max-duration", "10m"], false),
        ] as [(String, [String], Bool)])
    func aRunThatMayLastUntilPBXsRemoveFilesSaysSo(time: String, flags: [String], isTold: Bool) throws {
        defer { try? simulator.stop() }
        let minutes = time.split(separator: ":").compactMap { Int($0) }
        let now = Int(Date().timeIntervalSince1970) / 60 % 1440
        let offset = (minutes[0] * 60 + minutes[1] - now + 1440) % 1440
        // POSIX counts to the west.
        let zone = "T-\(offset / 60):\(offset % 60)"
        try write([(1, "1,good.pem")])
        let run = try BuiltTool.run(
            ["run", "fleet.csv", "--out", "run", "--timeout", "5s"] + flags,
            environment: ["TZ": "TST\(zone.dropFirst())"],
            in: work.path)
        #expect(run.status == 0 && run.errors.contains("PBXs remove files at") == isTold, "\(run.errors)")
        try write([(1, "1,a.pem")], "id,name")
        let other = try BuiltTool.run(
            ["run", "fleet.csv", "--out", "other"], environment: ["TZ": "TST\(zone.dropFirst())"], in: work.path)
        #expect(!other.errors.contains("PBXs remove files"))
    }
}
