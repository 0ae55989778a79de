import PBXSimulator
import TestSupport
import Testing

/// What becomes of a row by what came back for its edit, with the built binary.
@Suite(.sideBySide) struct VerdictTests {
    /// What a PBX does, and what is expected of its row after one retry: status, class, errcode, HTTP status and edit
    /// requests, a dash for what is empty. Two requests where the failure is worth a retry.
    typealias Case = (name: String, fault: Fault, verdict: String)

    /// JSON that no standard allows: behind a byte order mark, and with raw control characters in a text.
    private static let sloppy = "\u{FEFF}{\"errmsg\":\"a\n\u{1}b\",\"errcode\":-9223372036854775808}\0"

    /// A JSON object with an integer errcode counts, whatever the HTTP status.
    private static let answered: [Case] = [
        ("errcode 0 with HTTP 500", .body(#"{"errcode":0}"#, 500), "ok - 0 500 1"),
        ("errcode 0 with HTTP 404", .body(#"{"errcode":0,"errmsg":"SUCCESS"}"#, 404), "ok - 0 404 1"),
        ("errcode 0 as text", .body(#"{"errcode":"0"}"#), "ok - 0 200 1"),
        ("errcode 60001 as text", .body(#"{"errcode":"60001"}"#, 403), "failed api 60001 403 1"),
        ("errcode 40002 with HTTP 503", .body(#"{"errcode":40002}"#, 503), "failed api 40002 503 1"),
        ("errcode -2 with HTTP 404", .body(#"{"errcode":-2}"#, 404), "failed api -2 404 2"),
        ("errcode 1, partial success", .body(#"{"errcode":1}"#), "failed api 1 200 1"),
        ("errcode 2, processing", .body(#"{"errcode":2}"#), "unknown api 2 200 1"),
        ("an errcode nobody documents", .body(#"{"errcode":-77}"#), "failed api -77 200 1"),
        ("the least errcode there is", .body(sloppy), "failed api -9223372036854775808 200 1"),
    ]

    private static let unanswered: [Case] = [
        ("silence", .silence(), "unknown timeout - - 2"),
        ("a reset", .reset(), "unknown protocol - - 2"),
        ("a connection closed after reading", .dropAfterReading(), "unknown protocol - - 2"),
    ]

    private static let withoutErrcode: [Case] = [
        ("HTTP 500", .status(500), "unknown protocol - 500 2"),
        ("HTTP 502 in HTML", .body("<html>bad gateway</html>", 502), "unknown protocol - 502 2"),
        ("HTTP 429", .status(429), "failed protocol - 429 2"),
        ("HTTP 401", .status(401), "failed protocol - 401 1"),
        ("HTTP 404 in JSON", .body(#"{"error":"not found"}"#, 404), "failed protocol - 404 1"),
    ]

    private static let unreadable: [Case] = [
        ("HTML", .garbage(), "unknown protocol - 200 1"),
        ("an empty body", .body(""), "unknown protocol - 200 1"),
        ("half an answer", .truncated(), "unknown protocol - 200 1"),
        ("an answer without end", .endless(), "unknown protocol - 200 1"),
        ("success in more than 1 MiB", .body(padded), "unknown protocol - 200 1"),
        ("no object", .body("[0]"), "unknown protocol - 200 1"),
        ("an errcode of null", .body(#"{"errcode":null}"#), "unknown protocol - 200 1"),
        ("an errcode of false", .body(#"{"errcode":false}"#), "unknown protocol - 200 1"),
        ("an errcode that is no number", .body(#"{"errcode":"0 or so"}"#), "unknown protocol - 200 1"),
    ]

    private static var padded: String { #"{"errcode":0,"errmsg":""# + String(repeating: "x", count: 1 << 20) + #""}"# }

    /// The parts of the table, each a run with a PBX for every case.
    enum Part: CaseIterable {
        case answered, unanswered, withoutErrcode, unreadable
    }

    @Test(arguments: Part.allCases)
    func whatComesBackForTheEditDecides(part: Part) throws {
        let cases =
            switch part {
            case .answered: Self.answered
            case .unanswered: Self.unanswered
            case .withoutErrcode: Self.withoutErrcode
            case .unreadable: Self.unreadable
            }
        let fleet = try Fleet(hosts: cases.count, edits: 1)
        defer { try? fleet.simulator.stop() }
        for (host, expected) in zip(fleet.simulator.hosts, cases) {
            fleet.simulator.setUnreadable([expected.fault], on: host.number)
        }
        let run = try FinishedRun(
            fleet.withoutLogin, "--retries", "1", "--retry-delay", "10ms", "--timeout",
            part == .unanswered ? "1s" : "30s")
        for (index, expected) in cases.enumerated() {
            #expect(run.verdict(ofRow: index + 1) == expected.verdict, "\(expected.name): \(run.sentences[index])")
            let attempts = try #require(expected.verdict.split(separator: " ").last.flatMap { Int($0) })
            // Each request that brought no word on the edit is followed by one that asks what became of it.
            let isDoubtful = expected.verdict.hasPrefix("unknown")
            let connections = isDoubtful ? 2 * attempts : attempts
            #expect(fleet.simulator.connections(on: index + 1) == connections, "\(expected.name)")
        }
        #expect(run.status == 2)
        #expect(run.requests == (1...cases.count).map { fleet.simulator.connections(on: $0) }.reduce(0, +))
    }

    @Test func anEditWhoseBodyNeverLeftIsNoAttempt() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.dropBeforeReading(), on: 1)
        let run = try FinishedRun(fleet.withoutLogin, "--retries", "1", "--retry-delay", "10ms")
        // Whether a body had left when its connection was closed is a matter of luck.
        let hasLeft = run.attempts != ["0"]
        #expect(run.statuses == [hasLeft ? "unknown" : "failed"] && run.classes == ["protocol"], "\(run.sentences)")
        // One that has left is asked about, twice.
        #expect(fleet.simulator.connections(on: 1) == (hasLeft ? 3 : 2) && run.requests == (hasLeft ? 3 : 2))
    }

    /// After a request that may have been carried out, a later one that was not proves nothing; an answer does.
    @Test func aDoubtIsOnlyTakenAwayByAnAnswer() throws {
        let fleet = try Fleet(hosts: 3, edits: 1)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.setUnreadable([.reset(times: 1), .status(429)], on: 1)
        fleet.simulator.setUnreadable([.status(500, times: 1), .status(401)], on: 2)
        fleet.simulator.setUnreadable([.dropAfterReading(times: 1), .errcode(40002)], on: 3)
        let run = try FinishedRun(fleet.withoutLogin, "--retries", "1", "--retry-delay", "10ms")
        #expect(run.verdict(ofRow: 1) == "unknown protocol - 429 2")
        #expect(run.verdict(ofRow: 2) == "unknown protocol - 401 2")
        #expect(run.verdict(ofRow: 3) == "failed api 40002 200 2")
        #expect(run.sentences.prefix(2).allSatisfy { $0.contains("may have been carried out") })
    }

    @Test func anEditThatWasSentStaysUnknownWhenThePBXThenGoesAway() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.silence(), on: 1)
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(fleet.withoutLogin))
        let tool = try RunningTool(
            ["run", "fleet.csv", "--out", "run", "--timeout", "1s", "--retry-delay", "1ms", "--retries", "2"],
            in: work.path)
        RunningTool.poll { fleet.simulator.requests(on: 1) == 1 }
        try fleet.simulator.set(.refusing, on: 1)
        #expect(tool.wait() == 2)
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == ["unknown"] && result["result.attempts"] == ["1"])
    }

    /// Why no connection comes about.
    enum Obstacle: CaseIterable {
        case nobodyListens, noAnswer, unknownName
    }

    @Test(arguments: Obstacle.allCases)
    func aPBXThatWasNeverReachedFailsTheRow(obstacle: Obstacle) throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        var rows = fleet.withoutLogin
        switch obstacle {
        case .nobodyListens: try fleet.simulator.set(.refusing, on: 1)
        case .noAnswer: try fleet.simulator.set(.blackholed, on: 1)
        case .unknownName: rows[0].url = "https://pbx.invalid"
        }
        let run = try FinishedRun(
            rows, "--retries", "2", "--retry-delay", "10ms", "--connect-timeout", "200ms")
        #expect(run.statuses == ["failed"] && run.classes == ["connect"], "\(run.sentences)")
        #expect(run.errcodes == [""] && run.result["result.http_status"] == [""] && run.attempts == ["0"])
        #expect(run.requests == 3 && run.retries == 2)
        #expect(run.hosts == ["total": 1, "stopped": 0, "unreachable": 1])
        #expect(fleet.simulator.record.isEmpty && run.status == 2)
    }

    @Test func aRedirectIsNotFollowed() throws {
        let statuses = [301, 302, 303, 307, 308]
        let fleet = try Fleet(hosts: statuses.count + 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let elsewhere = fleet.simulator.hosts[statuses.count].baseURL + "/openapi/v1.0/certificate/update"
        for (host, status) in zip(fleet.simulator.hosts, statuses) {
            fleet.simulator.set(
                .answer(status: status, headers: [("Location", elsewhere)], body: ""), on: host.number)
        }
        let run = try FinishedRun(Array(fleet.withoutLogin.dropLast()))
        for (row, status) in zip(1..., statuses) {
            #expect(run.verdict(ofRow: row) == "failed protocol - \(status) 1")
            #expect(run.sentences[row - 1].contains("redirect"))
        }
        #expect(fleet.simulator.connections(on: statuses.count + 1) == 0)
    }

    @Test func aHostThatFailsDoesNotTouchTheOthers() throws {
        let fleet = try Fleet(hosts: 4, edits: 2)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.garbage(at: .certificateUpdate), on: 1)
        try fleet.simulator.set(.refusing, on: 2)
        fleet.simulator.set(.errcode(40002, at: .certificateUpdate), on: 3)
        let run = try FinishedRun(fleet.logins, "--retries", "0")
        #expect(run.statuses == ["unknown", "failed", "failed", "ok", "unknown", "failed", "failed", "ok"])
        #expect(run.classes == ["protocol", "connect", "api", "", "protocol", "connect", "api", ""])
        #expect(run.summary["errcodes"] as? [String: Int] == ["0": 2, "40002": 2])
        // Also where an edit failed the login is over when the run is.
        for host in fleet.simulator.hosts { #expect(fleet.simulator.tokenCount(on: host.number) == 0) }
    }
}

extension Fault {
    fileprivate static func body(_ body: String, _ status: Int = 200) -> Fault {
        .answer(status: status, body: body)
    }
}
