import PBXSimulator
import TestSupport
import Testing

/// When the rest of a host's rows is skipped, with the built binary.
@Suite(.sideBySide) struct HostStopTests {
    @Test func aFailedLoginStopsTheRowsWithItsCredentialsAndASecondOneTheHost() throws {
        let fleet = try Fleet(hosts: 1, edits: 6)
        defer { try? fleet.simulator.stop() }
        let host = fleet.simulator.hosts[0]
        let (wrong, other) = (
            InputRow.Access.application(id: host.clientID, secret: "wrong"),
            InputRow.Access.application(id: "other", secret: "wrong")
        )
        let rows = zip(1..., [wrong, host.application, wrong, other, host.application, .token(Fleet.tokens[0])])
            .map { host.row($0, by: $1) }
        let run = try FinishedRun(rows)
        #expect(run.statuses == ["failed", "ok", "skipped", "failed", "skipped", "skipped"], "\(run.sentences)")
        #expect(run.classes == ["auth", "", "host_stopped", "auth", "host_stopped", "host_stopped"])
        #expect(run.errcodes == ["40002", "0", "", "40002", "", ""])
        #expect(run.hosts == ["total": 1, "stopped": 1, "unreachable": 0] && run.status == 2)
        // The first login is over before the other is tried: there are never two tokens.
        let calls = fleet.simulator.record.map(\.endpoint)
        #expect(calls == [.getToken, .getToken, .certificateUpdate, .delToken, .getToken])
        #expect(fleet.simulator.tokenCount(on: 1) == 0)
    }

    @Test(arguments: [Endpoint.certificateUpdate, .getToken])
    func anErrcodeThatShutsUsOutStopsTheHost(endpoint: Endpoint) throws {
        // At a login also 60002: all tokens of the application are in use.
        let errcodes = [10005, 70004, 70087, 70123] + (endpoint == .getToken ? [60002] : [])
        let (count, healthy) = (errcodes.count, errcodes.count + 1)
        let fleet = try Fleet(hosts: healthy, edits: 3)
        defer { try? fleet.simulator.stop() }
        for (host, errcode) in zip(1..., errcodes) { fleet.simulator.set(.errcode(errcode, at: endpoint), on: host) }
        var rows = fleet.logins
        // Other credentials do not help either.
        for index in rows.indices.suffix(healthy) { rows[index].access = .token(Fleet.tokens[0]) }
        let run = try FinishedRun(rows)
        for (index, errcode) in errcodes.enumerated() {
            let own = [index, index + healthy, index + 2 * healthy]
            #expect(own.map { run.statuses[$0] } == ["failed", "skipped", "skipped"], "\(errcode)")
            #expect(own.map { run.classes[$0] } == ["auth", "host_stopped", "host_stopped"], "\(errcode)")
            #expect(own.map { run.errcodes[$0] } == ["\(errcode)", "", ""])
            #expect(own.dropFirst().allSatisfy { run.sentences[$0].contains("\(errcode)") }, "\(run.sentences)")
            #expect(fleet.requests(endpoint, on: index + 1) == 1 && fleet.simulator.tokenCount(on: index + 1) == 0)
        }
        #expect([count, count + healthy, count + 2 * healthy].allSatisfy { run.statuses[$0] == "ok" })
        #expect(run.hosts == ["total": healthy, "stopped": count, "unreachable": 0] && run.status == 2)
    }

    @Test(
        "a login that may have arrived is made again once, whatever the retries, and not begun again for the next row",
        arguments: [Fault.errcode(-2, at: .getToken), .status(503, at: .getToken), .reset(at: .getToken)])
    func exhaustedLogin(fault: Fault) throws {
        let fleet = try Fleet(hosts: 1, edits: 4)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(fault, on: 1)
        let run = try FinishedRun(fleet.logins, "--retries", "2", "--retry-delay", "1ms")
        #expect(run.statuses == ["failed", "skipped", "skipped", "skipped"], "\(run.sentences)")
        #expect(fleet.requests(.getToken) == 2)
    }

    @Test func hostsThatRefuseTakeLittleMemoryWhileOthersGoBeforeThem() throws {
        let work = try WorkDirectory()
        // Measured by another process, because what this one had at most would count for its children too.
        try work.write(
            "measure.py",
            """
            import resource, subprocess, sys
            for rows in (1, 2):
                with open("fleet.csv", "w") as f:
                    f.write("base_url,access_token,id,auto_renewal\\n")
                    for n in range(6000 * rows):
                        f.write("http://127.7.%d.%d:1,t,%d,0\\n" % (n % 6000 // 200, 1 + n % 200, 1 + n // 6000))
                run = ["run", "fleet.csv", "--out", "run%d" % rows, "--retries", "0", "-q"]
                status = subprocess.run([sys.argv[1]] + run, stdout=subprocess.DEVNULL).returncode
                print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            """)
        let tool = try BuiltTool.path
        let run = try Shell.run("chmod 700 . && umask 077 && python3 measure.py '\(tool)'", in: work.path)
        let words = run.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        try #require(words.count == 4 && words[0] == 2 && words[2] == 2, "\(run.output)\(run.errors)")
        // With a row each no host waits; what a request is made with takes 10 KiB.
        #expect(words[3] - words[1] < 6000 * 7, "\(words)")
    }

    @Test(arguments: [nil, 1, 2])
    func rowsThatCannotReachAHostStopIt(limit: Int?) throws {
        let fleet = try Fleet(hosts: 2, edits: 5)
        defer { try? fleet.simulator.stop() }
        try fleet.simulator.set(.refusing, on: 1)
        let run = try FinishedRun(
            fleet.logins, ["--retries", "0"] + (limit.map { ["--max-host-errors", "\($0)"] } ?? []))
        let unreached = limit ?? 3
        let own = stride(from: 0, to: 10, by: 2).map { run.statuses[$0] }
        let rest = 5 - unreached
        #expect(own == Array(repeating: "failed", count: unreached) + Array(repeating: "skipped", count: rest))
        #expect(stride(from: 1, to: 10, by: 2).allSatisfy { run.statuses[$0] == "ok" })
        #expect(run.sentences[8].contains("could not reach") && run.classes[8] == "host_stopped")
        // Beside the unreached rows there are five edits, a login and a logout.
        #expect(run.requests == unreached + 7)
        #expect(run.hosts == ["total": 2, "stopped": 1, "unreachable": 1])
    }

    @Test(arguments: [429, 503])
    func rowsThatFindAHostBusyStopIt(status: Int) throws {
        let fleet = try Fleet(hosts: 2, edits: 5)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.setUnreadable([.status(status, at: .certificateUpdate)], on: 1)
        // With an errcode it is an answer like others.
        fleet.simulator.set(.answer(status: status, body: #"{"errcode":60001}"#, at: .certificateUpdate), on: 2)
        let run = try FinishedRun(fleet.withoutLogin, "--retries", "1", "--retry-delay", "1ms")
        let own = stride(from: 0, to: 10, by: 2).map { run.statuses[$0] }
        #expect(own == Array(repeating: status == 429 ? "failed" : "unknown", count: 3) + ["skipped", "skipped"])
        #expect(run.sentences[8].contains("found it busy") && run.errcodes.count { $0 == "60001" } == 5)
        #expect(run.hosts == ["total": 2, "stopped": 1, "unreachable": 0])
    }

    @Test func anAnswerInBetweenStartsTheCountAnew() throws {
        let fleet = try Fleet(hosts: 1, edits: 5)
        defer { try? fleet.simulator.stop() }
        let silence = { (times: Int) in Fault.silence(at: .certificateUpdate, times: times) }
        fleet.simulator.setUnreadable([silence(1), .errcode(60001, times: 1), silence(2)], on: 1)
        let run = try FinishedRun(fleet.withoutLogin, "--retries", "0", "--timeout", "1s", "--max-host-errors", "2")
        #expect(run.statuses == ["unknown", "failed", "unknown", "unknown", "skipped"])
        #expect(run.classes == ["timeout", "api", "timeout", "timeout", "host_stopped"])
        #expect(fleet.requests(.certificateUpdate) == 4 && fleet.requests(.certificateGet) == 3)
    }
}
