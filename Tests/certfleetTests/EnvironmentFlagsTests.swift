import ArgumentParser
import TestSupport
import Testing

@testable import certfleet

@Suite struct EnvironmentFlagsTests {
    @Test func variablesStandBeforeTheFlagsThatWereGiven() throws {
        let flags = EnvironmentFlags(["CERTFLEET_JOBS": "3", "CERTFLEET_INSECURE": "yes", "CERTFLEET_QUIET": "0"])
        #expect(
            try flags.arguments(before: ["run", "fleet.csv", "--jobs", "5"]) == [
                "run", "--jobs=3", "--insecure", "fleet.csv", "--jobs", "5",
            ])
    }

    @Test func ofAFlagGivenTwiceTheLastOneCounts() throws {
        let command = try RunCommand.parse(["--jobs=3", "fleet.csv", "--jobs", "5"])
        #expect(command.pacing.jobs == 5)
    }

    @Test func aSwitchThatIsNeitherOnNorOffIsRefused() {
        let flags = EnvironmentFlags(["CERTFLEET_DRY_RUN": "perhaps"])
        #expect(throws: Complaint.self) { try flags.arguments(before: ["run", "fleet.csv"]) }
    }

    @Test func emptyVariablesAndOtherCommandsAreLeftAlone() throws {
        let flags = EnvironmentFlags(["CERTFLEET_JOBS": "", "CERTFLEET_RATE": "1/s"])
        #expect(try flags.arguments(before: ["check", "fleet.csv"]) == ["check", "fleet.csv"])
        #expect(try flags.arguments(before: []) == [])
    }

    @Test(arguments: ["run", "check", "template", "simulate", "demo"])
    func everyFlagInTheHelpHasItsVariable(command: String) throws {
        let help = try BuiltTool.run([command, "--help"])
        #expect(help.status == 0 && help.errors.isEmpty)
        let words = help.output.split(whereSeparator: { " ,\n[]()<>|:;'.".contains($0) })
        let flags = Set(words.filter { $0.hasPrefix("--") && $0.count > 2 }.map { String($0.dropFirst(2)) })
        let known = try #require(EnvironmentFlags.known[command])
        #expect(flags.subtracting(["help", "version"]) == Set(known.options + known.switches))
    }
}
