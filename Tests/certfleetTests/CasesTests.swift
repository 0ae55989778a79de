import Foundation
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
