import Foundation
import PBXSimulator
import TestSupport
import Testing

/// Rows that find their certificate by what it is, over several runs, with the built binary.
@Suite(.sideBySide) struct MatchTests {
    /// One PBX with the certificates 5, 6 and so on, of these files.
    private struct Sheet {
        let simulator: Simulator
        let work: WorkDirectory
        private let host: SimulatedHost

        init(_ names: [String]) throws {
            var settings = SimulatorSettings(hosts: 1)
            settings.certificates = zip(5..., names).map { SimulatedCertificate(id: $0, name: $1) }
            simulator = try Simulator.start(settings)
            work = try WorkDirectory()
            host = simulator.hosts[0]
        }

        /// Writes rows that give the file that they find another name, each as `OLD>NEW`.
        func write(_ rows: String...) throws {
            let login = "\(host.baseURL),\(host.clientID),\(host.clientSecret)"
            let lines = rows.map { row in
                let names = row.split(separator: ">")
                return "\(login),name=\(names[0]),\(names[1])\n"
            }
            try work.write("fleet.csv", "base_url,client_id,client_secret,match,name\n" + lines.joined())
        }

        func run(_ flags: [String] = []) throws -> (status: Int32, result: Records) {
            let quick = ["--retries", "0", "--retry-delay", "1ms"]
            let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run"] + quick + flags, in: work.path)
            return (run.status, try Records(csv: work.file("run/result.csv")))
        }

        var names: [String] { simulator.certificates(on: 1).map(\.name) }
        var edits: Int { simulator.record.of(.certificateUpdate).count }
    }

    /// Makes the PBX carry out an edit without a word, and not be read at once.
    private static let lost: [Fault] = [
        .dropAfterReading(at: .certificateUpdate, times: 1), .status(503, at: .certificateGet, times: 1),
    ]

    @Test func aRowInDoubtIsFinishedOnTheCertificateThatItFound() throws {
        let sheet = try Sheet(["a.pem", "b.pem"])
        defer { try? sheet.simulator.stop() }
        // Once the first row is done, the second one's certificate looks like the first one's did.
        try sheet.write("b.pem>c.pem", "a.pem>b.pem")
        sheet.simulator.set(Self.lost, on: 1)
        let first = try sheet.run()
        #expect(first.result["result.status"] == ["unknown", "ok"] && sheet.names == ["b.pem", "c.pem"])
        let second = try sheet.run(["--resume"])
        #expect(second.status == 0 && second.result["result.status"] == ["ok", "ok"], "\(second)")
        #expect(sheet.names == ["b.pem", "c.pem"] && sheet.edits == 2)
        #expect(second.result["result.verified"][0] == "yes")
    }

    @Test(arguments: [[], ["--undo"], ["--verify"]])
    func aRowThatWasKilledAfterItsEditIsFinishedOnTheCertificateThatItFound(flags: [String]) throws {
        let sheet = try Sheet(["a.pem", "b.pem"])
        defer { try? sheet.simulator.stop() }
        try sheet.write("b.pem>c.pem", "a.pem>b.pem")
        sheet.simulator.set(.silence(at: .certificateUpdate, times: 1), on: 1)
        let killed = try RunningTool(["run", "fleet.csv", "--out", "run"] + flags, in: sheet.work.path)
        RunningTool.poll { sheet.names == ["a.pem", "c.pem"] }
        killed.send(SIGKILL)
        _ = killed.wait()
        let second = try sheet.run(flags + ["--resume"])
        #expect(second.status == 0 && second.result["result.status"] == ["ok", "ok"], "\(second)")
        #expect(sheet.names == ["b.pem", "c.pem"] && sheet.edits == 2)
    }

    @Test func aRowWhoseCertificateNobodyKnowsAnyMoreIsNotSent() throws {
        let sheet = try Sheet(["a.pem"])
        defer { try? sheet.simulator.stop() }
        try sheet.write("a.pem>b.pem")
        sheet.simulator.set(Self.lost, on: 1)
        #expect(try sheet.run().result["result.status"] == ["unknown"])
        let ledger = try sheet.work.read("run/ledger.jsonl")
        try sheet.work.write("run/ledger.jsonl", ledger.replacing(#""id":5,"#, with: ""))
        let requests = sheet.simulator.record.count
        let resumed = ["run", "fleet.csv", "--out", "run", "--resume"]
        let dry = try BuiltTool.run(resumed + ["--dry-run"], in: sheet.work.path)
        #expect(dry.lines.count == 1 && dry.output.hasPrefix("line 2: not sent: an earlier run may have"), "\(dry)")
        let again = try BuiltTool.run(resumed, in: sheet.work.path)
        #expect(again.status == 2 && again.errors.contains("the ledger does not name, and is not sent"), "\(again)")
        #expect(!again.errors.contains("unreachable") && sheet.simulator.record.count == requests, "\(again)")
        #expect(try Records(csv: sheet.work.file("run/result.csv"))["result.status"] == ["unknown"])
    }

    @Test func anEditThatWasLostAndNotMadeIsMadeOnTheCertificateThatWasFound() throws {
        let sheet = try Sheet(["a.pem"])
        defer { try? sheet.simulator.stop() }
        try sheet.write("a.pem>b.pem")
        sheet.simulator.set(Self.lost, on: 1)
        #expect(try sheet.run().result["result.status"] == ["unknown"])
        // Somebody gave it a third name, and its own to another one.
        sheet.simulator.set(SimulatedCertificate(id: 5, name: "x.pem"), on: 1)
        sheet.simulator.set(SimulatedCertificate(id: 6, name: "a.pem"), on: 1)
        #expect(try sheet.run(["--resume"]).status == 0)
        #expect(sheet.names == ["b.pem", "a.pem"] && sheet.edits == 2)
    }

    @Test func aRowDoesNotFindTheCertificateOfARowThatIsDone() throws {
        let sheet = try Sheet(["a.pem", "b.pem"])
        defer { try? sheet.simulator.stop() }
        try sheet.write("a.pem>b2.pem")
        #expect(try sheet.run().status == 0)
        try sheet.write("a.pem>b2.pem", "b2.pem>c.pem", "b.pem>d.pem")
        let second = try sheet.run(["--resume"])
        #expect(second.result["result.status"] == ["ok", "failed", "ok"] && sheet.names == ["b2.pem", "d.pem"])
        #expect(second.result["result.error"][1].hasSuffix("is that of another row, too"), "\(second.result)")
    }

    @Test func aRowThatWasMadeInPartFindsItsCertificateAgain() throws {
        let sheet = try Sheet(["a.pem"])
        defer { try? sheet.simulator.stop() }
        try sheet.write("a.pem>b.pem")
        sheet.simulator.set(.errcode(1, isCarriedOut: true, at: .certificateUpdate, times: 1), on: 1)
        #expect(try sheet.run().result["result.status"] == ["failed"])
        #expect(try sheet.run(["--resume"]).status == 0 && sheet.edits == 2)
    }

    @Test(arguments: [
        Fault.errcode(10001, at: .certificateList), .errcode(10009, at: .certificateList),
        .garbage(at: .certificateList),
    ])
    func aListThatCannotBeReadIsAskedForOnce(fault: Fault) throws {
        let sheet = try Sheet(["a.pem", "b.pem", "c.pem"])
        defer { try? sheet.simulator.stop() }
        try sheet.write("a.pem>x.pem", "b.pem>y.pem", "c.pem>z.pem")
        sheet.simulator.set(fault, on: 1)
        let run = try sheet.run()
        #expect(run.result["result.status"] == ["failed", "failed", "failed"] && sheet.edits == 0)
        #expect(Set(run.result["result.error"]).count == 1, "\(run.result)")
        #expect(sheet.simulator.record.of(.certificateList).count == 1)
    }

    /// What is told of a row is what it found, whichever rows stand before it and are left out.
    @Test func aRowIsToldWithTheCertificateThatItFound() throws {
        let sheet = try Sheet(["a.pem"])
        defer { try? sheet.simulator.stop() }
        try sheet.write("a.pem>b.pem")
        let lines = try sheet.work.read("fleet.csv").split(separator: "\n")
        try sheet.work.write("fleet.csv", "\(lines[0])\nelsewhere.example.com,c,s,only,x.pem\n\(lines[1])\n")
        let flags = ["--out", "run", "--only", "127.*", "-v", "--log-format", "json"]
        let run = try BuiltTool.run(["run", "fleet.csv"] + flags, in: sheet.work.path)
        #expect(run.status == 0 && sheet.names == ["b.pem"], "\(run.errors)")
        #expect(run.errors.contains(#""id":5,"line":3,"#) && !run.errors.contains(#""id":0,"#), "\(run.errors)")
    }
}
