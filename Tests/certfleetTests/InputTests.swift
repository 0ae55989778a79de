import Foundation
import Platform
import TestSupport
import Testing

/// What the built binary says about an input, and how it gives its rows back.
@Suite(.sideBySide) struct InputTests {
    private static let header = "base_url,access_token,id,auto_renewal"

    @Test func everyProblemIsAnObjectOfTheSameMembers() throws {
        let work = try WorkDirectory()
        let text = "\(Self.header),auth.TTL\nhttp://127.0.0.1,t,x,0,\n,t,2,0,600\nhttp://127.0.0.1,t,3,1,a\n"
        try work.write("bad.csv", text)
        let check = try BuiltTool.run(["check", "bad.csv", "--json"], in: work.path)
        #expect(check.status == 3)
        let problems = try check.lines.map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        let members: Set = ["file", "line", "row", "sheet_row", "column", "code", "severity", "message"]
        #expect(problems.allSatisfy { Set($0.keys) == members })
        let shown = problems.map { problem in
            ["line", "row", "code", "severity"].map { "\(problem[$0] ?? "")" }.joined(separator: ":")
        }
        #expect(
            shown == [
                "2:1:id-malformed:row", "3:2:base-url-missing:row", "3:2:auth-number-as-text:warning",
                "4:3:dns-provider-missing:row",
            ])
    }

    @Test func everyProblemIsShownUnlessALimitIsGiven() throws {
        let work = try WorkDirectory()
        let rows = (1...1002).map { "http://127.0.0.1,t,x\($0),0\n" }
        try work.write("bad.csv", "\(Self.header)\n" + rows.joined())
        #expect(try BuiltTool.run(["check", "bad.csv"], in: work.path).lines.count == 1002)
        let check = try BuiltTool.run(["check", "bad.csv", "--max-problems", "1000"], in: work.path)
        #expect(check.status == 3 && check.lines.count == 1000)
        #expect(check.lines.last?.hasPrefix("bad.csv:1001: column 'id': 'x1000'") == true)
        #expect(check.errors.hasPrefix("certfleet: 2 more problems are not shown; see --max-problems\n"))
    }

    @Test func whatIsDoubtfulIsToldAndStopsNothing() throws {
        let work = try WorkDirectory()
        try work.write("doubt.csv", "\(Self.header),dns_provider\nhttp://127.0.0.1:1,t,1,0,rout53\n")
        let check = try BuiltTool.run(["check", "doubt.csv"], in: work.path)
        #expect(check.status == 0 && check.lines.count == 2, "\(check.output)")
        #expect(check.lines.first?.hasPrefix("doubt.csv:2: warning: column 'dns_provider': 'rout53' is no") == true)
        #expect(check.lines.last == "1 row, 1 host: valid")
        #expect(check.errors.contains("certfleet: 1 edit on 1 PBX, 1 warning\n"), "\(check.errors)")
        let run = try BuiltTool.run(["run", "doubt.csv", "--dry-run"], in: work.path)
        #expect(run.status == 0 && run.lines.count == 1 && run.errors.hasPrefix("doubt.csv:2: warning: "))
    }

    @Test func standardInputIsCalledADash() throws {
        let text = "\(Self.header)\nhttp://127.0.0.1,t,x,0\n"
        let check = try BuiltTool.run(["check", "-", "--format", "csv"], input: text)
        #expect(check.status == 3 && check.output == "-:2: column 'id': 'x' is no whole number\n")
        let run = try BuiltTool.run(["run", "-", "--format", "csv"], input: text)
        #expect(run.status == 3 && run.errors.hasPrefix("-:2: column 'id': 'x' is no whole number\n"))
    }

    @Test(arguments: [("check", "1 row, 1 host: valid"), ("run --dry-run", "line 2: POST http://127.0.0.1:1/")])
    func aNamedPipeIsReadAsAFileIs(command: String, output: String) throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "\(Self.header)\nhttp://127.0.0.1:1,t,1,0\n")
        let tool = try BuiltTool.path
        let run = try Shell.run("mkfifo pipe; cat fleet.csv >pipe & '\(tool)' \(command) pipe", in: work.path)
        #expect(run.status == 0 && run.output.hasPrefix(output), "\(run.errors)")
    }

    @Test(
        "A file that is wrong as a whole runs in no part of it",
        arguments: [
            ("", "\n\""), ("", ",ID"), ("", ",auto_renewl"), ("sep=:\n", ""), ("Fleet\n", ""), ("", ",\u{FC}"),
        ])
    func wrongFile(before: String, after: String) throws {
        let work = try WorkDirectory()
        let text = "\(before)\(Self.header)\(after)\nhttp://127.0.0.1:1,t,1,0\n"
        // In Latin-1, which is UTF-8 for all but the last.
        try work.write("fleet.csv", bytes: text.unicodeScalars.map { UInt8($0.value) })
        let run = try BuiltTool.run(["run", "fleet.csv", "--skip-invalid"], in: work.path)
        #expect(run.status == 3 && run.output.isEmpty, "\(run.errors)")
        #expect(run.errors.contains("'fleet.csv' cannot be read as it is: nothing was sent"), "\(run.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: work.path) == ["fleet.csv"])
    }

    @Test func hostsThatAreNotAskedForAreNoPartOfIt() throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "\(Self.header)\nhttp://127.0.0.1,t,x,0\nhttps://pbx.example.com,t,1,0\n")
        let some = try BuiltTool.run(["check", "fleet.csv", "--only", "*.EXAMPLE.com"], in: work.path)
        #expect(some.status == 0 && some.output == "1 row, 1 host: valid\n")
        let none = try BuiltTool.run(["check", "fleet.csv", "--only", "other"], in: work.path)
        #expect(none.status == 9 && none.errors.contains("no row of 'fleet.csv' has a host that matches 'other'"))
    }

    @Test func aFileIsOpenedByItsBytesWhateverTheyAre() throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "\(Self.header)\nhttp://127.0.0.1,file:k\u{E9}y,x,0\n")
        try work.write("k\u{E9}y", "secret")
        let tool = try BuiltTool.path
        let run = try Shell.run("mv fleet.csv $'fl\\xe9et.csv'; '\(tool)' check $'fl\\xe9et.csv'", in: work.path)
        #expect(
            run.status == 3 && run.output == "fl\\xe9et.csv:2: column 'id': 'x' is no whole number\n", "\(run.errors)")
        try work.write("dead.csv", "\(Self.header)\nhttp://127.0.0.1:1,t,1,0\n")
        let out = try Shell.run(
            "dir=$('\(tool)' run dead.csv --retries 0 --out $'r\\xe9n/' 2>errors); test -s \"$dir\" && ls r*/summary.json",
            in: work.path)
        #expect(out.status == 0, "\(out.errors)")
        let missing = try Shell.run("'\(tool)' check $'n\\xe9in.csv'", in: work.path)
        #expect(missing.status == 64 && missing.errors.contains("cannot open 'n\\xe9in.csv'"), "\(missing.errors)")
    }

    @Test func pipesServeAsInputAsCredentialsAndAsSecrets() throws {
        let work = try WorkDirectory()
        let tool = try BuiltTool.path
        try work.write("fleet.csv", "base_url,client_id,client_secret,id,auto_renewal\nhttp://127.0.0.1:1,,,1,0\n")
        try work.write("book.csv", "base_url,client_id,client_secret\n*,app,file:/dev/fd/3\n")
        let command = "'\(tool)' run --dry-run --format csv /dev/fd/4 --credentials /dev/fd/5"
        let run = try Shell.run(
            "\(command) 3< <(echo secret) 4< <(cat fleet.csv) 5< <(cat book.csv)", in: work.path)
        #expect(run.status == 0 && run.output.contains("\"username\":\"app\""), "\(run.output)\(run.errors)")
        let named = try Shell.run(
            "mkfifo -m 600 pipe; cat book.csv >pipe & '\(tool)' check fleet.csv --credentials pipe 3< <(echo secret)",
            in: work.path)
        #expect(named.status == 0 && named.output == "1 row, 1 host: valid\n", "\(named.errors)")
    }

    @Test func whatIsDoubtfulAboutCredentialsIsToldOrRefused() throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "base_url,id,auto_renewal\nhttp://127.0.0.1:1,1,0\n")
        let environment = ["CERTFLEET_ACCESS_TOKEN": "${TOKEN}"]
        let check = try BuiltTool.run(["check", "fleet.csv"], environment: environment, in: work.path)
        #expect(check.status == 0 && check.errors.contains("warning: CERTFLEET_ACCESS_TOKEN: this looks like a"))
        let strict = try BuiltTool.run(["check", "fleet.csv", "--strict"], environment: environment, in: work.path)
        #expect(strict.status == 64 && strict.errors.contains("error: CERTFLEET_ACCESS_TOKEN: this looks like a"))
    }

    @Test func anInputWithoutRowsIsNotSaidToHaveSentNothing() throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "\(Self.header)\n")
        let check = try BuiltTool.run(["check", "fleet.csv"], in: work.path)
        #expect(check.status == 9 && check.errors.contains("has no rows") && !check.errors.contains("sent"))
    }

    @Test func aPatternThatIsNoneIsAUsageError() throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "\(Self.header)\nhttp://127.0.0.1,t,1,0\n")
        let check = try BuiltTool.run(["check", "fleet.csv", "--only", "["], in: work.path)
        #expect(check.status == 64 && check.output.isEmpty)
    }

    /// A sheet with names of its own, and what makes it an input: flags, or the variables that stand for them.
    private static let ownSheet = "FQDN;Certificate ID;Domain;Name\nhttp://127.0.0.1:1;5;a.example.com;Miller Ltd\n"
    private static let columns = ["FQDN=base_url", "Certificate ID=id", "Domain=issue_to", "Name="]
    private static let values = ["access_token=env:TOKEN", "auto_renewal=0"]

    @Test(arguments: [true, false])
    func aSheetNeedNotBeEditedToBeRead(usesFlags: Bool) throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", Self.ownSheet)
        let flags = Self.columns.flatMap { ["--column", $0] } + Self.values.flatMap { ["--set", $0] }
        var environment = ["TOKEN": "secret"]
        if !usesFlags {
            environment["CERTFLEET_COLUMN"] = Self.columns.joined(separator: "\n")
            environment["CERTFLEET_SET"] = Self.values.joined(separator: "\n")
        }
        let check = try BuiltTool.run(
            ["check", "fleet.csv"] + (usesFlags ? flags : []), environment: environment, in: work.path)
        #expect(check.status == 0 && check.output == "1 row, 1 host: valid\n", "\(check.output)\(check.errors)")
        let run = try BuiltTool.run(
            ["run", "fleet.csv", "--dry-run"] + (usesFlags ? flags : []), environment: environment, in: work.path)
        #expect(run.status == 0 && run.lines.count == 1, "\(run.errors)")
        #expect(run.output.contains(#""issue_to":"a.example.com","auto_renewal":0"#), "\(run.output)")
        let lacking = try BuiltTool.run(["check", "fleet.csv"], in: work.path)
        #expect(lacking.status == 3 && lacking.lines.count == 1 && lacking.output.contains("'FQDN' (base_url?)"))
    }

    @Test(arguments: [
        ["--column", "x"], ["--column", "x=idd"], ["--set", "id"], ["--set", "id=1", "--set", "ID=2"],
    ])
    func whatCannotBeSaidOfColumnsIsAUsageError(flags: [String]) throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "\(Self.header)\n")
        let check = try BuiltTool.run(["check", "fleet.csv"] + flags, in: work.path)
        #expect(check.status == 64 && check.output.isEmpty && check.errors.contains(flags[0]), "\(check.errors)")
    }

    @Test(arguments: ["--set client_secret=", "--set issue_to=", "--column x"])
    func bytesThatAreNoTextAreNeverSent(flag: String) throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", "\(Self.header)\nhttp://127.0.0.1:1,t,1,0\n")
        let words = flag.split(separator: " ")
        let tool = try BuiltTool.path
        let run = try Shell.run("'\(tool)' run fleet.csv --dry-run \(words[0]) $'\(words[1])\\xff=id'", in: work.path)
        #expect(run.status == 64 && run.output.isEmpty && run.errors.contains("no UTF-8"), "\(run.errors)")
    }

    @Test func secretsOfFlagsAndVariablesDoNotStandInTheSheet() throws {
        let work = try WorkDirectory()
        let path = try work.write("fleet.csv", "base_url,id,auto_renewal\nhttp://127.0.0.1:1,1,0\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let flag = try BuiltTool.run(["check", "fleet.csv", "--set", "access_token=x"], in: work.path)
        #expect(flag.status == 0 && flag.errors.contains("on the command line") && !flag.errors.contains("stand in it"))
        let variable = ["CERTFLEET_SET": "access_token=x"]
        let check = try BuiltTool.run(["check", "fleet.csv"], environment: variable, in: work.path)
        #expect(check.status == 0 && !check.errors.contains("warning"), "\(check.errors)")
    }

    @Test func whereReadingStopsIsSaid() throws {
        let work = try WorkDirectory()
        try work.write(
            "fleet.csv", "\(Self.header)\nhttp://127.0.0.1:1,t,1,0\nhttp://12\"7,t,2,0\nhttp://127.0.0.1:1,t,x,0\n")
        let check = try BuiltTool.run(["check", "fleet.csv"], in: work.path)
        #expect(check.status == 3 && check.lines.count == 1, "\(check.output)")
        #expect(check.errors.contains("nothing behind line 3 was read"), "\(check.errors)")
    }

    @Test func aResultIsWrittenAsItsInputAndCanBeFedBack() throws {
        let (work, dead) = (try WorkDirectory(), try LoopbackSocket.unused())
        let header = " Base URL ;access-token;ID;auto-renewal;issue_to;a,b"
        let rows = [
            "http://\(dead.host):\(dead.port);env:TOKEN; 05.0 ;FALSE;\" x \";\"say \"\"hi\"\",\n=1+1\"",
            "http://\(dead.host):\(dead.port); env:TOKEN;6;no;CLEAR!;",
        ]
        let text = (["\u{FEFF}sep=;", header] + rows).map { $0 + "\r\n" }
        try work.write("fleet.csv", text.joined())
        let arguments = ["--retries", "0", "--out", "run"]
        let environment = ["TOKEN": "secret"]
        let run = try BuiltTool.run(["run", "fleet.csv"] + arguments, environment: environment, in: work.path)
        #expect(run.status == 2, "\(run.errors)")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: work.file("run/result.csv")))
        let lines = bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        #expect(lines.count == 5 && lines[0] == "\u{FEFF}sep=;\r" && lines[4].hasSuffix(";\r"), "\(lines)")
        #expect(lines[1].hasPrefix("\" Base URL \";access-token;ID;auto-renewal;issue_to;a,b;result.row;"), "\(lines)")
        let cells = "http://\(dead.host):\(dead.port);env:TOKEN;\" 05.0 \";FALSE;\" x \";\"say \"\"hi\"\","
        #expect(lines[2] == cells && lines[3].hasPrefix("=1+1\";1;3;failed;"), "\(lines)")
        let check = try BuiltTool.run(["check", "run/result.csv"], environment: environment, in: work.path)
        #expect(check.status == 0 && check.output == "2 rows, 1 host: valid\n", "\(check.output)\(check.errors)")
    }

    @Test func aResultInJSONLinesKeepsItsNumbersAndCanBeFedBack() throws {
        let (work, dead) = (try WorkDirectory(), try LoopbackSocket.unused())
        let members =
            #""url":"http://\#(dead.host):\#(dead.port)","access_token":"env:TOKEN","id":5.0,"auto_renewal":0,"#
            + #""n":1.50E+400"#
        try work.write("fleet.jsonl", "{ \(members) }\r\n")
        let environment = ["TOKEN": "secret"]
        let run = try BuiltTool.run(
            ["run", "fleet.jsonl", "--retries", "0", "--out", "run"], environment: environment, in: work.path)
        #expect(run.status == 2, "\(run.errors)")
        let result = try work.read("run/result.jsonl")
        #expect(result.hasPrefix("{\(members),\"result\":{\"row\":1,\"line\":1,\"status\":\"failed\","))
        #expect(result.hasSuffix("}}\r\n"))
        let check = try BuiltTool.run(["check", "run/result.jsonl"], environment: environment, in: work.path)
        #expect(check.status == 0 && check.output == "1 row, 1 host: valid\n", "\(check.output)\(check.errors)")
    }

    @Test func anInputIsTranscodedInMemoryThatDoesNotGrowWithIt() throws {
        let work = try WorkDirectory()
        // Measured by another process, because what this one had at most would count for its children too.
        try work.write(
            "measure.py",
            """
            import resource, subprocess, sys
            with open("large.csv", "w", encoding="utf-16", newline="") as f:
                f.write("base_url,access_token,id,auto_renewal,note\\r\\n")
                for n in range(10000): f.write("https://pbx-%d.example,t,1,0,%s\\r\\n" % (n, "x" * 3000))
            check = subprocess.run([sys.argv[1], "check", "large.csv"], stdout=subprocess.DEVNULL)
            print(check.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            """)
        let tool = try BuiltTool.path
        let run = try Shell.run("python3 measure.py '\(tool)'", in: work.path)
        let words = run.output.split(whereSeparator: \.isWhitespace).map(String.init)
        try #require(words.count == 2, "\(run.errors)")
        // The file has 58 MiB; the tool alone takes 20.
        #expect(words[0] == "0" && (Int(words[1]) ?? .max) < 45 * 1024, "\(words)")
    }
}
