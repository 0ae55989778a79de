import Platform
import Testing

@testable import FleetCommands

@Suite struct FlagVariablesTests {
    /// A command as the parser describes it.
    private static let flags = FlagVariables(
        dump: """
            {"serializationVersion":0,"command":{"commandName":"run","arguments":[
            {"kind":"positional","valueName":"input","isRepeating":false},
            {"kind":"option","isRepeating":false,"names":[{"kind":"short","name":"j"},{"kind":"long","name":"jobs"}]},
            {"kind":"option","isRepeating":true,"names":[{"kind":"long","name":"only"}]},
            {"kind":"flag","isRepeating":false,"names":[{"kind":"long","name":"dry-run"}]},
            {"kind":"flag","isRepeating":false,"names":[{"kind":"long","name":"insecure"}]},
            {"kind":"flag","isRepeating":false,"names":[{"kind":"short","name":"h"},{"kind":"long","name":"help"}]}
            ]}}
            """)

    @Test func variablesStandBeforeTheFlagsThatWereGiven() throws {
        let variables = ["CERTFLEET_JOBS": "3", "CERTFLEET_INSECURE": "yes", "CERTFLEET_DRY_RUN": "0"]
        let line = ["--jobs=3", "--insecure", "fleet.csv", "--retries", "5"]
        #expect(try Self.flags.arguments(variables, before: ["fleet.csv", "--retries", "5"]) == line)
    }

    @Test func aSwitchThatIsNeitherOnNorOffIsRefused() {
        let error = #expect(throws: ToolError.self) {
            try Self.flags.arguments(["CERTFLEET_DRY_RUN": "perhaps"], before: ["fleet.csv"])
        }
        #expect(error?.kind == .usage && error?.message == "CERTFLEET_DRY_RUN is neither yes nor no")
    }

    @Test func emptyVariablesAndThoseOfNoFlagAreLeftAlone() throws {
        let variables = ["CERTFLEET_JOBS": "", "CERTFLEET_RATE": "1/s", "CERTFLEET_HELP": "1", "CERTFLEET_INPUT": "x"]
        #expect(try Self.flags.arguments(variables, before: ["fleet.csv"]) == ["fleet.csv"])
        #expect(try Self.flags.arguments([:], before: []) == [])
    }

    @Test func aVariableIsLeftToTheCommandThatUnderstandsItOtherwise() throws {
        let other = FlagVariables(
            dump: """
                {"serializationVersion":0,"command":{"commandName":"demo","arguments":[
                {"kind":"option","abstract":"Other.","isRepeating":false,"names":[{"kind":"long","name":"jobs"}]},
                {"kind":"flag","isRepeating":false,"names":[{"kind":"long","name":"insecure"}]}
                ]}}
                """)
        #expect(other.understands("CERTFLEET_JOBS", "3", otherwiseThan: Self.flags))
        #expect(!other.understands("CERTFLEET_INSECURE", "1", otherwiseThan: Self.flags))
        #expect(!other.understands("CERTFLEET_ONLY", "a", otherwiseThan: Self.flags))
        let words = FlagVariables(
            dump: """
                {"serializationVersion":0,"command":{"commandName":"list","arguments":[
                {"kind":"option","abstract":"Other.","isRepeating":false,"allValues":["few","many"],
                "names":[{"kind":"long","name":"jobs"}]}
                ]}}
                """)
        #expect(words.understands("CERTFLEET_JOBS", "many", otherwiseThan: Self.flags))
        #expect(!words.understands("CERTFLEET_JOBS", "3", otherwiseThan: Self.flags))
    }

    @Test(arguments: [
        ("The value '0' is invalid for '--jobs <n|auto>'", "CERTFLEET_JOBS"),
        ("The value '1' is invalid for '--jobs <n|auto>'", nil), ("--only '[' matches no host", "CERTFLEET_ONLY"),
        ("Unknown option '--fast'", nil), ("The value '0x' is invalid for '--jobs <n|auto>'", nil),
        ("--jobs 0 is below 1", "CERTFLEET_JOBS"),
    ])
    func aRefusalIsTracedToItsVariable(refusal: String, variable: String?) {
        let variables = ["CERTFLEET_JOBS": "0", "CERTFLEET_ONLY": "[", "CERTFLEET_DRY_RUN": "1"]
        #expect(Self.flags.variable(behind: refusal, in: variables) == variable)
    }

    @Test(arguments: [["--only", "pbx-*"], ["--only=pbx-*"], ["-j2", "--only="], ["--only=a", "-j", "2"]])
    func theCommandLineWinsOverAVariable(given: [String]) throws {
        let variables = ["CERTFLEET_ONLY": "10.*"]
        #expect(try Self.flags.arguments(variables, before: []) == ["--only=10.*"])
        #expect(try Self.flags.arguments(variables, before: given) == given)
        #expect(try Self.flags.arguments(variables, before: ["--", "--only"]) == ["--only=10.*", "--", "--only"])
        let jobs = given.contains { $0.hasPrefix("-j") } ? given : ["--jobs=0"] + given
        #expect(try Self.flags.arguments(["CERTFLEET_JOBS": "0"], before: given) == jobs)
    }
}
