import ArgumentParser
import FleetCommands
import Foundation
import RunEngine
import TestSupport
import Testing

@testable import certfleet

/// Which flags there are, and what the parser's refusals mean.
@Suite struct FlagTests {
    private static func reply(_ arguments: [String]) -> any Error {
        do {
            var command = try Certfleet.parseAsRoot(arguments)
            try command.run()
            return FleetCommands.ExitCode.success
        } catch {
            return Certfleet.reply(error)
        }
    }

    @Test(arguments: [
        [], ["run"], ["run", "x.csv", "--jobs", "0"], ["fly"], ["check", "--format", "pdf", "x"], ["run", "-"],
    ])
    func whatTheParserRefusesIsARefusal(arguments: [String]) throws {
        guard case ParserReply.refusal = Self.reply(arguments) else {
            Issue.record("\(Self.reply(arguments))")
            return
        }
    }

    @Test(arguments: [["--help"], ["run", "--help"], ["--version"], ["help", "check"]])
    func aRequestForHelpIsAnswered(arguments: [String]) throws {
        guard case ParserReply.answer(let text) = Self.reply(arguments) else {
            Issue.record("\(Self.reply(arguments))")
            return
        }
        #expect(!text.isEmpty)
    }

    @Test func ofAFlagGivenTwiceTheLastOneCounts() throws {
        let command = try RunCommand.parse(["--jobs=3", "fleet.csv", "--jobs", "5"])
        #expect(command.pacing.jobs == .fixed(5))
    }

    @Test(arguments: [
        ("-j4", JobLimit.fixed(4)), ("-j=4", .fixed(4)), ("--jobs=10000", .fixed(10_000)), ("--jobs=1", .fixed(1)),
        ("-jauto", .auto), ("--jobs=auto", .auto), ("-v", .auto),
    ])
    func jobsAreANumberOrAuto(flag: String, jobs: JobLimit) throws {
        #expect(try RunCommand.parse(["fleet.csv", flag]).pacing.jobs == jobs)
    }

    @Test(arguments: ["--jobs=0", "--jobs=10001", "--jobs=+4", "--jobs=4.0", "--jobs=AUTO", "--jobs="])
    func otherJobsAreRefused(flag: String) {
        #expect(throws: (any Error).self) { try RunCommand.parse(["fleet.csv", flag]) }
    }

    @Test(arguments: ["run", "check", "template", "simulate", "demo"])
    func everyFlagInTheHelpHasItsVariable(command: String) throws {
        let help = try BuiltTool.run([command, "--help"])
        #expect(help.status == 0 && help.errors.isEmpty)
        let words = help.output.split(whereSeparator: { " ,\n[]()<>|:;'.".contains($0) })
        let flags = Set(words.filter { $0.hasPrefix("--") && $0.count > 2 }.map { String($0.dropFirst(2)) })
        let type = try #require(Certfleet.configuration.subcommands.first { $0._commandName == command })
        let variables = FlagVariables(dump: type._dumpHelp())
        for flag in flags {
            let variable = "CERTFLEET_" + flag.uppercased().replacing("-", with: "_")
            let isKnown = try !variables.arguments([variable: "1"], before: []).isEmpty
            #expect(isKnown == !["help", "version"].contains(flag), "\(flag)")
        }
    }

    /// The manual page is made of the same help; whoever packages it holds that it has every flag.
    @Test func everyFlagIsExplainedInTheHelpAndInTheREADME() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("README.md")
        let readme = try String(contentsOf: file, encoding: .utf8)
        for command in Certfleet.configuration.subcommands {
            let dump = try JSONSerialization.jsonObject(with: Data(command._dumpHelp().utf8)) as? [String: Any]
            let described = try #require((dump?["command"] as? [String: Any])?["arguments"] as? [[String: Any]])
            for argument in described {
                let names = (argument["names"] as? [[String: Any]] ?? []).compactMap { name in
                    (name["name"] as? String).map { name["kind"] as? String == "long" ? "--\($0)" : "-\($0)" }
                }
                #expect((argument["abstract"] as? String)?.isEmpty == false, "\(command) \(names)")
                guard !names.isEmpty, !names.contains("--help"), !names.contains("--version") else { continue }
                let stands = names.contains { name in ["`", " ", ","].contains { readme.contains("`\(name)\($0)") } }
                #expect(stands, "the README lacks \(names) of \(command._commandName)")
            }
        }
    }

    @Test(arguments: [
        ("certfleet pro", "providers"), ("certfleet run --form", "--format"),
        ("certfleet run --format ", "auto csv jsonl"), ("certfleet providers route5", "route53"),
    ])
    func bashCompletesCommandsFlagsAndValues(typed: String, completed: String) throws {
        let work = try WorkDirectory()
        let shell = try Shell.run(
            """
            eval "$('\(try BuiltTool.path)' --generate-completion-script bash)"
            COMP_LINE='\(typed)' COMP_POINT=\(typed.utf8.count)
            read -ra COMP_WORDS <<< "$COMP_LINE."
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            COMP_WORDS[COMP_CWORD]=${COMP_WORDS[COMP_CWORD]%.}
            _certfleet certfleet "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
            echo "${COMPREPLY[*]}"
            """, in: work.path)
        #expect(shell.output == "\(completed)\n", "\(shell.errors)")
    }

    @Test func theVersionIsANumberAndWhatItWasBuiltFrom() throws {
        let version = try BuiltTool.run(["--version"])
        #expect(version.output == "certfleet \(ThisProcess.version) (unreleased)\n")
    }
}
