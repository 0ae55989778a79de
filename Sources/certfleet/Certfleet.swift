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
        // A reader that goes away and a limit on file sizes are errors like others; they must not kill a run.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        holdStreams()
        hideMemory()
        exitNow(status(of: Array(CommandLine.arguments.dropFirst())))
    }

    /// Runs one command line to its end.
    ///
    /// - Returns: the exit status.
    private static func status(of arguments: [String]) -> ExitStatus {
        do {
            let environment = EnvironmentFlags(try CommandEnvironment.checkedVariables())
            var command = try parseAsRoot(environment.arguments(before: arguments))
            try command.run()
            return .success
        } catch let status as ExitStatus {
            return status
        } catch {
            return Complaint.report(error)
        }
    }

    /// Takes the places of standard streams that were closed, or a file of the run would get one and the texts with it.
    private static func holdStreams() {
        var descriptor: Int32 = 0
        // For reading only: what is written there fails as it did before.
        repeat { descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC) } while (0...STDERR_FILENO).contains(descriptor)
        close(descriptor)
    }

    /// Keeps a crash from writing out memory, in which there are secrets: neither a core file nor a backtrace.
    private static func hideMemory() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        for number in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP, SIGQUIT] { signal(number, SIG_DFL) }
    }

    /// Ends the process without waiting for workers that may hang in a request.
    private static func exitNow(_ status: ExitStatus) -> Never {
        fflush(nil)
        _exit(status.code)
    }
}
