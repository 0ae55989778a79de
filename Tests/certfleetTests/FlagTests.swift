import ArgumentParser
import FleetCommands
import RunEngine
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
        ("-j4", Jobs.fixed(4)), ("-j=4", .fixed(4)), ("--jobs=10000", .fixed(10_000)), ("--jobs=1", .fixed(1)),
        ("-jauto", .auto), ("--jobs=auto", .auto), ("-v", .auto),
    ])
    func jobsAreANumberOrAuto(flag: String, jobs: Jobs) throws {
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
}
