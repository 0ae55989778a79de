import ArgumentParser
import Glibc

/// The command line.
@main struct Certfleet: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "certfleet",
        abstract: "Edits certificates on a whole fleet of Yeastar P-Series PBXs in one go.",
        discussion: "Each row of a spreadsheet names a PBX and one edit of one certificate on it.",
        version: version,
        subcommands: [
            RunCommand.self, CheckCommand.self, TemplateCommand.self, SimulateCommand.self, DemoCommand.self,
        ])

    static func main() {
        // A reader that goes away must not kill a run.
        signal(SIGPIPE, SIG_IGN)
        exitNow(status(of: Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs one command line to its end.
    ///
    /// - Returns: the exit status.
    private static func status(of arguments: [String]) -> ExitStatus {
        do {
            let environment = EnvironmentFlags(CommandEnvironment.variables)
            var command = try parseAsRoot(environment.arguments(before: arguments))
            try command.run()
            return .success
        } catch let status as ExitStatus {
            return status
        } catch {
            return Complaint.report(error)
        }
    }

    /// Ends the process without waiting for workers that may hang in a request.
    private static func exitNow(_ status: ExitStatus) -> Never {
        fflush(nil)
        _exit(status.code)
    }
}
