import ArgumentParser
import Logging

/// The flags that say what standard error shows.
struct LogOptions: ParsableArguments {
    static let names = ["progress", "log-format"]
    static let switches = ["verbose", "quiet", "no-color"]

    enum Progress: String, CaseIterable, ExpressibleByArgument {
        case auto, always, never
    }

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json
    }

    @Option(help: "Progress line: auto shows one on a terminal.")
    var progress = Progress.auto

    @Option(help: "How log lines are written.")
    var logFormat = Format.text

    @Flag(name: .shortAndLong, help: "Log what becomes of every row.")
    var verbose = false

    @Flag(name: .shortAndLong, help: "Say nothing but errors.")
    var quiet = false

    @Flag(help: "No colors; so does the variable NO_COLOR.")
    var noColor = false

    /// A logger that writes as the flags want it.
    var logger: Logger { logger(from: quiet ? .error : verbose ? .debug : .info) }

    /// A logger for what `--quiet` does not silence.
    var insistentLogger: Logger { logger(from: .notice) }

    private func logger(from level: Logger.Level) -> Logger {
        Logger(label: "certfleet") { [logFormat] _ in
            ConsoleLogHandler(isJSON: logFormat == .json, logLevel: level)
        }
    }

    var style: TextStyle {
        let isPlain = noColor || !Console.isTerminal || !(CommandEnvironment.variables["NO_COLOR"] ?? "").isEmpty
        return TextStyle(isColored: !isPlain)
    }
}
