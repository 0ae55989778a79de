import ArgumentParser
import FleetCommands
import TabularText

/// `certfleet check`
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Validates an input and lists every problem of every row; sends nothing.",
        usage: "certfleet check [<options>] <input>",
        discussion: "Exit codes: 0 valid, 1 the tool or its files failed, 3 invalid, 9 no rows, 64 usage.")

    @OptionGroup(title: "Input")
    var input: InputOptions

    @Flag(help: "Print each problem as a JSON object.")
    var json = false

    @Option(
        help: ArgumentHelp("Problems to print at most, from 0; all if it is left out.", valueName: "n"))
    var maxProblems: Int?

    @OptionGroup(title: "Messages")
    var messages: MessageOptions

    mutating func validate() throws {
        if let maxProblems, maxProblems < 0 { throw ValidationError("--max-problems \(maxProblems) is below 0") }
    }

    func run() throws {
        try Check(input.request, printsJSON: json, limit: maxProblems ?? .max, messages: messages.messages).run()
    }
}

/// `certfleet template`
struct TemplateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "template", abstract: "Prints an empty input file with every column.",
        discussion: "Columns that are not needed can be taken out; auth.KEY stands for one column per DNS credential.")

    @Option(help: ArgumentHelp("What to print.", valueName: "csv|jsonl"))
    var format = TableShape.Format.csv

    func run() throws {
        try Template.run(format)
    }
}

/// `certfleet providers`
struct ProvidersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "providers", abstract: "Lists the DNS providers, or the keys of one provider's credentials.")

    @Argument(
        help: ArgumentHelp("The provider, as the column dns_provider names it.", valueName: "name"),
        completion: .list(Providers.names))
    var name: String?

    func run() throws {
        try Providers.run(name)
    }
}

extension TableShape.Format: ExpressibleByArgument {}
