import Platform
import Foundation
import Glibc
import PBXSimulator
import TestSupport
import Testing

/// Canary secrets in every place a secret can be given, through every way a run can go.
@Suite(.sideBySide) struct SecretTests {
    /// Values whose plain, URL-encoded and base64 forms all differ.
    private static let secrets = [
        "token": "TK/canary+1&x", "secret": "CS/canary+2&x", "cell": "SV/canary+3&x", "list": "LI/canary+4&x",
        "env": "EN/canary+5&x", "file": "FI/canary+6&x", "book": "BK/canary+7&x", "variable": "VA/canary+8&x",
    ]

    @Test(arguments: [[], ["-v"], ["-v", "--log-format", "json"]])
    func noSecretIsWrittenAnywhereWhateverHappens(flags: [String]) throws {
        let play = try Play(flags: flags)
        defer { play.end() }
        for fault in Self.faults {
            for host in play.simulator.hosts { play.simulator.set(fault, on: host.number) }
            try play.run()
        }
        for fault in [nil, Fault.echo(at: .certificateGet), .echo(at: .certificateList)] {
            for host in play.simulator.hosts { play.simulator.set(fault, on: host.number) }
            try play.read()
        }
        for signal in [SIGKILL, SIGILL, SIGSEGV] { try play.run(killedBy: signal) }
        try play.expectNoSecret()
    }

    @Test func aCheckThatFailsShowsNoSecret() throws {
        let work = try WorkDirectory()
        let secret = Self.secrets["cell"] ?? ""
        try work.write(
            "bad.csv",
            "base_url,access_token,id,auto_renewal,dns_provider,auth.Key,auth.N:int,auth.B:bool\n"
                + "http://127.0.0.1:1,\(secret),x,1,arvancloud,\(secret),\(secret),\(secret)\n"
                + "http://127.0.0.1:1,\(secret),1,1,arvancloud,***,5,true,\(secret)\n")
        let result = try BuiltTool.run(["check", "bad.csv"], in: work.path)
        #expect(result.status == 3)
        #expect(!result.output.contains(secret) && !result.errors.contains(secret), "\(result.output)")
    }

    @Test func aLoginThatIsEchoedInAnotherFormIsMasked() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let host = fleet.simulator.hosts[0]
        let hex = { (byte: UInt8) in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
        let forms = [
            Data("\(host.clientID):\(host.clientSecret)".utf8).base64EncodedString(),
            host.clientSecret.utf8.map { "%" + hex($0) }.joined(),
            host.clientSecret.utf8.map { #"\u00"# + hex($0) }.joined(),
        ]
        let errmsg = forms.joined(separator: " ").replacingOccurrences(of: #"\"#, with: #"\\"#)
        fleet.simulator.set(.answer(body: #"{"errcode":40002,"errmsg":"\#(errmsg)"}"#, at: .certificateUpdate), on: 1)
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run"], in: work.path)
        #expect(try Records(csv: work.file("run/result.csv"))["result.errmsg"] == ["*** *** ***"], "\(run.errors)")
        let texts = try ["result.csv", "ledger.jsonl", "report.html"].map { try work.read("run/\($0)") } + [run.errors]
        for text in texts { #expect(!forms.contains { text.contains($0) }, "\(text)") }
    }

    private static var faults: [Fault?] {
        [
            nil, .echo(), .echo(at: .certificateUpdate), .garbage(at: .certificateUpdate),
            .status(500, at: .certificateUpdate),
            .errcode(40002, at: .certificateUpdate),
            .silence(at: .certificateUpdate), .truncated(at: .certificateUpdate),
            .errcode(10004, at: .certificateUpdate), .reset(at: .getToken), .echo(at: .certificateUpload),
        ]
    }

    /// An input with a secret in every place, and all that its runs wrote.
    private final class Play {
        let simulator: Simulator
        private let work: WorkDirectory
        private let flags: [String]
        private let keyLines: [String]
        private var written = ""

        init(flags: [String]) throws {
            self.flags = flags
            let secrets = SecretTests.secrets
            var settings = SimulatorSettings(hosts: 7)
            settings.presetTokens = [secrets["token"] ?? "", secrets["variable"] ?? ""]
            settings.credentials = .shared(id: "app", secret: secrets["secret"] ?? "")
            simulator = try Simulator.start(settings)
            work = try WorkDirectory()
            _ = try CertificateSamples(in: work)
            // First in what a PBX echoes, of which only the beginning is shown.
            let key = try work.read("key.pem")
            try work.write("file.pem", key + work.read("bare.pem"))
            keyLines = key.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("-") }
            try writeInput()
        }

        private func writeInput() throws {
            let secrets = SecretTests.secrets.mapValues { $0 }
            let list = #"[{""k"":""K"",""sv"":""\#(secrets["list"] ?? "")""}]"#
            let urls = simulator.hosts.map(\.baseURL)
            let rows = [
                "\(urls[0]),\(secrets["token"] ?? ""),,,1,1,arvancloud,\(secrets["cell"] ?? ""),,",
                "\(urls[1]),,app,\(secrets["secret"] ?? ""),1,1,arvancloud,,\"\(list)\",",
                "\(urls[2]),env:CANARY,,,1,1,arvancloud,env:CANARY,,",
                "\(urls[3]),,app,file:secret.txt,1,1,arvancloud,file:secret.txt,,",
                "\(urls[4]),,,,1,0,,,,", "\(urls[5]),,,,1,0,,,,", "\(urls[6]),,,,1,,,,,file.pem",
            ]
            let header =
                "base_url,access_token,client_id,client_secret,id,auto_renewal,dns_provider,auth.Key,auth_info_list,"
                + "cert_file\n"
            try work.write("fleet.csv", header + rows.joined(separator: "\n") + "\n")
            try work.write("secret.txt", "\(secrets["file"] ?? "")\n")
            try work.write("book.csv", "base_url,client_id,client_secret\n\(urls[4]),app,\(secrets["book"] ?? "")\n")
            chmod(work.file("book.csv"), 0o600)
            try FileManager.default.createDirectory(atPath: work.file("runs"), withIntermediateDirectories: true)
        }

        private var arguments: [String] {
            [
                "run", "fleet.csv", "--credentials", "book.csv", "--retries", "1", "--retry-delay", "1ms", "--timeout",
                "1s",
            ] + flags
        }

        private var environment: [String: String] {
            [
                "CANARY": SecretTests.secrets["env"] ?? "",
                "CERTFLEET_ACCESS_TOKEN": SecretTests.secrets["variable"] ?? "",
            ]
        }

        func run() throws {
            let result = try BuiltTool.run(
                arguments + ["--out", "runs/\(UUID().uuidString)"], environment: environment, in: work.path)
            #expect([0, 2].contains(result.status), "\(result.errors)")
            written += result.output + result.errors
        }

        /// The commands that read, on PBXs that hold secrets by now.
        func read() throws {
            for command in ["plan", "list", "export"] {
                let result = try BuiltTool.run(
                    [command] + arguments.dropFirst(), environment: environment, in: work.path)
                #expect([0, 2].contains(result.status), "\(result.errors)")
                written += result.output + result.errors
            }
        }

        /// A run that dies, with everything switched on that writes about such a death.
        func run(killedBy signal: Int32) throws {
            for host in simulator.hosts { simulator.set(.silence(at: .certificateUpdate), on: host.number) }
            var limit = rlimit(rlim_cur: .max, rlim_max: .max)
            setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
            let tool = try RunningTool(
                arguments + ["--out", "runs/killed-\(signal)", "--jobs", "1"],
                environment: environment.merging(["SWIFT_BACKTRACE": "enable=yes"]) { $1 }, in: work.path)
            try RunningTool.poll { try !Ledger(work.file("runs/killed-\(signal)/ledger.jsonl")).rows("sent").isEmpty }
            let id = tool.process.pid
            written += try String(contentsOfFile: "/proc/\(id)/cmdline", encoding: .utf8)
            let limits = try String(contentsOfFile: "/proc/\(id)/limits", encoding: .utf8)
            let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
            #expect(core?.split(separator: " ").dropFirst(4).first == "0", "\(limits)")
            tool.send(signal)
            #expect(tool.wait() == -signal)
            written += try work.read("stdout") + work.read("stderr")
        }

        func expectNoSecret() throws {
            let folder = work.file("runs")
            let files = try FileManager.default.subpathsOfDirectory(atPath: folder)
            #expect(files.contains { $0.hasSuffix("ledger.jsonl") } && files.contains { $0.hasSuffix("result.csv") })
            var bytes = Data(written.utf8)
            for file in files { bytes += (try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(file)"))) ?? Data() }
            // What the PBX echoed of the file was shown, but for its lines.
            #expect(bytes.range(of: Data("BEGIN PRIVATE KEY".utf8)) != nil)
            let secrets = SecretTests.secrets.map { ($0, $1) } + keyLines.map { ("a line of a key", $0) }
            for (place, secret) in secrets {
                for form in SecretTests.forms(of: secret) {
                    #expect(
                        bytes.range(of: Data(form.utf8)) == nil, "the secret given as \(place) was written as \(form)")
                }
            }
        }

        func end() {
            try? simulator.stop()
        }
    }

    /// Plain, JSON-escaped, URL-encoded and base64.
    private static func forms(of secret: String) -> [String] {
        let encoded = secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? secret
        let base64 = Data(secret.utf8).base64EncodedString().prefix { $0 != "=" }.dropLast()
        return [
            secret, secret.replacingOccurrences(of: "/", with: "\\/"), encoded, encoded.lowercased(), String(base64),
        ]
    }
}
