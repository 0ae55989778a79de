import Foundation
import PBXSimulator
import TestSupport
import Testing

/// What an operator can read, one message after the other, as `Messages.txt` has it; what is said of an input stands in a
/// file of its own, `FleetInputTests/Fixtures/diagnostics.txt`.
@Suite struct MessagesTests {
    @Test func everyMessageIsTheOneInTheFileThatShowsThemAll() throws {
        let page = try [
            ("A command line that cannot be used", Self.refusals()),
            ("What becomes of a row: result.error", Self.sentences()),
            ("What a run says", Self.runs()),
        ].map { "# \($0)\n\n\($1.joined(separator: "\n"))\n" }.joined(separator: "\n")
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Messages.txt")
        let written = try String(contentsOf: file, encoding: .utf8)
        #expect(written == page, "it should be:\n\(page)")
    }

    private static let refused = [
        "", "chekc", "fleet.csv", "--out run", "run --out run", "run fleet.csv --fast", "run fleet.csv --retrie 1",
        "run fleet.csv more", "run none.csv", "run empty.csv", "run fleet.csv --only pbx*", "run fleet.csv --only [",
        "run fleet.csv --only 127.0.0.1:1", "run fleet.csv --shard 3", "run -", "run fleet.csv --resume",
        "run fleet.csv --resume --out none", "run fleet.csv --out held", "run fleet.csv --resume --out lost",
        "run fleet.csv --out fleet.csv", "run fleet.csv --out no/such/folder",
        "run fleet.csv --jobs 0", "run fleet.csv --rate 5", "run fleet.csv --rate-per-host fast",
        "run fleet.csv --retries x", "run fleet.csv --retries 101", "run fleet.csv --retry-delay 1",
        "run fleet.csv --max-host-errors 0", "run fleet.csv --halt-after 0", "run fleet.csv --canary x",
        "run fleet.csv --canary 0", "run fleet.csv --window-end noon", "run fleet.csv --max-duration 4",
        "run fleet.csv --max-duration 5s", "run fleet.csv --connect-timeout 1d", "run fleet.csv --timeout 0s",
        "run fleet.csv --pin sha256//short", "run fleet.csv --cacert none.pem", "run fleet.csv --cacert fleet.csv",
        "run fleet.csv --credentials none.csv", "run fleet.csv --format pdf", "run fleet.csv --encoding latin",
        "run fleet.csv --progress no", "run fleet.csv --log-format xml", "run bad.csv",
        "check bad.csv", "check fleet.csv --delimiter semicolon", "list fleet.csv --expiring-within 30",
        "check fleet.csv --max-problems x", "template --format xls", "providers rout53",
        "CERTFLEET_RATE=7 run fleet.csv", "CERTFLEET_FORMAT=tsv check fleet.csv",
        "CERTFLEET_DRY_RUN=perhaps run fleet.csv",
        "CERTFLEET_CLIENT_ID=a run fleet.csv",
        "CERTFLEET_JOSB=3 run none.csv", "simulate --hosts 0", "simulate --port 70000", "demo --hosts 1",
        "demo --out no/such/folder",
    ]

    /// Each command line with what standard output and standard error get.
    private static func refusals() throws -> [String] {
        let work = try WorkDirectory()
        let header = "base_url,access_token,id,auto_renewal\n"
        try work.write("fleet.csv", header + "http://127.0.0.1:1,t,1,0\n")
        try work.write("bad.csv", header + "http://127.0.0.1:1,t,x,0\nhttp://127.0.0.1:1,t,2,0\n")
        try work.write("empty.csv", header)
        for folder in ["held", "lost"] {
            try FileManager.default.createDirectory(atPath: work.file(folder), withIntermediateDirectories: false)
        }
        try work.write("held/ledger.jsonl", "")
        try work.write("lost/result.csv", "")
        return try refused.map { line in
            let words = line.split(separator: " ").map(String.init)
            let variable = words.first.flatMap { $0.hasPrefix("CERTFLEET_") ? $0.split(separator: "=") : nil }
            let environment = variable.map { [String($0[0]): String($0[1])] } ?? [:]
            let arguments = words.dropFirst(environment.count)
            let run = try BuiltTool.run(Array(arguments), environment: environment, in: work.path)
            let command = words.prefix(environment.count) + ["certfleet"] + arguments
            return "$ \(command.joined(separator: " "))\n\(run.output)\(run.errors)(exit code \(run.status))\n"
        }
    }

    /// What a PBX does to a row.
    private static let faults: [(name: String, fault: Fault)] =
        [10005, 10009, 10001, 10003, 10004, -2, 2, 40002, 60001, 60002, 70004, 70082, 70087, 70123, 70131].map {
            ("errcode \($0)", .errcode($0, at: .certificateUpdate))
        } + [
            (
                "errcode 70004 with a time",
                .answer(body: #"{"errcode":70004,"block_expire_time":"2026-11-26 05:30:00"}"#, at: .certificateUpdate)
            ),
            ("HTTP 302", .status(302, at: .certificateUpdate)), ("HTTP 404", .status(404, at: .certificateUpdate)),
            ("HTTP 429", .status(429, at: .certificateUpdate)), ("HTTP 503", .status(503, at: .certificateUpdate)),
            ("a web page", .garbage(at: .certificateUpdate)),
            ("a relay's web page", .answer(status: 502, body: "<html>", at: .certificateUpdate)),
            ("half an answer", .truncated(at: .certificateUpdate)), ("silence", .silence(at: .certificateUpdate)),
            ("a reset", .reset(at: .certificateUpdate)), ("no answer", .dropAfterReading(at: .certificateUpdate)),
            ("an endless answer", .endless(at: .certificateUpdate)),
        ]
        + [10001, 10003, 10005, 40002, 60002, 70004, 70082, 70087, 70123].map {
            ("a login with errcode \($0)", .errcode($0, at: .getToken))
        } + [
            ("a login with a web page", .garbage(at: .getToken)),
            ("a login with HTTP 404", .status(404, at: .getToken)),
            ("a login without a token", .answer(body: #"{"errcode":0}"#, at: .getToken)),
        ]

    /// What each of them, and a PBX that is not there, makes of its row, and of the row after it.
    private static func sentences() throws -> [String] {
        let fleet = try Fleet(hosts: faults.count, edits: 2)
        defer { try? fleet.simulator.stop() }
        for (host, fault) in zip(fleet.simulator.hosts, faults) {
            fleet.simulator.setUnreadable([fault.fault], on: host.number)
        }
        let nobody = InputRow(url: "http://127.0.0.9:\(fleet.simulator.hosts[0].port)", id: 1, access: .token("t"))
        let rows = fleet.logins.sorted { $0.url == $1.url ? $0.id < $1.id : $0.url < $1.url } + [nobody]
        let run = try FinishedRun(rows, "--retries", "0", "--timeout", "5s", "--connect-timeout", "2s")
        let names = Dictionary(
            uniqueKeysWithValues: zip(fleet.simulator.hosts.map(\.baseURL), faults.map(\.name)))
        let blocks = zip(rows, run.sentences).enumerated().map { index, pair in
            let (row, sentence) = pair
            let name = row.id == 1 ? "\(names[row.url] ?? "nobody is there")\n" : ""
            let shown = sentence.replacing(":\(fleet.simulator.hosts[0].port)", with: ":PORT")
            return (names[row.url] ?? "~", index, "\(name)    \(run.statuses[index]): \(shown)")
        }
        let order = faults.map(\.name) + ["~"]
        return blocks.sorted { left, right in
            (order.firstIndex(of: left.0) ?? 0, left.1) < (order.firstIndex(of: right.0) ?? 0, right.1)
        }.map(\.2)
    }

    /// Runs that end in different ways, with what standard error gets.
    private static func runs() throws -> [String] {
        let flags = [
            [""], ["-v --jobs 1"], ["-q"], ["--halt-after 1 --jobs 1", "--resume --jobs 1"],
            ["--canary 2 --jobs 1"], ["--canary 1 --jobs 1"], ["--insecure"], ["--max-duration 1h --dry-run"],
            ["--window-end 2020-01-01T00:00:00Z", "--resume --dry-run"], ["--progress always --log-format json"],
        ]
        return try flags.flatMap { series in
            let fleet = try Fleet(hosts: 3, edits: 1)
            defer { try? fleet.simulator.stop() }
            fleet.simulator.set(.errcode(60001, at: .certificateUpdate, times: 1), on: 2)
            let work = try WorkDirectory()
            try work.write("fleet.csv", InputRow.csv(fleet.logins))
            return try series.map { flags in
                let arguments = ["run", "fleet.csv", "--out", "run"] + flags.split(separator: " ").map(String.init)
                let run = try BuiltTool.run(arguments, environment: ["TZ": "CET-1"], in: work.path)
                let text = (run.output + run.errors).replacing(":\(fleet.simulator.hosts[0].port)", with: ":PORT")
                return "$ certfleet \(arguments.joined(separator: " "))\n\(steady(text))(exit code \(run.status))\n"
            }
        }
    }

    /// The text without what differs from run to run.
    private static func steady(_ text: String) -> String {
        text.replacing(#/ in [0-9a-z]+s\b/#, with: " in TIME").replacing(/"ms":[0-9]+/, with: "\"ms\":N")
            .replacing(/"time":"[^"]*"/, with: "\"time\":\"TIME\"")
    }
}
