import ArgumentParser
import RowInput

/// `certfleet check`
struct CheckCommand: ParsableCommand {
    static let names = ["max-problems"]
    static let switches = ["json"]

    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Validates an input and lists every problem of every row; sends nothing.",
        usage: "certfleet check [<options>] <input>",
        discussion: "Exit codes: 0 valid, 1 the tool or its files failed, 3 invalid, 9 no rows, 64 usage.")

    @OptionGroup(title: "Input")
    var input: InputOptions

    @Flag(help: "Print each problem as a JSON object.")
    var json = false

    @Option(help: ArgumentHelp("Problems to print at most; the others are counted.", valueName: "n"))
    var maxProblems = 1000

    mutating func validate() throws {
        if maxProblems < 0 { throw ValidationError("--max-problems \(maxProblems) is below 0") }
    }

    func run() throws {
        let file = try InputFile.open(input.input, kept: false)
        var printer = ProblemPrinter(file: file.name, isJSON: json, limit: maxProblems)
        let catalog = try RowCatalog.read(file, settings: input.settings()) { printer.print($0) }
        try printer.finish()
        if catalog.hasFileProblem || catalog.invalidRowCount > 0 { throw ExitStatus.inputInvalid }
        if catalog.rowCount == 0 { throw CheckedInput.noRows(in: file, only: input.only) }
        if !json { try Console.output("\(catalog.rowCount) rows, \(catalog.hostCount) hosts: valid\n") }
    }
}
