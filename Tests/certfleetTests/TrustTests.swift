import Foundation
import Glibc
import PBXSimulator
import TestSupport
import Testing

/// Whom the built binary trusts: simulated PBXs behind nginx, which terminates TLS.
@Suite(.sideBySide) struct TrustTests {
    private static let otherPin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

    /// A PBX that speaks TLS.
    private struct SecurePBX {
        let fleet: Fleet
        let server: TLSServer

        init(
            name: String = "IP:127.0.0.2", edits: Int = 2, resumption: TLSServer.Resumption = .never,
            version: String? = nil
        ) throws {
            fleet = try Fleet(hosts: 1, edits: edits)
            server = try TLSServer(
                name: name, upstream: fleet.simulator.hosts[0].baseURL, resumption: resumption, version: version)
        }

        func rows(pin: String = "") -> [InputRow] {
            fleet.logins.map { row in
                var row = row
                row.url = String(server.url.dropLast())
                row.pin = pin
                return row
            }
        }
    }

    /// Where a pin or another sign of trust is given.
    enum Pin {
        case none, right, wrong

        func text(_ server: TLSServer) -> String {
            switch self {
            case .none: ""
            case .right: server.pin
            case .wrong: TrustTests.otherPin
            }
        }
    }

    /// What an operator says about trust, and whether the PBX is trusted then.
    struct Case {
        let given: String
        var flag = Pin.none
        var cell = Pin.none
        var hasAuthority = false
        var isInsecure = false
        /// What the certificate is for; another name than the server's own is not trusted by authority.
        var name = "IP:127.0.0.2"
        let isTrusted: Bool
    }

    static let cases = [
        Case(given: "nothing", isTrusted: false),
        Case(given: "--cacert", hasAuthority: true, isTrusted: true),
        Case(given: "--cacert and another name", hasAuthority: true, name: "IP:127.0.0.9", isTrusted: false),
        Case(given: "--insecure", isInsecure: true, name: "IP:127.0.0.9", isTrusted: true),
        Case(given: "a right --pin and another name", flag: .right, name: "IP:127.0.0.9", isTrusted: true),
        Case(given: "a wrong --pin and --cacert", flag: .wrong, hasAuthority: true, isTrusted: false),
        Case(given: "a wrong --pin and --insecure", flag: .wrong, isInsecure: true, isTrusted: false),
        Case(given: "a right tls_pin", cell: .right, isTrusted: true),
        Case(given: "a right tls_pin and a wrong --pin", flag: .wrong, cell: .right, isTrusted: true),
        Case(given: "a wrong tls_pin and a right --pin", flag: .right, cell: .wrong, isTrusted: false),
        Case(given: "a wrong tls_pin and --insecure", cell: .wrong, isInsecure: true, isTrusted: false),
    ]

    @Test(arguments: ["IP:127.0.0.2", "IP:127.0.0.9"])
    func trustIsWhatTheOperatorSays(ofACertificateFor name: String) throws {
        let pbx = try SecurePBX(name: name)
        defer { try? pbx.fleet.simulator.stop() }
        for trust in Self.cases where trust.name == name {
            let before = pbx.fleet.simulator.connections(on: 1)
            var flags = ["--retries", "5", "--retry-delay", "1ms"]
            if trust.hasAuthority { flags += ["--cacert", pbx.server.certificateFile] }
            if trust.isInsecure { flags += ["--insecure"] }
            if trust.flag != .none { flags += ["--pin", trust.flag.text(pbx.server)] }
            let run = try FinishedRun(pbx.rows(pin: trust.cell.text(pbx.server)), flags)
            let (row, requests) = trust.isTrusted ? ("ok - 0 200 1", 4) : ("failed tls - - 0", 2)
            #expect([1, 2].map(run.verdict) == [row, row], "\(trust.given): \(run.sentences)")
            #expect(run.requests == requests && run.retries == 0 && run.status == (trust.isTrusted ? 0 : 2))
            let received = pbx.fleet.simulator.connections(on: 1) - before
            #expect(received == (trust.isTrusted ? 4 : 0), "\(trust.given)")
        }
    }

    @Test(arguments: [true, false]) func theOtherSchemeIsSaidToBeTheOneThatIsSpoken(isTLS: Bool) throws {
        var settings = SimulatorSettings(hosts: 1)
        settings.usesTLS = isTLS
        let simulator = try Simulator.start(settings)
        defer { try? simulator.stop() }
        var row = simulator.hosts[0].row(1)
        row.url = isTLS ? row.url.replacing("https:", with: "http:") : row.url.replacing("http:", with: "https:")
        let run = try FinishedRun([row], ["--retries", "0", "--insecure"])
        #expect(run.verdict(ofRow: 1) == "failed tls - - 0", "\(run.sentences)")
        let said = isTLS ? "begin the URL with https" : "the server speaks plain HTTP where TLS was expected"
        #expect(run.sentences[0].contains(said), "\(run.sentences)")
    }

    @Test func eachRowIsHeldToItsOwnPin() throws {
        let pbx = try SecurePBX(edits: 3)
        defer { try? pbx.fleet.simulator.stop() }
        var rows = pbx.rows(pin: pbx.server.pin)
        rows[1].pin = Self.otherPin
        let run = try FinishedRun(rows)
        #expect(run.statuses == ["ok", "failed", "ok"] && run.classes == ["", "tls", ""], "\(run.sentences)")
        // All over one login, whatever the row in between met.
        #expect(pbx.fleet.requests(.getToken) == 1 && pbx.fleet.simulator.tokenCount(on: 1) == 0)
    }

    @Test(arguments: [[], ["-q"], ["-q", "--log-format", "json"]])
    func insecureWarnsOnEveryRun(flags: [String]) throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let run = try FinishedRun(fleet.logins, ["--insecure"] + flags)
        #expect(run.status == 0)
        #expect(run.errors.contains("--insecure") && run.errors.contains("warning"), "\(run.errors)")
    }

    @Test func withoutInsecureNothingIsWarnedOf() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        #expect(try !FinishedRun(fleet.logins, "-v").errors.contains("warning"))
        #expect(try FinishedRun(fleet.logins, "-q").errors.isEmpty)
    }

    @Test(arguments: ["--pin", "--cacert"])
    func aCertificateThatChangesDuringTheRunIsToldApart(flag: String) throws {
        let pbx = try SecurePBX(edits: 5)
        defer { try? pbx.fleet.simulator.stop() }
        pbx.fleet.simulator.set(.delay(.seconds(1), at: .certificateUpdate), on: 1)
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(pbx.rows()))
        let trust = flag == "--pin" ? pbx.server.pin : pbx.server.certificateFile
        let tool = try RunningTool(
            ["run", "fleet.csv", "--out", "run", flag, trust, "--retries", "5", "--retry-delay", "1ms"], in: work.path)
        // The first edit is under way: as if the PBX took the new certificate into use once it has answered.
        RunningTool.poll { pbx.fleet.simulator.requests(on: 1) == 2 }
        pbx.server.changeKey()
        #expect(tool.wait() == 2, "\(tool.errors)")
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(
            result["result.status"] == ["ok", "failed", "failed", "failed", "skipped"], "\(result["result.error"])")
        #expect(result["result.error_class"] == ["", "tls", "tls", "tls", "host_stopped"])
        #expect(result["result.attempts"] == ["1", "0", "0", "0", "0"])
        #expect(result["result.error"][1].contains(flag == "--pin" ? "pinned" : "authority"))
        // The logout too finds somebody else there and keeps the token to itself.
        #expect(pbx.fleet.simulator.requests(on: 1) == 2)
    }

    private static let edits: [(column: String, value: String, second: String)] = [
        ("auto_renewal", "0", "ok"), ("name", "cert-1.crt", "failed"),
    ]

    /// A session that is resumed does not show the key: after an edit that may change it none is.
    @Test(arguments: [TLSServer.Resumption.byID, .byTicket], edits.indices)
    func afterAnEditOfTheNameTheKeyIsLookedAtAgain(resumption: TLSServer.Resumption, which: Int) throws {
        let edit = Self.edits[which]
        let pbx = try SecurePBX(resumption: resumption)
        defer { try? pbx.fleet.simulator.stop() }
        pbx.fleet.simulator.set(.delay(.seconds(1), at: .certificateUpdate, times: 1), on: 1)
        let (host, url) = (pbx.fleet.simulator.hosts[0], pbx.server.url.dropLast())
        let work = try WorkDirectory()
        let rows = (1...2).map { "\(url),\(host.clientID),\(host.clientSecret),\($0),\(edit.value)\n" }
        try work.write("fleet.csv", "base_url,client_id,client_secret,id,\(edit.column)\n" + rows.joined())
        let flags = ["--out", "run", "--pin", pbx.server.pin, "--retries", "0"]
        let tool = try RunningTool(["run", "fleet.csv"] + flags, in: work.path)
        RunningTool.poll { pbx.fleet.simulator.requests(on: 1) == 2 }
        pbx.server.changeKey()
        #expect(tool.wait() == (edit.second == "ok" ? 0 : 2), "\(tool.errors)")
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == ["ok", edit.second], "\(result["result.error"])")
        #expect(result["result.error_class"][1] == (edit.second == "ok" ? "" : "tls"))
    }

    @Test(arguments: [
        (["--pin", "sha256//short"], "sha256//short"), (["--pin", "md5//AAAA"], "md5//AAAA"),
        (["--cacert", "none.pem"], "none.pem"),
        (["--cacert", "fleet.csv"], "fleet.csv"),
    ])
    func aTrustThatCannotBeUsedIsRefused(flags: [String], named: String) throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run"] + flags, in: work.path)
        #expect(run.status == 64 && run.errors.contains(named), "\(run.errors)")
        #expect(fleet.simulator.connections(on: 1) == 0)
        #expect(!FileManager.default.fileExists(atPath: work.file("run")))
    }

    @Test func theKeysOfConnectionsAreWrittenNowhere() throws {
        let pbx = try SecurePBX()
        defer { try? pbx.fleet.simulator.stop() }
        let work = try WorkDirectory()
        let run = try FinishedRun(pbx.rows(), "--insecure", environment: ["SSLKEYLOGFILE": work.file("keys")])
        #expect(run.status == 0, "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: work.file("keys")))
    }

    @Test func simulatedPBXsThatSpeakTLSLetAPersonTryPins() throws {
        let work = try WorkDirectory()
        let simulate = try RunningTool(["simulate", "--hosts", "2", "--port", "0", "--tls"], in: work.path)
        defer {
            simulate.send(SIGTERM)
            _ = simulate.wait()
        }
        RunningTool.poll { simulate.errors.contains("the key of all of them is ") }
        let pin = try #require(simulate.errors.firstMatch(of: /sha256\/\/\S+/)).output
        try work.write("hosts.csv", work.read("stdout"))
        let pins = try BuiltTool.run(["pins", "hosts.csv", "-o", "pinned.csv"], in: work.path)
        #expect(pins.status == 0, "\(pins.errors)")
        #expect(try Records(csv: work.file("pinned.csv"))["tls_pin"] == [String(pin), String(pin)])
        for (file, pin, status) in [("pinned.csv", "", 0), ("hosts.csv", String(pin), 0), ("hosts.csv", "", 2)] {
            let flags = ["--set", "id=1", "--set", "auto_renewal=0"] + (pin.isEmpty ? [] : ["--pin", pin])
            let run = try BuiltTool.run(["run", file, "--retries", "0"] + flags, in: work.path)
            #expect(run.status == Int32(status), "\(run.errors)")
        }
    }
}
