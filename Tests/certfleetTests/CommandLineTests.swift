import Platform
import Foundation
import TestSupport
import Testing

/// What a user meets who types something wrong, with the built binary.
@Suite(.sideBySide) struct CommandLineTests {
    @Test(arguments: [
        ["--help"], ["run", "--help"], ["check", "--help"], ["template", "--help"], ["simulate", "--help"],
        ["demo", "--help"],
        ["--version"],
    ])
    func helpIsPrintedOnStandardOutput(arguments: [String]) throws {
        let result = try BuiltTool.run(arguments)
        #expect(result.status == 0 && result.errors.isEmpty && !result.output.isEmpty)
        #expect(result.lines.allSatisfy { $0.count <= 80 }, "wider than 80 columns")
    }

    @Test(arguments: [
        ([], "name a command: run, check, "), (["run"], "input"),
        (["run", "x.csv", "--jobs", "0"], "'0' is invalid for '--jobs"),
        (["run", "x.csv", "--jobs", "many"], "many"),
        (["run", "x.csv", "--no-such-flag"], "--no-such-flag"), (["run", "-"], "error: '-' needs --format: say"),
        (["check", "x.csv", "--max-problems=-1"], "error: --max-problems"), (["fly"], "fly"),
        (["run", "x.csv", "--timeout", "0s"], "--timeout"), (["run", "x.csv", "--rate", "fast"], "fast"),
        (["run", "x.csv", "--resume"], "--out"), (["demo", "--hosts", "1"], "--hosts"),
    ])
    func aWrongCommandLineExits64AndNamesWhatIsWrong(arguments: [String], named: String) throws {
        let work = try WorkDirectory()
        try work.write("x.csv", "base_url,access_token,id,auto_renewal\nhttp://127.0.0.1:1,t,1,0\n")
        let result = try BuiltTool.run(arguments, in: work.path)
        #expect(result.status == 64, "\(result.errors)")
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("certfleet: error: ") && result.errors.contains(named), "\(result.errors)")
    }

    @Test(arguments: [
        ("--jobs 0", "1-10000"), ("-j 10001", "1-10000"), ("--rate 5", "write 5/s, 5/m or 5/h"),
        ("--rate-per-host x", "5/s"),
        ("--timeout 5", "write 5s, 5m or 5h"), ("--connect-timeout 1d", "10s"),
        ("--retry-delay 1", "write 1s, 1m or 1h"),
        ("--max-duration 4", "4h"), ("--halt-after 0", "5%"), ("--retries x", "0-100"), ("--retries 101", "0 and 100"),
        ("--canary 0", "1 and 1000000"), ("--max-host-errors 0", "1 and 1000000"), ("--window-end noon", "05:30"),
        ("--format pdf", "'jsonl'"), ("--encoding latin", "'windows-1252'"), ("--progress no", "'never'"),
    ])
    func aValueThatIsRefusedIsAnsweredWithItsFormOrRange(flag: String, form: String) throws {
        let result = try BuiltTool.run(["run", "x.csv"] + flag.split(separator: " ").map(String.init))
        #expect(result.status == 64 && result.errors.contains(form), "\(result.errors)")
    }

    @Test(arguments: [
        ("chekc fleet.csv", "did you mean 'check'?"), ("fleet.csv", "'certfleet run INPUT' runs an input"),
        ("--out run", "no command stands before '--out'\nhint: write 'certfleet run INPUT --out'"),
        ("run --out run", "hint: write 'certfleet run [<options>] <input>'"),
        ("run fleet.csv --fast", "hint: see 'certfleet run --help'"),
        ("run fleet.csv --retrie 1", "hint: did you mean '--retries'?"),
        ("", "'certfleet --help' tells what each command does"),
    ])
    func aHintNamesTheCommand(line: String, hint: String) throws {
        let result = try BuiltTool.run(line.split(separator: " ").map(String.init))
        #expect(result.status == 64 && result.errors.contains(hint), "\(result.errors)")
        #expect(!result.errors.contains("COMMAND"))
    }

    @Test func aVariableThatNoFlagHasIsAWarningAndAWrongOneIsNamed() throws {
        let names = ["CERTFLEET_JOSB": "3", "CERTFLEET_CLIENT_ID_FILE": ""]
        let unknown = try BuiltTool.run(["template"], environment: names)
        let warning = "certfleet: warning: no flag has the variable CERTFLEET_JOSB, did you mean CERTFLEET_JOBS?\n"
        #expect(unknown.status == 0 && unknown.errors == warning)
        let doubtful = try BuiltTool.run(["run", "fleet.csv"], environment: ["CERTFLEET_SKIP_INVALID": "maybe"])
        #expect(doubtful.status == 64 && doubtful.errors.contains("CERTFLEET_SKIP_INVALID is neither yes nor no"))
        let wrong = try BuiltTool.run(["run", "fleet.csv"], environment: ["CERTFLEET_RATE": "7"])
        #expect(
            wrong.status == 64 && wrong.errors.contains("hint: write 7/s, 7/m or 7/h; it stands in CERTFLEET_RATE\n"))
    }

    @Test(arguments: [
        (["template"], ["CERTFLEET_FORMAT": "auto"]), (["demo", "--out", "demo"], ["CERTFLEET_HOSTS": "2"]),
    ])
    func aVariableForAnotherCommandsFlagKeepsNoneFromRunning(arguments: [String], variables: [String: String]) throws {
        let work = try WorkDirectory()
        let result = try BuiltTool.run(arguments, environment: variables, in: work.path)
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test func aDemoThatCannotMakeItsDirectorySaysSo() throws {
        let work = try WorkDirectory()
        let result = try BuiltTool.run(["demo", "--hosts", "3", "--out", "no/such/folder"], in: work.path)
        #expect(result.status == 1 && result.errors.contains("cannot create 'no/such/folder'"), "\(result.errors)")
    }

    @Test func aFileThatCannotBeReadExits64AndSaysWhy() throws {
        let work = try WorkDirectory()
        for (name, cause) in [("none.csv", "no such file"), (".", "folder")] {
            for command in ["run", "check"] {
                let result = try BuiltTool.run([command, name], in: work.path)
                #expect(result.status == 64, "\(result.errors)")
                #expect(
                    result.errors.lowercased().contains(cause) && result.errors.contains("'\(name)'"),
                    "\(result.errors)")
            }
        }
    }

    @Test(arguments: ["", "base_url,access_token,id,auto_renewal\n", "\n\n"])
    func anInputWithoutRowsExits9(text: String) throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", text)
        for command in ["run", "check"] {
            let result = try BuiltTool.run([command, "fleet.csv"], in: work.path)
            #expect(result.status == 9, "\(result.errors)")
            #expect(result.errors.contains("has no rows"))
        }
    }

    @Test(arguments: [
        ("base_url,id\nhttp://127.0.0.1,1\n", "nothing to edit"),
        ("base_url,id,auto_renewl\nhttp://127.0.0.1,1,0\n", "auto_renewal"),
        ("host,auto_renewal\n127.0.0.1,0\n", "id"),
    ])
    func aHeaderOrRowThatCannotBeRunExits3(text: String, named: String) throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", text)
        let check = try BuiltTool.run(["check", "fleet.csv"], in: work.path)
        #expect(
            check.status == 3 && check.output.hasPrefix("fleet.csv:") && check.output.contains(named), "\(check.output)"
        )
        let run = try BuiltTool.run(["run", "fleet.csv"], in: work.path)
        #expect(run.status == 3 && run.output.isEmpty && run.errors.contains(named), "\(run.errors)")
    }

    @Test func aValidInputIsOneLineOnStandardOutput() throws {
        let rows = (1...3).map { "http://127.0.0.\($0):8088,t,1,0\n" }
        let result = try BuiltTool.run(
            ["check", "-", "--format", "csv"], input: "base_url,access_token,id,auto_renewal\n" + rows.joined())
        #expect(result.status == 0 && result.output == "3 rows, 3 hosts: valid\n", "\(result.errors)")
    }

    @Test func problemsComeAsJSONUpToALimit() throws {
        let work = try WorkDirectory()
        try work.write(
            "bad.csv", "base_url,access_token,id,auto_renewal\nhttp://127.0.0.1,t,x,0\nhttp://127.0.0.1,t,y,0\n")
        let result = try BuiltTool.run(["check", "bad.csv", "--json", "--max-problems", "1"], in: work.path)
        #expect(result.status == 3 && result.lines.count == 1 && result.errors.contains("1 more problem is not shown"))
        let problem = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        #expect(
            problem?["file"] as? String == "bad.csv" && problem?["line"] as? Int == 2 && problem?["row"] as? Int == 1)
        #expect(problem?["column"] as? String == "id" && (problem?["message"] as? String)?.contains("'x'") == true)
    }

    @Test func theTemplateHasEveryColumn() throws {
        let refusal = try BuiltTool.run(["check", "fleet.csv", "--column", "A=B"])
        let list = try #require(refusal.errors.firstMatch(of: /the columns are (.*)\n/)?.output.1)
        let columns = list.replacing(" and ", with: ", ").split(separator: ", ").map(String.init)
        let header = try BuiltTool.run(["template"]).output.dropLast().split(separator: ",").map(String.init)
        #expect(columns.count > 10 && Set(header) == Set(columns))
    }

    @Test(arguments: ["csv", "jsonl"])
    func aFilledTemplateIsValid(format: String) throws {
        let template = try BuiltTool.run(["template", "--format", format])
        let work = try WorkDirectory()
        var text = template.output
        if format == "csv" {
            let columns = text.dropLast().split(separator: ",", omittingEmptySubsequences: false)
            let cells = columns.map {
                ["base_url": "https://pbx.example.com", "access_token": "t", "id": "5", "issue_to": "a.example.com"][
                    String($0)] ?? ""
            }
            text += cells.joined(separator: ",") + "\n"
        } else {
            for (key, value) in [
                ("base_url", #""https://pbx.example.com""#), ("access_token", #""t""#), ("id", "5"),
                ("auto_renewal", "false"),
            ] {
                text = text.replacingOccurrences(of: "\"\(key)\":null", with: "\"\(key)\":\(value)")
            }
        }
        try work.write("filled.\(format)", text)
        let check = try BuiltTool.run(["check", "filled.\(format)"], in: work.path)
        #expect(check.status == 0 && check.output == "1 row, 1 host: valid\n", "\(check.output)\(check.errors)")
    }

    @Test func aDryRunPrintsTheRequestsMaskedAndSendsNothing() throws {
        let work = try WorkDirectory()
        try work.write(
            "fleet.csv",
            "base_url,access_token,id,auto_renewal,dns_provider,auth.APIKey\nhttp://127.0.0.1:1,TOK3N,7,1,arvancloud,K3Y\n"
        )
        let result = try BuiltTool.run(["run", "fleet.csv", "--dry-run"], in: work.path)
        #expect(result.status == 0)
        let url = "http://127.0.0.1:1/openapi/v1.0/certificate/update?access_token=***"
        let body =
            #"{"id":7,"auto_renewal":1,"dns_provider":"arvancloud","auth_info_list":[{"k":"APIKey","sv":"***"}]}"#
        #expect(result.output == "line 2: POST \(url) \(body)\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: work.path) == ["fleet.csv"])
    }

    @Test func aDirectoryThatHoldsARunIsRefused() throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "base_url,access_token,id,auto_renewal\nhttp://127.0.0.1:1,t,1,0\n")
        let arguments = ["run", "fleet.csv", "--out", "run", "--retries", "0"]
        #expect(try BuiltTool.run(arguments, in: work.path).status == 2)
        let before = try work.read("run/result.csv")
        let second = try BuiltTool.run(arguments, in: work.path)
        #expect(second.status == 64 && second.errors.contains("'run' already holds a run"), "\(second.errors)")
        #expect(try work.read("run/result.csv") == before)
    }
}
