import ArgumentParser
import FleetCommands

/// `certfleet report`
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Tells what became of a run, or of several together.",
        discussion: """
            Writes report.html into the run directory and prints its path. Several directories, as of shards or of several \
            windows, become one report in the current folder. A run that goes on or was killed is told of as far as its ledger \
            tells. Exit codes: 0 the report is written, 1 a file cannot be read or written, 64 usage.
            """)

    @Argument(help: ArgumentHelp("Run directories.", valueName: "dir"))
    var directories: [String]

    @Option(name: .customLong("as"), help: "A page, a table for a terminal, or one object for programs.")
    var form = Report.Form.html

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Where it goes (default: DIR/report.html; text and json: standard output).", valueName: "file"))
    var output: String?

    func run() throws {
        try Report(directories, as: form, output: output).run()
    }
}

extension Report.Form: ExpressibleByArgument {}
