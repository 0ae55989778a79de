import ArgumentParser
import RowInput

/// `certfleet check`
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Validates an input and lists every problem of every row; sends nothing.",
        usage: "certfleet check [<options>] <input>",
        discussion: "Exit codes: 0 valid, 3 invalid, 9 no rows, 64 usage.")

    @OptionGroup(title: "Input")
    var input: InputOptions

    func run() throws {
        let file = try InputFile.open(input.input, kept: false)
        let catalog = try RowCatalog.read(file, settings: input.settings()) { problem in
            Console.output(problem.text(file: file.name) + "\n")
        }
        if catalog.hasFileProblem || catalog.invalidRowCount > 0 { throw ExitStatus.inputInvalid }
        if catalog.rowCount == 0 { throw CheckedInput.noRows(in: file, only: input.only) }
        Console.output("\(catalog.rowCount) rows, \(catalog.hostCount) hosts: valid\n")
    }
}
