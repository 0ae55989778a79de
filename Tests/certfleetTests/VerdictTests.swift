import PBXSimulator
import TestSupport
import Testing

/// What becomes of a row by what came back for its edit, with the built binary.
@Suite struct VerdictTests {
    /// A row of the table: what the PBX does, and what is expected of a run with one retry.
    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let fault: Fault
        let status: String
        let errorClass: String
        var errcode = ""
        var httpStatus = ""
        /// Edit requests: 2 when the failure is worth a retry.
        var attempts = 1
    }

    /// A JSON object with an integer errcode counts, whatever the HTTP status.
    static let answered = [
        Case("errcode 0 with HTTP 500", .body(#"{"errcode":0}"#, 500), "ok", "", errcode: "0", http: "500"),
        Case(
            "errcode 0 with HTTP 404", .body(#"{"errcode":0,"errmsg":"SUCCESS"}"#, 404), "ok", "", errcode: "0",
            http: "404"),
        Case("errcode 0 as text", .body(#"{"errcode":"0"}"#), "ok", "", errcode: "0", http: "200"),
        Case(
            "errcode 60001 as text", .body(#"{"errcode":"60001"}"#, 403), "failed", "api", errcode: "60001", http: "403"
        ),
        Case(
            "errcode 40002 with HTTP 503", .body(#"{"errcode":40002}"#, 503), "failed", "api", errcode: "40002",
            http: "503"),
        Case("errcode 1, partial success", .body(#"{"errcode":1}"#), "failed", "api", errcode: "1", http: "200"),
        Case("errcode 2, processing", .body(#"{"errcode":2}"#), "unknown", "api", errcode: "2", http: "200"),
        Case("an errcode nobody documents", .body(#"{"errcode":-77}"#), "failed", "api", errcode: "-77", http: "200"),
    ]

    static let unanswered = [
        Case("silence", .silence(), "unknown", "timeout", attempts: 2),
        Case("a reset", .reset(), "unknown", "protocol", attempts: 2),
        Case("a connection closed after reading", .dropAfterReading(), "unknown", "protocol", attempts: 2),
        Case("a connection closed before reading", .dropBeforeReading(), "unknown", "protocol", attempts: 2),
    ]

    static let withoutErrcode = [
        Case("HTTP 500", .status(500), "unknown", "protocol", http: "500", attempts: 2),
        Case(
            "HTTP 502 in HTML", .body("<html>bad gateway</html>", 502), "unknown", "protocol", http: "502", attempts: 2),
        Case("HTTP 429", .status(429), "failed", "protocol", http: "429", attempts: 2),
        Case("HTTP 401", .status(401), "failed", "protocol", http: "401"),
        Case("HTTP 404 in JSON", .body(#"{"error":"not found"}"#, 404), "failed", "protocol", http: "404"),
    ]

    static let unreadable = [
        Case("HTML", .garbage(), "unknown", "protocol", http: "200"),
        Case("an empty body", .body(""), "unknown", "protocol", http: "200"),
        Case("half an answer", .truncated(), "unknown", "protocol", http: "200"),
        Case("an answer without end", .endless(), "unknown", "protocol", http: "200"),
        Case("success in more than 1 MiB", .body(padded), "unknown", "protocol", http: "200"),
        Case("no object", .body("[0]"), "unknown", "protocol", http: "200"),
        Case("an errcode of null", .body(#"{"errcode":null}"#), "unknown", "protocol", http: "200"),
        Case("an errcode of false", .body(#"{"errcode":false}"#), "unknown", "protocol", http: "200"),
        Case("an errcode that is no number", .body(#"{"errcode":"0 or so"}"#), "unknown", "protocol", http: "200"),
    ]

    private static var padded: String { #"{"errcode":0,"errmsg":""# + String(repeating: "x", count: 1 << 20) + #""}"# }

    @Test(arguments: answered + unanswered + withoutErrcode + unreadable)
    func whatComesBackForTheEditDecides(expected: Case) throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(expected.fault, on: 1)
        let run = try FinishedRun(
            fleet.withoutLogin, "--retries", "1", "--retry-delay", "10ms",
            "--timeout", expected.errorClass == "timeout" ? "1s" : "30s")
        #expect(run.statuses == [expected.status] && run.classes == [expected.errorClass], "\(run.sentences)")
        #expect(run.errcodes == [expected.errcode])
        #expect(run.result["result.http_status"] == [expected.httpStatus])
        #expect(run.attempts == [String(expected.attempts)])
        #expect(run.requests == expected.attempts && run.retries == expected.attempts - 1)
        #expect(fleet.simulator.connections(on: 1) == expected.attempts)
        #expect(run.status == (expected.status == "ok" ? 0 : 2))
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
            rows, "--retries", "2", "--retry-delay", "10ms", "--connect-timeout", "500ms")
        #expect(run.statuses == ["failed"] && run.classes == ["connect"], "\(run.sentences)")
        #expect(run.errcodes == [""] && run.result["result.http_status"] == [""] && run.attempts == ["0"])
        #expect(run.requests == 3 && run.retries == 2)
        #expect(run.hosts == ["total": 1, "stopped": 0, "unreachable": 1])
        #expect(fleet.simulator.record.isEmpty && run.status == 2)
    }

    @Test(arguments: [301, 302, 307, 308])
    func aRedirectIsNotFollowed(status: Int) throws {
        let fleet = try Fleet(hosts: 2, edits: 1)
        defer { try? fleet.simulator.stop() }
        let elsewhere = fleet.simulator.hosts[1].baseURL + "/openapi/v1.0/certificate/update"
        fleet.simulator.set(.answer(status: status, headers: [("Location", elsewhere)], body: ""), on: 1)
        let run = try FinishedRun([fleet.withoutLogin[0]])
        #expect(run.statuses == ["failed"] && run.classes == ["protocol"] && run.attempts == ["1"])
        #expect(run.sentences[0].contains("redirect"))
        #expect(fleet.simulator.connections(on: 1) == 1 && fleet.simulator.connections(on: 2) == 0)
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

extension VerdictTests.Case {
    fileprivate init(
        _ name: String, _ fault: Fault, _ status: String, _ errorClass: String, errcode: String = "", http: String = "",
        attempts: Int = 1
    ) {
        self.init(
            testDescription: name, fault: fault, status: status, errorClass: errorClass, errcode: errcode,
            httpStatus: http, attempts: attempts)
    }
}

extension Fault {
    fileprivate static func body(_ body: String, _ status: Int = 200) -> Fault {
        .answer(status: status, body: body)
    }
}
