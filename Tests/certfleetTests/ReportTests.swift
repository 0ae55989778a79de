import Foundation
import PBXSimulator
import TestSupport
import Testing

/// `certfleet report`, and the page that a run leaves.
@Suite(.sideBySide) struct ReportTests {
    private func report(_ arguments: [String], in work: WorkDirectory) throws -> [String: Any] {
        let tool = try BuiltTool.run(["report"] + arguments + ["--as", "json"], in: work.path)
        #expect(tool.status == 0, "\(tool.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(tool.output.utf8)) as? [String: Any])
    }

    /// What each row came to, in the report's order.
    private func rows(_ report: [String: Any]) throws -> [String] {
        let rows = try #require(report["results"] as? [[String: Any]])
        return rows.map { row in
            ["row", "line", "host", "id", "status", "errcode"].map { "\(row[$0] ?? "")" }.joined(separator: " ")
        }
    }

    @Test func shardsTogetherAreWhatOneRunWouldHaveBeen() throws {
        let fleet = try Fleet(hosts: 9, edits: 3)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv.replacing(",2,0", with: ",999,0"))
        let whole = try BuiltTool.run(["run", "fleet.csv", "--out", "whole", "-q"], in: work.path)
        #expect(whole.status == 2, "\(whole.errors)")
        for shard in 1...4 {
            // A shard may have none of so few hosts.
            let run = try BuiltTool.run(
                ["run", "fleet.csv", "--out", "shard\(shard)", "--shard", "\(shard)/4", "-q"], in: work.path)
            #expect([0, 2, 9].contains(run.status), "\(run.errors)")
        }
        let shards = (1...4).map { "shard\($0)" }.filter { FileManager.default.fileExists(atPath: work.file($0)) }
        let (one, all) = (try report(["whole"], in: work), try report(shards.reversed(), in: work))
        #expect(try rows(all) == rows(one))
        #expect(try rows(one).count == 27)
        #expect(all["counts"] as? [String: Int] == one["counts"] as? [String: Int])
        #expect(all["requests"] as? Int == one["requests"] as? Int)
        // The same one twice is one.
        let twice = try report(["whole", "./whole/"], in: work)
        #expect(twice["requests"] as? Int == one["requests"] as? Int && (twice["runs"] as? [Any])?.count == 1)
        let page = try BuiltTool.run(["report", "-o", "all.html"] + shards, in: work.path)
        #expect(page.status == 0 && page.output == "all.html\n", "\(page.errors)")
        #expect(try work.read("all.html").contains("18 of 27 rows are ok"))
        let unnamed = try BuiltTool.run(["report"] + shards, in: work.path)
        let name = unnamed.output.trimmingCharacters(in: .newlines)
        #expect(name.hasPrefix("certfleet-report-") && name.hasSuffix("Z.html"))
        #expect(FileManager.default.fileExists(atPath: work.file(name)))
    }

    @Test func aRunLeavesAPageThatKnowsHowItWasRun() throws {
        let fleet = try Fleet(hosts: 2, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        let secret = fleet.simulator.hosts[0].clientSecret
        try work.write("my fleet.csv", fleet.csv)
        let run = try BuiltTool.run(
            ["run", "my fleet.csv", "--out", "run", "-q"], environment: ["CERTFLEET_RETRIES": "2"], in: work.path)
        #expect(run.status == 0, "\(run.errors)")
        let page = try work.read("run/report.html")
        #expect(page.contains("certfleet run --retries=2 &#39;my fleet.csv&#39; --out run -q"))
        #expect(page.contains("2 of 2 rows are ok"))
        #expect(!page.contains(secret))
        try FileManager.default.removeItem(atPath: work.file("run/report.html"))
        let again = try BuiltTool.run(["report", "run"], in: work.path)
        #expect(again.status == 0 && again.output == "run/report.html\n", "\(again.errors)")
        #expect(try work.read("run/report.html") == page)
    }

    @Test(arguments: ["csv", "jsonl"])
    func aRunCountsForItsPageWhatItWritesIntoTheResult(format: String) throws {
        let fleet = try Fleet(hosts: 3, edits: 2)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set([.errcode(60005, at: .certificateUpdate)], on: 2)
        let work = try WorkDirectory()
        let customers = ["=1+1", "M\u{FC}ller; \"S\u{F6}hne\"", "two\nlines", "", " ", "'quoted"]
        var rows = [("http://", "x", "y", 7, "no host"), ("", "x", "y", 8, "no address")]
        rows += zip(fleet.rows, customers).map { row, customer in
            (row.host.baseURL, row.host.clientID, row.host.clientSecret, row.id, customer)
        }
        var lines = format == "csv" ? "base_url,client_id,client_secret,id,auto_renewal,customer,API key\n" : ""
        for (url, client, secret, id, customer) in rows {
            if format == "csv" {
                let quoted = customer.replacing("\"", with: "\"\"")
                lines += "\(url),\(client),\(secret),\(id),0,\"\(quoted)\",canary-text\n"
            } else {
                let row: [String: Any] = [
                    "base_url": url, "client_id": client, "client_secret": secret, "id": id, "auto_renewal": 0,
                    "customer": customer, "API key": "canary-text", "floor": [1, 2],
                ]
                lines += String(decoding: try JSONSerialization.data(withJSONObject: row), as: UTF8.self) + "\n"
            }
        }
        try work.write("fleet.\(format)", lines)
        let run = try BuiltTool.run(
            ["run", "fleet.\(format)", "--out", "run", "-q", "--skip-invalid", "--undo"], in: work.path)
        #expect(run.status == 2, "\(run.errors)")
        let page = try work.read("run/report.html")
        #expect(page.contains("4 of 8 rows are ok") && page.contains("no host") && page.contains("auto_renewal"))
        #expect(page.contains("M\u{FC}ller; &quot;S\u{F6}hne&quot;") && !page.contains("canary-text"))
        try FileManager.default.removeItem(atPath: work.file("run/report.html"))
        #expect(try BuiltTool.run(["report", "run"], in: work.path).status == 0)
        #expect(try work.read("run/report.html") == page)
    }

    @Test func aRunWhoseHostStandsOnTheCommandLineHasAPage() throws {
        let fleet = try Fleet(hosts: 1, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        let row = fleet.rows[0]
        try work.write(
            "fleet.csv",
            "client_id,client_secret,id,auto_renewal\n\(row.host.clientID),\(row.host.clientSecret),\(row.id),0\n")
        let run = try BuiltTool.run(
            ["run", "fleet.csv", "--set", "base_url=\(row.host.baseURL)", "--out", "run"], in: work.path)
        #expect(run.status == 0, "\(run.errors)")
        #expect(try work.read("run/report.html").contains("1 of 1 row is ok"))
    }

    @Test func aRunThatGoesOnIsToldOfWithoutDisturbingIt() throws {
        let fleet = try Fleet(hosts: 3, edits: 4)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set([.silence(at: .certificateUpdate, times: 1)], on: 2)
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        let tool = try RunningTool(["run", "fleet.csv", "--out", "run", "--timeout", "5m"], in: work.path)
        RunningTool.poll { (try? work.read("run/ledger.jsonl"))?.contains(#""sent","row":2,"#) ?? false }
        try RunningTool.poll { (try report(["run"], in: work)["counts"] as? [String: Int])?["ok"] == 8 }
        let told = try report(["run"], in: work)
        #expect(((told["runs"] as? [[String: Any]])?[0])?["state"] as? String == "under_way")
        #expect(told["rows"] as? Int == 12)
        // It still has the lock.
        let other = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--resume"], in: work.path)
        #expect(other.status == 1 && other.errors.contains("is in use by process"), "\(other.errors)")
        tool.send(SIGKILL)
        _ = tool.wait()
        let killed = try report(["run"], in: work)
        #expect(((killed["runs"] as? [[String: Any]])?[0])?["state"] as? String == "broken_off")
        #expect((killed["counts"] as? [String: Int])?["unknown"] == 1)
        #expect((killed["counts"] as? [String: Int])?["not_attempted"] == 3)
        let text = try BuiltTool.run(["report", "run", "--as", "text"], in: work.path)
        #expect(text.output.hasSuffix("12 rows, at least 3 hosts\n"), "\(text.output)")
    }

    @Test func aRunWhoseResultCouldNotBeWrittenIsToldFromItsLedger() throws {
        let fleet = try Fleet(hosts: 2, edits: 2)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv.replacing(",2,0", with: ",999,0"))
        fleet.simulator.set([.delay(.seconds(1), at: .certificateUpdate)], on: 1)
        let tool = try RunningTool(["run", "fleet.csv", "--out", "run"], in: work.path)
        RunningTool.poll { fleet.requests(.certificateUpdate) == 1 }
        try FileManager.default.createDirectory(
            atPath: work.file("run/result.csv"), withIntermediateDirectories: false)
        #expect(tool.wait() == 1, "\(tool.errors)")
        try FileManager.default.removeItem(atPath: work.file("run/result.csv"))
        // What an earlier run left there is none of this one.
        try work.write("run/result.csv", "base_url,result.row,result.status\n")
        let told = try report(["run"], in: work)
        let summary = try JSONSerialization.jsonObject(with: Data(work.read("run/summary.json").utf8))
        let counts = try #require((summary as? [String: Any])?["counts"] as? [String: Int])
        #expect(told["counts"] as? [String: Int] == counts && counts["ok"] == 2 && counts["failed"] == 2, "\(told)")
        #expect(try rows(told).count == 4 && told["requests"] as? Int == 8)
        let run = try #require((told["runs"] as? [[String: Any]])?.first)
        #expect(run["state"] as? String == "broken_off" && run["exit_code"] as? Int == 1)
        let page = try BuiltTool.run(["report", "run"], in: work.path)
        #expect(page.status == 0 && page.errors.contains("failed           60001  DATA NOT FOUND"), "\(page.errors)")
    }

    @Test func thePageTellsWhatWasThereBefore() throws {
        let fleet = try Fleet(hosts: 3, edits: 2)
        defer { try? fleet.simulator.stop() }
        fleet.simulator.set(.errcode(40002, at: .certificateUpdate), on: 3)
        for host in fleet.simulator.hosts {
            fleet.simulator.set(
                SimulatedCertificate(
                    id: 2, name: "a <b>\(host.clientSecret)</b>.pem", issueTo: "old.example.com", autoRenewal: true,
                    dnsProvider: "arvancloud",
                    authInfo: [SimulatedAuthInfo(key: "APIKey", value: .string("pbx-secret"))]),
                on: host.number)
        }
        let work = try WorkDirectory()
        let lines = fleet.rows.map { host, id in
            "\(host.baseURL),\(host.clientID),\(host.clientSecret),\(id),b.pem,1,arvancloud,my-secret\n"
        }
        let header = "base_url,client_id,client_secret,id,name,auto_renewal,dns_provider,auth.APIKey\n"
        try work.write("fleet.csv", header + lines.joined())
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "--undo"], in: work.path)
        #expect(run.status == 2, "\(run.errors)")
        let undo = "certfleet undo run --credentials FILE -o run/back.csv"
        #expect(run.errors.contains("\ncertfleet: to put back what the run changed, with the logins"), "\(run.errors)")
        #expect(run.errors.contains(":\n    \(undo)\n"), "\(run.errors)")
        let page = try work.read("run/report.html")
        // Four rows are ok, of two certificates of two PBXs.
        #expect(page.contains("<tr><td>name</td><td class=\"own\">cert-1.crt</td><td class=\"own\">b.pem</td>"))
        #expect(page.contains("<tr><td>auth.APIKey</td><td class=\"own\">***</td><td class=\"own\">***</td>"))
        #expect(page.contains("<span class=\"diff\">name: cert-1.crt → b.pem</span>"))
        for secret in fleet.simulator.hosts.map(\.clientSecret) + ["pbx-secret", "my-secret"] {
            #expect(!page.contains(secret), "\(secret)")
        }
    }

    /// As the run read them: whatever the case of a header that `--column` names, and a PBX by its name and port.
    @Test func theColumnsOfARunMeanWhatTheyMeantToIt() throws {
        let fleet = try Fleet(hosts: 2, edits: 2)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        let text = fleet.csv.replacing("base_url", with: "fqdn").replacing(",id,", with: ",Cert=No,")
        try work.write("fleet.csv", text.replacing("http://", with: "HTTP://").replacing(",2,0", with: ",999,0"))
        let columns = ["--column", "FQDN=base_url", "--column", "cert=no=id"]
        let run = try BuiltTool.run(["run", "fleet.csv", "--out", "run", "-q"] + columns, in: work.path)
        #expect(run.status == 2, "\(run.errors)")
        let hosts = fleet.simulator.hosts.map { $0.baseURL.split(separator: "/")[1] }
        let told = try rows(report(["run"], in: work))
        #expect(
            told == [
                "1 2 \(hosts[0]) 1 ok 0", "2 3 \(hosts[1]) 1 ok 0", "3 4 \(hosts[0]) 999 failed 60001",
                "4 5 \(hosts[1]) 999 failed 60001",
            ])
        // The run that goes on with the rest is killed, and knows its hosts from its ledger alone.
        let lines = fleet.csv.split(separator: "\n")
        fleet.simulator.set(.silence(at: .certificateUpdate, times: 1), on: 2)
        try work.write("rest.csv", "\(lines[0])\n\(lines[1])\n\(lines[2])\n")
        let rest = try RunningTool(["run", "rest.csv", "--out", "rest", "--jobs", "1"], in: work.path)
        RunningTool.poll { (try? work.read("rest/ledger.jsonl"))?.contains(#""sent","row":2,"#) ?? false }
        rest.send(SIGKILL)
        _ = rest.wait()
        let both = try rows(report(["run", "rest"], in: work))
        #expect(both.count == 4 && both[0] == "1 <null> \(hosts[0]) 1 ok 0" && both[1...] == told[1...], "\(both)")
    }

    @Test func aShardThatIsMissingIsTold() throws {
        let fleet = try Fleet(hosts: 12, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
        for shard in 1...3 {
            _ = try BuiltTool.run(
                ["run", "fleet.csv", "--out", "shard\(shard)", "--shard", "\(shard)/3", "-q"], in: work.path)
        }
        let all = try BuiltTool.run(["report", "shard1", "shard2", "shard3", "--as", "text"], in: work.path)
        #expect(all.status == 0 && !all.output.contains("missing"), "\(all.output)\(all.errors)")
        let one = try BuiltTool.run(["report", "shard2", "--as", "text"], in: work.path)
        #expect(one.status == 0 && !one.output.contains("missing"), "\(one.output)\(one.errors)")
        let sentence = "shard 2/3 is missing: its rows, if it has any, are not counted"
        let two = try BuiltTool.run(["report", "shard3", "shard1", "--as", "text"], in: work.path)
        #expect(two.output.contains("! \(sentence)\n"), "\(two.output)")
        #expect(try report(["shard1", "shard3"], in: work)["gap"] as? String == sentence)
        let page = try BuiltTool.run(["report", "shard1", "shard3", "-o", "two.html"], in: work.path)
        #expect(page.errors.contains("! \(sentence)\n"), "\(page.errors)")
        #expect(try work.read("two.html").contains("<h1 class=\"\">"))
        #expect(try work.read("two.html").contains("<p class=\"gap\">\(sentence)</p>"))
    }

    @Test func shardsOfDifferentInputsAreTold() throws {
        let fleet = try Fleet(hosts: 12, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        for shard in 1...2 {
            try work.write("fleet.csv", fleet.csv + String(repeating: "\n", count: shard))
            _ = try BuiltTool.run(
                ["run", "fleet.csv", "--out", "shard\(shard)", "--shard", "\(shard)/2", "-q"], in: work.path)
        }
        let sentence = "the shards are of 2 different inputs: a row may be in none of them"
        let both = try BuiltTool.run(["report", "shard1", "shard2", "--as", "text"], in: work.path)
        #expect(both.status == 0 && both.output.contains("! \(sentence)\n"), "\(both.output)\(both.errors)")
    }

    @Test func whatIsNoRunDirectoryIsAUsageError() throws {
        let work = try WorkDirectory()
        for path in [work.path, work.file("none")] {
            let tool = try BuiltTool.run(["report", path], in: work.path)
            #expect(tool.status == 64, "\(tool.errors)")
        }
    }
}
