import Foundation
import PBXSimulator
import Platform
import TestSupport
import Testing

/// Sheets as people really made them: what `check` says of each.
@Suite struct CasesTests {
    /// A sheet of the folder `Cases`, and its problems: line, kind, and `!` behind one that stops the row or the file.
    struct Case: CustomTestStringConvertible {
        let file: String
        let problems: [String]
        /// Words that must stand in what is said.
        let words: [String]

        init(_ file: String, _ problems: [String], _ words: String...) {
            self.file = file
            self.problems = problems
            self.words = words
        }

        var testDescription: String { file }
    }

    static let cases = [
        Case(
            "01-domain.csv",
            [2, 3, 4, 5, 8].map { "\($0) domain-doubtful" } + [6, 7, 9].map { "\($0) word-for-nothing" }),
        Case("02-curly-quotes.csv", ["2 quotes-round", "2 quotes-round"]),
        Case("03-cut-short.csv", ["3 row-cut-short"], "was the file cut off?"),
        Case("04-secret-ends.csv", ["3 blank-at-end", "4 control-character!"], "NUL"),
        Case("05-clear.csv", [2, 3, 4, 5].map { "\($0) clear-misspelled!" }, "did you mean 'CLEAR!'?"),
        Case("06-key-case.csv", ["2 auth-key-doubtful"], "did you mean 'AccessKeyId'?"),
        Case("06-key-case-2.csv", ["2 auth-key-doubtful"], "did you mean 'APIKey'?"),
        Case("06-key-missing.csv", ["2 auth-key-doubtful"], "'Password'"),
        Case("07-two-pins.csv", []),
        Case("08-own-secret-columns.csv", ["1 own-secret", "1 own-secret"], "stands in the result as it is"),
        Case(
            "08-username-password.csv", ["1 own-secret", "1 own-secret"], "did you mean 'client_id'?",
            "did you mean 'client_secret'?"),
        Case("09-array.json", ["1 not-a-table!"], "a JSON array", "jq -c '.[]'"),
        Case("09-pretty.jsonl", ["1 not-a-table!"], "several lines", "jq -c"),
        Case("09-wrapped.jsonl", ["1 not-a-table!"], "a JSON array", "jq -c"),
        Case("09-gzip.csv", ["1 encoding-invalid!"], "gunzip it first"),
        Case("10-placeholders.csv", [2, 3, 4, 5].map { "\($0) placeholder" } + ["6 quotes-round"], "env:NAME"),
        Case("11-nan-null.csv", [2, 3, 4, 5].map { "\($0) word-for-nothing" }),
        Case("12-scientific.csv", ["2 scientific-notation", "2 scientific-notation"], "digits may be lost"),
        Case("13-same-file.csv", ["2 same-source"], "the same file as column 'auth.Login'"),
    ]

    @Test(arguments: cases)
    func whatPeopleMadeIsToldAsItIs(sheet: Case) throws {
        let work = try Self.copies()
        let environment = ["CERTFLEET_ACCESS_TOKEN": "token", "KEY_WITH_LINE_END": "k\n"]
        let check = try BuiltTool.run(["check", sheet.file, "--json"], environment: environment, in: work.path)
        let problems = try check.lines.map { line in
            let problem = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let mark = problem["severity"] as? String == "warning" ? "" : "!"
            return "\(problem["line"] ?? "") \(problem["code"] ?? "")\(mark)"
        }
        #expect(problems.sorted() == sheet.problems.sorted(), "\(check.output)\(check.errors)")
        for word in sheet.words { #expect(check.output.contains(word), "\(check.output)") }
        #expect(check.status == (problems.contains { $0.hasSuffix("!") } ? 3 : 0))
        for secret in ["SENTINEL", "dns-key", "secret-0000"] { #expect(!check.output.contains(secret)) }
    }

    @Test func everySheetIsTried() throws {
        let sheets = try FileManager.default.contentsOfDirectory(atPath: Self.folder).filter { !$0.hasSuffix(".txt") }
        #expect(Set(Self.cases.map(\.file)) == Set(sheets))
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Cases"

    /// The sheets where nobody else can read them, which would be a warning of its own.
    private static func copies() throws -> WorkDirectory {
        let work = try WorkDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            try work.write(name, bytes: Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))))
        }
        return work
    }
}

/// Commands as people really gave them: cases that a sheet alone cannot show. That a pattern for `--only` is of no use,
/// or a flag's value has no unit, stands in `Messages.txt`; names that are no UTF-8 and pipes are in ``InputTests``.
@Suite(.sideBySide) struct CommandCasesTests {
    private let fleet: Fleet
    private let work: WorkDirectory

    init() throws {
        fleet = try Fleet(hosts: 3, edits: 1)
        work = try WorkDirectory()
        try work.write("fleet.csv", fleet.csv)
    }

    private func run(_ arguments: String..., environment: [String: String] = [:]) throws -> BuiltTool.Result {
        defer { try? fleet.simulator.stop() }
        return try BuiltTool.run(arguments, environment: environment, in: work.path)
    }

    @Test func aTimerThatLostItsCommandDidNotSucceed() throws {
        let tool = try run()
        #expect(tool.status == 64 && tool.output.isEmpty && tool.errors.contains("name a command"))
        #expect(try run("--help").status == 0)
    }

    @Test func aNumberMayFollowItsLetterAtOnce() throws {
        let tool = try run("run", "fleet.csv", "-j4", "--out", "run")
        #expect(tool.status == 0 && tool.errors.contains("3 rows on 3 hosts, 4 at once"), "\(tool.errors)")
    }

    /// A timer that starts the run a minute or two after its window.
    @Test func aWindowThatJustEndedIsNotTakenForTomorrows() throws {
        let over = Date().addingTimeInterval(-60).formatted(.iso8601)
        let time = String(over.split(separator: "T")[1].prefix(5))
        let tool = try run("run", "fleet.csv", "--window-end", time, "--out", "late", environment: ["TZ": "UTC"])
        #expect(tool.status == 64 && tool.errors.contains("the next \(time) is more than 12 hours away"))
        #expect(tool.errors.contains("--window-end 20") && !FileManager.default.fileExists(atPath: work.file("late")))
    }

    /// So that a time zone that is not the operator's is seen.
    @Test func theEndOfTheWindowIsToldInLocalTime() throws {
        let end = Date().addingTimeInterval(3600).formatted(.iso8601)
        let tool = try run(
            "run", "fleet.csv", "--window-end", end, "--out", "run", environment: ["TZ": "IST-5:30"])
        #expect(tool.status == 0 && tool.errors.contains(#/the window ends at 20.*\+05:30, in /#), "\(tool.errors)")
    }

    @Test func aResultInAnotherFormatStaysNotBesideTheNewOne() throws {
        let rows = fleet.rows.map { row in
            #"{"base_url":"\#(row.host.baseURL)","client_id":"\#(row.host.clientID)","client_secret":"\#(row.host.clientSecret)","id":1,"auto_renewal":0}"#
        }
        try work.write("fleet.jsonl", rows.joined(separator: "\n") + "\n")
        #expect(try BuiltTool.run(["run", "fleet.csv", "--out", "both"], in: work.path).status == 0)
        let tool = try run("run", "fleet.jsonl", "--out", "both", "--resume")
        #expect(tool.status == 0 && tool.output == "both/result.jsonl\n")
        let files = try FileManager.default.contentsOfDirectory(atPath: work.file("both"))
        #expect(files.filter { $0.hasPrefix("result.") } == ["result.jsonl"])
        #expect(fleet.editsReceived(ofRow: 1) == 1)
    }

    @Test func aFilterLeftInTheEnvironmentIsTold() throws {
        let tool = try run("run", "fleet.csv", "--out", "run", environment: ["CERTFLEET_ONLY": "127.1.0.1"])
        #expect(tool.status == 0 && tool.errors.contains("1 of 3 rows, --only 127.1.0.1"), "\(tool.errors)")
    }
}
