import Platform
import ArgumentParser
import FleetModel
import Pacing

/// `certfleet run`
struct RunCommand: ParsableCommand {
    static let names = ["out"]
    static let switches = ["resume", "skip-invalid", "dry-run"]

    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Applies every row and writes a run directory.",
        discussion: """
            Prints the path of the result file. Every flag has an environment variable, such as CERTFLEET_JOBS for \
            --jobs; the flag wins. Durations are written 500ms, 10s, 5m or 2h.

            Exit codes: 0 all rows ok, 1 the tool or its files failed, 2 finished and some rows not ok, 3 input invalid \
            and nothing sent, 4 stopped by --halt-after or --canary, 9 no rows, 10 window over with rows left, 64 usage, \
            129/130/143 stopped by HUP, INT, TERM.
            """)

    @OptionGroup(title: "Input")
    var input: InputOptions

    @Flag(help: "Run the valid rows although others are invalid.")
    var skipInvalid = false

    @Flag(help: "Print each request that would be sent, secrets masked; send nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("The run directory (default: certfleet-YYYYMMDDTHHMMSSZ).", valueName: "dir"))
    var out: String?

    @Flag(help: "Continue the run in --out.")
    var resume = false

    @OptionGroup(title: "Pace")
    var pacing: PacingOptions

    @OptionGroup(title: "Connection")
    var transport: TransportOptions

    @OptionGroup(title: "Messages")
    var log: LogOptions

    mutating func validate() throws {
        if resume, out == nil {
            throw ValidationError("--resume needs --out: name the directory of the run that is to go on")
        }
    }

    func run() throws {
        let clock = SystemClock()
        let checked = try CheckedInput(input, skipsInvalid: skipInvalid)
        let settings = try pacing.settings(timeout: transport.timeout.duration, clock: clock)
        if dryRun {
            let dryRun = DryRun(catalog: checked.catalog, transport: transport.settings, resumed: resume ? out : nil)
            return try dryRun.printAll()
        }
        let fleet = FleetRun(
            input: checked, settings: settings, transport: transport.settings,
            directory: out ?? "certfleet-\(clock.wallTime().compact)", resumes: resume,
            log: log, clock: clock)
        let status = try fleet.run()
        if status != .success { throw status }
    }
}
