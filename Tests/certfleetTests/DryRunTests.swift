import Foundation
import PBXSimulator
import TestSupport
import Testing

/// What `--dry-run` prints, with the built binary.
@Suite(.sideBySide) struct DryRunTests {
    private static let header = "base_url,access_token,client_id,client_secret,id,auto_renewal\n"

    private static func login(_ host: Int, _ line: Int, _ id: String) -> String {
        "line \(line): POST http://127.0.0.\(host):1/openapi/v1.0/get_token {\"username\":\"\(id)\",\"password\":\"***\"}"
    }

    private static func edit(_ host: Int, _ line: Int, _ id: Int) -> String {
        "line \(line): POST http://127.0.0.\(host):1/openapi/v1.0/certificate/update?access_token=*** "
            + "{\"id\":\(id),\"auto_renewal\":0}"
    }

    private static func logout(_ host: Int, _ line: Int) -> String {
        "line \(line): GET http://127.0.0.\(host):1/openapi/v1.0/del_token?access_token=***"
    }

    @Test func everyRequestIsPrintedHostByHost() throws {
        let work = try WorkDirectory()
        let rows = [
            "http://127.0.0.1:1,,a,S3CRET,1,0", "http://127.0.0.2:1,TOK3N,,,1,0", "http://127.0.0.1:1,,a,S3CRET,2,0",
            "http://127.0.0.1:1,TOK3N,,,3,0", "http://127.0.0.1:1,,b,S3CRET,4,0", "http://127.0.0.2:1,TOK3N,,,2,0",
        ]
        try work.write("fleet.csv", Self.header + rows.map { $0 + "\n" }.joined())
        let run = try BuiltTool.run(["run", "fleet.csv", "--dry-run"], in: work.path)
        #expect(run.status == 0)
        let totals = "6 edits on 2 hosts, 10 requests with logins and logouts: nothing was sent"
        #expect(run.errors == "certfleet: \(totals)\n")
        let expected = [
            Self.login(1, 2, "a"), Self.edit(1, 2, 1), Self.edit(1, 4, 2), Self.edit(1, 5, 3), Self.logout(1, 6),
            Self.login(1, 6, "b"), Self.edit(1, 6, 4), Self.logout(1, 6), Self.edit(2, 3, 1), Self.edit(2, 7, 2),
        ]
        #expect(run.lines == expected)
        #expect(try FileManager.default.contentsOfDirectory(atPath: work.path) == ["fleet.csv"])
        let quiet = try BuiltTool.run(["run", "fleet.csv", "--dry-run", "-q"], in: work.path)
        #expect(quiet.lines == expected && quiet.errors.isEmpty)
    }

    @Test func theEditOfACertificateThatIsFoundComesBehindWhatFindsIt() throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "base_url,access_token,match,auto_renewal\nhttp://127.0.0.1:1,TOK3N,only,0\n")
        let lines = try BuiltTool.run(["run", "fleet.csv", "--dry-run"], in: work.path).lines
        #expect(lines.count == 2 && lines[0].hasPrefix("line 2: GET http://127.0.0.1:1/openapi/v1.0/certificate/list?"))
        #expect(lines.last == "line 2: then certificate/update for the one that fits only")
        let verified = try BuiltTool.run(["run", "fleet.csv", "--dry-run", "--verify"], in: work.path)
        let calls = "certificate/get, certificate/update, certificate/get"
        #expect(verified.lines.last == "line 2: then \(calls) for the one that fits only")
        #expect(verified.errors.contains("1 edit on 1 host, 4 requests"))
    }

    @Test func aDryRunIsWhatTheRunThenSends() throws {
        let fleet = try Fleet(hosts: 3, edits: 2)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let dry = try BuiltTool.run(["run", "fleet.csv", "--dry-run"], in: work.path)
        #expect(fleet.simulator.record.isEmpty)
        #expect(try BuiltTool.run(["run", "fleet.csv", "--out", "run"], in: work.path).status == 0)
        for host in fleet.simulator.hosts {
            let calls = dry.lines.filter { $0.contains("\(host.baseURL)/") }.map { line in
                Endpoint.allCases.first { line.contains("/\($0.rawValue)") }
            }
            #expect(calls == fleet.simulator.record.on(host.number).map(\.endpoint))
        }
    }

    @Test func aResumedOneReadsACertificateInDoubtAsTheRunDoes() throws {
        let fleet = try Fleet(hosts: 1, edits: 2)
        defer { try? fleet.simulator.stop() }
        let work = try fleet.runKilledAtItsFirstEdit()
        let resumed = ["run", "fleet.csv", "--out", "run", "--resume"]
        let dry = try BuiltTool.run(resumed + ["--dry-run"], in: work.path)
        #expect(dry.lines.count > 2 && dry.lines[1].contains("/certificate/get?"), "\(dry.output)")
        #expect(try BuiltTool.run(resumed, in: work.path).status == 0)
        let sent = fleet.simulator.record.on(1).map(\.endpoint)
        #expect(sent.prefix(4) == [.getToken, .certificateUpdate, .getToken, .certificateGet], "\(sent)")
    }

    @Test func rowsThatAreDoneAreNoPartOfAResumedOne() throws {
        let fleet = try Fleet(hosts: 2, edits: 2)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.errcode(40002, at: .certificateUpdate, times: 1), on: 2)
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        #expect(try BuiltTool.run(["run", "fleet.csv", "--out", "run"], in: work.path).status == 2)
        let before = try work.read("run/ledger.jsonl")
        let requests = fleet.simulator.record.count
        let dry = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--resume", "--dry-run"], in: work.path)
        #expect(dry.status == 0, "\(dry.errors)")
        #expect(dry.lines.count == 3 && dry.lines.allSatisfy { $0.hasPrefix("line 3: ") }, "\(dry.output)")
        #expect(try work.read("run/ledger.jsonl") == before && fleet.simulator.record.count == requests)
    }

    @Test func aResumedOneAsksForNoCertificateOfARowThatIsDone() throws {
        let fleet = try Fleet(hosts: 1, edits: 3)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.errcode(40002, at: .certificateUpdate, times: 2), on: 1)
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let run = ["run", "fleet.csv", "--out", "run", "--skip-unchanged"]
        #expect(try BuiltTool.run(run, in: work.path).status == 2)
        let dry = try BuiltTool.run(run + ["--resume", "--dry-run"], in: work.path)
        #expect(dry.lines.contains { $0.contains("/certificate/query?") && $0.hasSuffix("&ids=1,2") }, "\(dry.output)")
        let requests = fleet.simulator.record.count
        #expect(try BuiltTool.run(run + ["--resume"], in: work.path).status == 0)
        #expect(fleet.simulator.record.count - requests == dry.lines.count)
    }

    @Test(arguments: [
        ["--pin", "sha256//short"], ["--cacert", "none.pem"], ["--max-duration", "1s"], ["--resume", "--out", "none"],
    ])
    func whatKeepsARunFromStartingKeepsADryOneToo(flags: [String]) throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", Self.header + "http://127.0.0.1:1,TOK3N,,,1,0\n")
        let run = try BuiltTool.run(["run", "fleet.csv", "--dry-run"] + flags, in: work.path)
        #expect(run.status == 64 && run.output.isEmpty, "\(run.errors)")
        #expect(run.errors == (try BuiltTool.run(["run", "fleet.csv"] + flags, in: work.path)).errors)
    }
}
