import ArgumentParser
import FleetCommands

/// The flags that say what standard error shows.
struct MessageOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A line that renews itself on a terminal; elsewhere one every 30s, with always every 10s.",
            valueName: "auto|always|never"))
    var progress = Messages.Progress.auto

    @Option(help: ArgumentHelp("How everything on standard error is written.", valueName: "text|json"))
    var logFormat = Messages.Format.text

    @Flag(name: .shortAndLong, help: "Log what becomes of every row.")
    var verbose = false

    @Flag(name: .shortAndLong, help: "Say nothing but errors.")
    var quiet = false

    @Flag(help: "No colors; so does the variable NO_COLOR.")
    var noColor = false

    var messages: Messages {
        var messages = Messages()
        messages.progress = progress
        messages.format = logFormat
        messages.isVerbose = verbose
        messages.isQuiet = quiet
        messages.isPlain = noColor
        return messages
    }
}

extension Messages.Progress: ExpressibleByArgument {}
extension Messages.Format: ExpressibleByArgument {}
