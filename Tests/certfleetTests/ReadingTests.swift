import Foundation
import PBXSimulator
import TestSupport
import Testing

/// What is read before and after an edit, with the built binary.
@Suite struct ReadingTests {
    private static let quick = ["--retry-delay", "10ms", "--timeout", "2s"]

    @Test func aRowThatChangesNothingIsNotSentAndOneCallReadsThemAll() throws {
        let fleet = try Fleet(hosts: 2, edits: 3)
        defer { try? fleet.simulator.stop() }
        for host in 1...2 {
            for id in [1, 3] { fleet.simulator.set(SimulatedCertificate(id: id, name: "cert-\(id).crt"), on: host) }
        }
        let run = try FinishedRun(fleet.logins, "--skip-unchanged")
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.statuses == ["no_change", "no_change", "ok", "ok", "no_change", "no_change"])
        #expect(run.attempts == ["0", "0", "1", "1", "0", "0"])
        #expect(run.result["result.verified"] == Array(repeating: "", count: 6))
        for host in 1...2 {
            #expect(fleet.requests(.certificateQuery, on: host) == 1)
            #expect(fleet.requests(.certificateGet, on: host) == 0)
            #expect(fleet.requests(.certificateUpdate, on: host) == 1)
            #expect(fleet.simulator.certificates(on: host).allSatisfy { !$0.autoRenewal })
        }
        #expect(run.requests == 8)
    }

    @Test func aCertificateThatMustBeReadAndCannotBeIsNotEdited() throws {
        let faults: [Fault] = [
            .errcode(10001, at: .certificateGet), .errcode(10005, at: .certificateGet),
            .garbage(at: .certificateGet), .errcode(60001, at: .certificateGet),
        ]
        let fleet = try Fleet(hosts: faults.count, edits: 1)
        defer { try? fleet.simulator.stop() }
        for (host, fault) in zip(fleet.simulator.hosts, faults) { fleet.simulator.set(fault, on: host.number) }
        for flag in ["--skip-unchanged", "--undo", "--verify"] {
            let run = try FinishedRun(fleet.logins, [flag] + Self.quick)
            #expect(
                run.statuses == Array(repeating: "failed", count: 4)
                    && run.classes == ["api", "auth", "protocol", "api"])
            #expect(run.attempts == Array(repeating: "0", count: 4) && run.errcodes == ["10001", "10005", "", "60001"])
            #expect(
                run.sentences.allSatisfy { $0.hasPrefix("the certificate could not be read: ") }, "\(run.sentences)")
        }
        #expect(fleet.simulator.record.of(.certificateUpdate).isEmpty)
    }

    @Test func anEditThatWasAppliedAndNotAnsweredIsOkWithoutASecondOne() throws {
        let faults: [Fault] = [
            .dropAfterReading(at: .certificateUpdate, times: 1), .reset(at: .certificateUpdate, times: 1),
            .silence(at: .certificateUpdate, times: 1),
            .errcode(2, isCarriedOut: true, at: .certificateUpdate, times: 1),
        ]
        let fleet = try Fleet(hosts: faults.count, edits: 1)
        defer { try? fleet.simulator.stop() }
        for (host, fault) in zip(fleet.simulator.hosts, faults) { fleet.simulator.set(fault, on: host.number) }
        let run = try FinishedRun(fleet.logins, Self.quick)
        #expect(run.status == 0 && Set(run.statuses) == ["ok"], "\(run.sentences)")
        #expect(Set(run.errcodes) == [""] && Set(run.attempts) == ["1"])
        #expect(Set(run.result["result.verified"]) == ["yes"])
        for host in 1...4 { #expect(fleet.requests(.certificateUpdate, on: host) == 1) }
    }

    @Test func anEditThatIsAnsweredProcessingEndsAsTheReadBackSays() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.errcode(2, at: .certificateUpdate), on: 1)
        let run = try FinishedRun(fleet.logins, "--verify-timeout", "600ms")
        #expect(run.verdict(ofRow: 1) == "unknown api 2 200 1")
        #expect(
            run.sentences[0].hasSuffix("; after 600ms the new value of auto_renewal is not there yet"),
            "\(run.sentences)")
        #expect(fleet.requests(.certificateUpdate) == 1 && fleet.requests(.certificateGet) > 2)
    }

    @Test func anEditThatTakesNoEffectSaysWhy() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", Self.sheet(fleet.simulator.hosts, domain: "new.example.com"))
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--verify"], in: work.path)
        let sentence =
            "the edit was accepted, but the PBX shows another value of issue_to (issue_to takes no effect: the certificate "
            + "was uploaded)"
        #expect(try run.status == 2 && Records(csv: work.file("run/result.csv"))["result.error"] == [sentence])
        fleet.simulator.set(.silence(at: .certificateUpdate), on: 1)
        let lost = try BuiltTool.run(
            ["run", "fleet.csv", "--out", "lost", "--retries", "0", "--timeout", "300ms"], in: work.path)
        #expect(lost.status == 2, "\(lost.errors)")
        let end = "its values are not there (issue_to takes no effect: the certificate was uploaded)"
        #expect(try Records(csv: work.file("lost/result.csv"))["result.error"][0].hasSuffix(end))
    }

    @Test func onlyWhatWasSeenIsVerified() throws {
        let lists = [
            "null", #"[{"k":"APIKey","sv":"wrong-key","iv":0}]"#, #"[{"k":"APIKey","sv":"wrong-key"}]"#,
            #"[{"k":"APIKey","sv":"new-secret-key"}]"#,
        ]
        let fleet = try Fleet(hosts: lists.count, edits: 1)
        defer { try? fleet.simulator.stop() }
        for (host, list) in zip(1..., lists) {
            let info = #""id":1,"issue_to":"a.example.com","dns_provider":"arvancloud","auth_info_list":\#(list)"#
            fleet.simulator.set(
                .answer(body: #"{"errcode":0,"certificate":{\#(info)}}"#, at: .certificateGet), on: host)
        }
        let work = try WorkDirectory()
        try work.write("fleet.csv", Self.sheet(fleet.simulator.hosts, domain: "a.example.com"))
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--verify"], in: work.path)
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(run.status == 2 && result["result.status"] == ["ok", "ok", "failed", "ok"], "\(run.errors)")
        #expect(result["result.verified"] == ["no", "no", "no", "yes"])
        #expect(result["result.error_class"] == ["", "", "verify", ""])
        let untold = "not verified: the PBX does not tell auth_info_list"
        let other = "the edit was accepted, but the PBX shows another value of auth.APIKey"
        #expect(result["result.error"] == [untold, untold, other, ""])
    }

    @Test(arguments: ["issuing", "issuance_fail"])
    func whatIsIssuedIsToldByItsStatusAlone(status: String) throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let info = #""id":1,"auto_renewal":0,"apply_status":"\#(status)""#
        fleet.simulator.set(.answer(body: #"{"errcode":0,"certificate":{\#(info)}}"#, at: .certificateGet), on: 1)
        let run = try FinishedRun(fleet.logins, "--verify", "--verify-timeout", "300ms")
        #expect(run.verdict(ofRow: 1) == (status == "issuing" ? "unknown" : "failed") + " verify 0 200 1")
    }

    @Test(arguments: [false, true])
    func aRunThatGoesOnReadsWhatWasProcessingBeforeItSendsItAgain(isMade: Bool) throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.errcode(2, at: .certificateUpdate, times: 1), on: 1)
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let command = ["run", "fleet.csv", "--out", "run"]
        let first = try BuiltTool.run(command + ["--verify-timeout", "300ms"], in: work.path)
        #expect(first.status == 2 && fleet.requests(.certificateUpdate) == 1, "\(first.errors)")
        if isMade { fleet.simulator.set(SimulatedCertificate(id: 1, name: "cert-1.crt"), on: 1) }
        let second = try BuiltTool.run(command + ["--resume"], in: work.path)
        #expect(second.status == 0 && fleet.requests(.certificateUpdate) == (isMade ? 1 : 2), "\(second.errors)")
        #expect(try Records(csv: work.file("run/result.csv"))["result.verified"] == [isMade ? "yes" : ""])
    }

    /// Certificates that the PBX applies for.
    private static func applied(_ id: Int) -> SimulatedCertificate {
        SimulatedCertificate(
            id: id, origin: .apply, name: "a.pem", issueTo: "old.example.com", dnsProvider: "arvancloud",
            authInfo: [SimulatedAuthInfo(key: "APIKey", value: .string("old-secret-key"))])
    }

    private static func sheet(_ hosts: [SimulatedHost], domain: String) -> String {
        "base_url,client_id,client_secret,id,issue_to,dns_provider,auth.APIKey\n"
            + hosts.map { "\($0.baseURL),\($0.clientID),\($0.clientSecret),1,\(domain),arvancloud,new-secret-key\n" }
            .joined()
    }

    @Test func whatIsBeingIssuedIsWaitedForAndHoldsNoPlaceAmongTheJobs() throws {
        let fleet = try Fleet(hosts: 60, edits: 1)
        defer { try? fleet.simulator.stop() }
        for host in fleet.simulator.hosts {
            fleet.simulator.set(Self.applied(1), on: host.number)
            fleet.simulator.set(
                Issuing(time: .seconds(3), tipCode: host.number == 60 ? 70401 : nil), on: host.number)
        }
        let work = try WorkDirectory()
        try work.write("fleet.csv", Self.sheet(fleet.simulator.hosts, domain: "new.example.com"))
        let run = try BuiltTool.run(
            ["run", "fleet.csv", "--out", "run", "--verify", "--jobs", "2"], in: work.path)
        #expect(run.status == 2, "\(run.errors)")
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == Array(repeating: "ok", count: 59) + ["failed"])
        #expect(result["result.apply_status"] == Array(repeating: "issuance_success", count: 59) + ["issuance_fail"])
        #expect(result["result.verified"] == Array(repeating: "yes", count: 59) + ["no"])
        #expect(result["result.error_class"][59] == "verify")
        #expect(result["result.error"][59].hasSuffix("was not issued: apply_tip_code 70401"))
        #expect(result["result.expiration"].prefix(59).allSatisfy { $0.count == 19 })
        #expect(run.errors.contains("failed               0  verify"), "\(run.errors)")
        // A row that held its place while it waits would let no more than two be under way.
        let starts = result["result.started_at"]
        let ends = result["result.finished_at"]
        let together = starts.map { moment in zip(starts, ends).count { $0 <= moment && moment < $1 } }.max() ?? 0
        #expect(together > 2, "\(together) rows at once")
        let everything = try String(contentsOfFile: work.file("run/result.csv"), encoding: .utf8) + run.errors
        #expect(!everything.contains("old-secret-key") && !everything.contains("new-secret-key"))
    }

    @Test func fourJobsEditTwoHundredCertificatesBeforeAnyIsIssuedAndThenVerifyAll() throws {
        let clock = ManualClock()
        var settings = SimulatorSettings(hosts: 200)
        settings.certificates = [Self.applied(1)]
        settings.issuing = Issuing(time: .seconds(3))
        settings.clock = clock
        let simulator = try Simulator.start(settings)
        defer { try? simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", Self.sheet(simulator.hosts, domain: "new.example.com"))
        let run = try RunningTool(
            ["run", "fleet.csv", "--out", "run", "--verify", "--verify-timeout", "1h", "--jobs", "4"], in: work.path)
        // Not one is issued before all are edited: a row that held its place meanwhile would keep the others out.
        RunningTool.poll { simulator.record.of(.certificateUpdate).count == 200 }
        clock.advance(by: .seconds(3))
        #expect(run.wait() == 0, "\(run.errors)")
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.verified"] == Array(repeating: "yes", count: 200))
        #expect(simulator.record.of(.certificateUpdate).count == 200)
    }

    @Test func aRowThatWasKilledAfterItsEditIsReadAndNotSentAgain() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try fleet.runKilledAtItsFirstEdit()
        let resumed = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--resume"], in: work.path)
        #expect(resumed.status == 0, "\(resumed.errors)")
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == ["ok"] && result["result.verified"] == ["yes"])
        #expect(result["result.attempts"] == ["0"] && fleet.requests(.certificateUpdate) == 1)
    }

    @Test func aDryRunPrintsWhatIsRead() throws {
        let fleet = try Fleet(hosts: 1, edits: 2)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let run = try BuiltTool.run(["run", "fleet.csv", "--dry-run", "--verify"], in: work.path)
        let calls = run.lines.map { $0.split(separator: "/").suffix(1).joined().split(separator: "?")[0] }
        #expect(
            calls.map { String($0.split(separator: " ")[0]) }
                == ["get_token", "query", "update", "get", "update", "get", "del_token"], "\(run.lines)")
        #expect(run.lines[1].contains("certificate/query?access_token=***&ids=1,2"))
        #expect(fleet.simulator.record.isEmpty)
    }
}
