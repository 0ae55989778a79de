import ArgumentParser
import FleetCommands

/// The command line.
@main struct Certfleet: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certfleet",
        abstract: "Edits certificates on a whole fleet of Yeastar P-Series PBXs in one go.",
        discussion: "Each row of a spreadsheet names a PBX and one edit of one certificate on it.",
        version: ThisProcess.release,
        subcommands: [
            RunCommand.self, CheckCommand.self, PlanCommand.self, UndoCommand.self, ListCommand.self,
            ExportCommand.self, PinsCommand.self, ReportCommand.self, TemplateCommand.self, ProvidersCommand.self,
            SimulateCommand.self, DemoCommand.self,
        ])

    static func main() {
        ThisProcess.prepare()
        ThisProcess.end(exitCode(of: ThisProcess.arguments))
    }

    func run() throws {
        let names = Self.commandNames
        throw ParserReply.refusal(
            "name a command: \(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")",
            help: "'certfleet run INPUT' runs an input; 'certfleet --help' tells what each command does")
    }

    private static let commandNames = configuration.subcommands.map { $0._commandName }

    /// Runs one command line to its end.
    private static func exitCode(of arguments: [String]) -> FleetCommands.ExitCode {
        do {
            Say.messages = Messages(guessedFrom: arguments, ProcessEnvironment.variables)
            var command = try parse(arguments, ProcessEnvironment.checkedVariables())
            try command.run()
            return .success
        } catch {
            return .telling(reply(error))
        }
    }

    /// What the parser answers itself when it stands in the place of a command.
    private static let answers: Set = [
        "help", "--help", "-h", "--version", "--generate-completion-script", "--experimental-dump-help",
    ]

    /// Finds the command with its flags, those of the environment among them.
    private static func parse(_ arguments: [String], _ variables: [String: String]) throws -> any ParsableCommand {
        guard let name = arguments.first, !answers.contains(name) else { return try parseAsRoot(arguments) }
        guard let command = configuration.subcommands.first(where: { $0._commandName == name }) else {
            throw ParserReply.noCommand(name, of: commandNames)
        }
        return try parse(command, Array(arguments.dropFirst()), variables)
    }

    private static func parse(
        _ command: any ParsableCommand.Type, _ given: [String], _ variables: [String: String]
    ) throws -> any ParsableCommand {
        let name = [command._commandName]
        guard variables.keys.contains(where: { $0.hasPrefix("CERTFLEET_") }) else {
            do { return try parseNoting(name + given) } catch { throw reply(error, to: command) }
        }
        let own = FlagVariables(dump: command._dumpHelp())
        let others = configuration.subcommands.filter { $0 != command }.map { FlagVariables(dump: $0._dumpHelp()) }
        FlagVariables.warn(of: variables, known: others + [own])
        var variables = variables
        while true {
            let line = try name + own.arguments(variables, before: given)
            do {
                return try parseNoting(line)
            } catch {
                // A variable that is meant for another command's flag of the same name must not keep this one from running.
                let variable = own.variable(behind: message(for: error), in: variables)
                guard let variable, let value = variables[variable],
                    others.contains(where: { $0.understands(variable, value, otherwiseThan: own) })
                else { throw reply(error, to: command, variable) }
                variables[variable] = nil
            }
        }
    }

    /// Parses a command line, and notes it as the one that is carried out.
    private static func parseNoting(_ line: [String]) throws -> any ParsableCommand {
        let command = try parseAsRoot(line)
        Invocation.arguments = line
        return command
    }

    /// Translates what the parser throws; everything else stays as it is.
    ///
    /// - Parameters:
    ///   - command: whose flags were read; nil when none was found.
    ///   - variable: the one that a refusal is about; nil when it is about none.
    static func reply(
        _ error: any Error, to command: (any ParsableCommand.Type)? = nil, _ variable: String? = nil
    ) -> any Error {
        switch exitCode(for: error) {
        case .success: ParserReply.answer(fullMessage(for: error))
        case .validationFailure:
            refusal(message(for: error), help: help(for: error), command, variable)
        default: error
        }
    }

    private static func refusal(
        _ message: String, help: String?, _ command: (any ParsableCommand.Type)?, _ variable: String?
    ) -> ParserReply {
        var help = FlagForm.hint(for: message) ?? help
        if message.hasPrefix("Missing expected argument"), let usage = command?.configuration.usage {
            help = "write '\(usage)'"
        }
        let place = variable.map { "it stands in \($0)" }
        // The parser's own advice, behind its sentence, comes before any other.
        if let place, message.contains(". Please ") {
            return ParserReply.refusal("\(message.dropLast()); \(place)", help: help, command: command?._commandName)
        }
        if let place { help = [help, place].compactMap(\.self).joined(separator: "; ") }
        return ParserReply.refusal(message, help: help, command: command?._commandName)
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

/// How the values of flags are written, by the name that the help gives them.
private enum FlagForm {
    /// What to write instead of a value that the parser refused; nil when the flag's help says it.
    static func hint(for refusal: String) -> String? {
        let parts = refusal.split(separator: "'", omittingEmptySubsequences: false)
        guard refusal.hasPrefix("The value '"), parts.count == 5, let start = parts[3].firstIndex(of: "<") else {
            return nil
        }
        let number = Int(parts[1]).flatMap { (1...1_000_000).contains($0) ? "\($0)" : nil }
        switch parts[3][start...] {
        case "<rate>":
            return number.map { "write \($0)/s, \($0)/m or \($0)/h" }
                ?? "write it as 5/s, 5/m or 5/h, more than 0 and at most 999999999/s"
        case "<duration>":
            return number.map { "write \($0)s, \($0)m or \($0)h" } ?? "write it as 500ms, 10s, 5m or 2h, at most 8760h"
        case "<days>": return "write \(number ?? "30")d, or 12h"
        case "<n|auto>": return "write auto, or a number, 1-10000"
        case "<n|n%>": return "write a number of rows from 1, as 20, or a share of them from 1% to 100%, as 5%"
        default: return nil
        }
    }
}
