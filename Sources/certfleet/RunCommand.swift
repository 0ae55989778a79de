import ArgumentParser
import FleetCommands

/// `certfleet run`
struct RunCommand: ParsableCommand, WorkingArguments {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Applies every row and writes a run directory.",
        usage: "certfleet run [<options>] <input>",
        discussion: """
            Prints the path of the result file. Every flag has an environment variable, such as CERTFLEET_JOBS for \
            --jobs; the flag wins. Durations are written 500ms, 10s, 5m or 2h.

            Exit codes: 0 all rows ok, 1 the tool or its files failed, 2 finished and some rows not ok, 3 input invalid \
            and nothing sent, 4 stopped by --halt-after or --canary, 9 no rows, 10 window over with rows left, 64 usage, \
            129/130/131/143 stopped by HUP, INT, QUIT, TERM.
            """)

    @OptionGroup(title: "Input")
    var input: InputOptions

    @Flag(help: "Run the valid rows although others are invalid.")
    var skipInvalid = false

    @Flag(help: "Print each request that would be sent, secrets masked; send nothing.")
    var dryRun = false

    @Option(
        help: ArgumentHelp("The run directory (default: certfleet-YYYYMMDDTHHMMSSZ).", valueName: "dir"),
        completion: .directory)
    var out: String?

    @Flag(help: "Continue the run in --out.")
    var resume = false

    @OptionGroup(title: "Before and after")
    var reading: ReadingOptions

    @OptionGroup(title: "Pace")
    var pacing: PacingOptions

    @OptionGroup(title: "Connection")
    var transport: TransportOptions

    @OptionGroup(title: "Messages")
    var messages: MessageOptions

    mutating func validate() throws {
        if resume, out == nil {
            throw ValidationError("--resume needs --out: name the directory of the run that is to go on")
        }
    }

    func run() throws {
        var request = RunRequest(input.request)
        request.skipsInvalid = skipInvalid
        request.isDry = dryRun
        request.directory = out
        request.resumes = resume
        request.reading = reading.policy
        request.work = workSettings
        try request.run()
    }
}
