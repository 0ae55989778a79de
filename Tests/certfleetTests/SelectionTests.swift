import PBXSimulator
import TestSupport
import Testing

/// Runs of some of the rows, and what a command says of its input beside the problems.
@Suite(.sideBySide) struct SelectionTests {
    @Test func aResumedRunOfSomeHostsKeepsWhatBecameOfTheOthers() throws {
        let fleet = try Fleet(hosts: 3, edits: 1)
        defer { try? fleet.simulator.stop() }
        let work = try WorkDirectory()
        let lines = fleet.csv.split(separator: "\n").map(String.init)
        // The first PBX has no such certificate; the others are good.
        let first = lines[1].replacing(",1,0", with: ",999,0")
        try work.write("fleet.csv", ([lines[0], first] + lines[2...]).joined(separator: "\n") + "\n")
        let hosts = fleet.simulator.hosts.map { $0.baseURL.split(separator: "/")[1].split(separator: ":")[0] }
        let begun = try BuiltTool.run(
            ["run", "fleet.csv", "--out", "run", "--only", "\(hosts[0])", "--only", "\(hosts[1])"], in: work.path)
        #expect(begun.status == 2 && begun.errors.contains("2 of 3 rows"), "\(begun.errors)")
        let resumed = try BuiltTool.run(
            ["run", "fleet.csv", "--out", "run", "--resume", "--only", "\(hosts[2])"], in: work.path)
        #expect(resumed.status == 2 && resumed.errors.contains(" of this run"), "\(resumed.errors)")
        #expect(resumed.errors.contains("1 row that this run left out is not ok\n"), "\(resumed.errors)")
        #expect(!resumed.errors.contains("to try again"), "\(resumed.errors)")
        let report = try BuiltTool.run(["report", "run", "--as", "text"], in: work.path)
        #expect(report.output.contains(" since the last resume"), "\(report.output)")
        let result = try Records(csv: work.file("run/result.csv"))
        #expect(result["result.status"] == ["failed", "ok", "ok"])
        #expect(fleet.editsReceived(ofRow: 2) == 1)
        let left = try BuiltTool.run(
            ["run", "fleet.csv", "--out", "other", "--only", "\(hosts[1])"], in: work.path)
        #expect(left.status == 0)
        let again = try BuiltTool.run(
            ["run", "fleet.csv", "--out", "other", "--resume", "--only", "\(hosts[2])"], in: work.path)
        #expect(again.status == 0 && !again.errors.contains("to try again"), "\(again.errors)")
        #expect(again.errors.contains("2 rows, 1 host, ") && again.errors.contains("\nok "), "\(again.errors)")
        let other = try Records(csv: work.file("other/result.csv"))
        #expect(other["result.status"] == ["ok", "ok"])
        let summary = try work.read("other/summary.json")
        #expect(summary.contains(#""rows":2"#) || summary.contains(#""rows": 2"#), "\(summary)")
        #expect(try BuiltTool.run(["report", "other", "--as", "text"], in: work.path).output.contains("2 rows, "))
    }

    @Test(arguments: ["[", "127.0.0.1:8088", "a,b"])
    func aPatternThatCanMatchNothingIsAUsageError(pattern: String) throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "host,id,auto_renewal,access_token\na,1,0,t\n")
        let tool = try BuiltTool.run(["check", "fleet.csv", "--only", pattern], in: work.path)
        #expect(tool.status == 64 && tool.errors.contains("matches no host"), "\(tool.errors)")
    }

    @Test(arguments: ["0/4", "5/4", "4", "1/0", "a/b", "1/2/3", "-1/4"])
    func whatIsNoPartOfAFleetIsAUsageError(shard: String) throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "host,id,auto_renewal,access_token\na,1,0,t\n")
        let tool = try BuiltTool.run(["check", "fleet.csv", "--shard=\(shard)"], in: work.path)
        #expect(tool.status == 64 && tool.errors.contains("write 1/4 to 4/4"), "\(tool.errors)")
    }

    @Test func checkSaysWhatEachColumnIsReadAs() throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "Host,id,auto_renewal,access_token,customer\na,1,0,t,Miller\nb,x,0,t,Smith\n")
        let tool = try BuiltTool.run(["check", "fleet.csv"], in: work.path)
        #expect(tool.status == 3 && tool.lines.count == 1)
        #expect(tool.errors.contains("columns: 'Host' as base_url, id, auto_renewal, access_token\n"), "\(tool.errors)")
        #expect(tool.errors.contains("carried along into the result: 'customer'\n"))
        #expect(tool.errors.contains("1 edit on 1 PBX, 1 invalid\n"))
        try work.write("sheet.csv", "host,id,auto_renewal,access_token,cert.auto_renewal\na,1,0,t,1\n")
        let sheet = try BuiltTool.run(["check", "sheet.csv"], in: work.path)
        #expect(sheet.errors.contains("'cert.auto_renewal'; those with 'cert.' tell what an export found, and change"))
    }

    @Test func strictMakesWhatIsDoubtfulWrong() throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "host,id,name,access_token\na,1,nan,t\n")
        #expect(try BuiltTool.run(["check", "fleet.csv"], in: work.path).status == 0)
        #expect(try BuiltTool.run(["check", "fleet.csv", "--strict"], in: work.path).status == 3)
    }

    @Test func theProvidersAndTheirKeysArePrinted() throws {
        #expect(try BuiltTool.run(["providers"]).lines.contains("route53"))
        let one = try BuiltTool.run(["providers", "route53"])
        #expect(one.lines.first == "auth.AccessKeyId             sv  required  documented by Yeastar", "\(one.output)")
        let none = try BuiltTool.run(["providers", "rout53"])
        #expect(none.status == 64 && none.errors.contains("did you mean 'route53'?"))
    }
}
