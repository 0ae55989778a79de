import ArgumentParser
import FleetCommands

/// The command line.
@main struct Certfleet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certfleet",
        abstract: "Edits certificates on a whole fleet of Yeastar P-Series PBXs in one go.",
        discussion: "Each row of a spreadsheet names a PBX and one edit of one certificate on it.",
        version: ThisProcess.version,
        subcommands: [
            RunCommand.self, CheckCommand.self, TemplateCommand.self, ProvidersCommand.self, SimulateCommand.self,
            DemoCommand.self,
        ])

    static func main() {
        ThisProcess.prepare()
        ThisProcess.end(exitCode(of: Array(CommandLine.arguments.dropFirst())))
    }

    func run() throws {
        let names = Self.configuration.subcommands.map { $0._commandName }
        throw ValidationError("name a command: \(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")")
    }

    /// Runs one command line to its end.
    private static func exitCode(of arguments: [String]) -> FleetCommands.ExitCode {
        do {
            let variables = try ProcessEnvironment.checkedVariables()
            Say.messages = Messages(guessedFrom: arguments, variables)
            var command = try parse(arguments, variables)
            try command.run()
            return .success
        } catch {
            return .telling(reply(error))
        }
    }

    /// Finds the command with its flags, those of the environment among them.
    private static func parse(_ arguments: [String], _ variables: [String: String]) throws -> any ParsableCommand {
        guard let name = arguments.first,
            let command = configuration.subcommands.first(where: { $0._commandName == name })
        else { return try parseAsRoot(arguments) }
        let flags = FlagVariables(dump: command._dumpHelp())
        return try parseAsRoot([name] + flags.arguments(variables, before: Array(arguments.dropFirst())))
    }

    /// Translates what the parser throws; everything else stays as it is.
    static func reply(_ error: any Error) -> any Error {
        switch exitCode(for: error) {
        case .success: ParserReply.answer(fullMessage(for: error))
        case .validationFailure: ParserReply.refusal(message(for: error), help: help(for: error))
        default: error
        }
    }

    /// What the help says about the flag whose value is wrong; nil when it is about none.
    private static func help(for error: any Error) -> String? {
        let text = fullMessage(for: error)
        guard let start = text.firstRange(of: "\nHelp:  ")?.upperBound,
            let end = text[start...].firstRange(of: "\nUsage: ")?.lowerBound
        else { return nil }
        return String(text[start..<end].replacing("  ", with: ": ", maxReplacements: 1))
    }
}
