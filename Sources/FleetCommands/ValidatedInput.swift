import Platform
import FleetInput
package import TabularText

/// What the command line says about an input.
package struct InputRequest: Sendable {
    /// A path, or `-` for standard input.
    package let path: String
    /// How the input is written: format, delimiter, encoding.
    package var table = TableChoices()
    /// Only rows whose host matches this pattern are part of the command; nil takes all.
    package var only: String?
    /// Path of the file of credentials; nil for none.
    package var credentials: String?
    /// Whether plain `http` may go to other machines.
    package var allowsPlainHTTP = false

    /// An input about which everything is found by itself.
    package init(path: String) {
        self.path = path
    }

    /// What the input is read by.
    ///
    /// - Throws: `ToolError` when the credentials file cannot be used.
    func settings() throws(ToolError) -> InputSettings {
        let environment = ProcessEnvironment.variables
        return InputSettings(
            table: table, only: only, allowsPlainHTTP: allowsPlainHTTP,
            credentials: try CredentialBook(file: credentials, environment: environment), environment: environment)
    }

    /// What an input without rows means.
    var noRows: ToolError {
        let what = only.map { "no row of '\(path)' has a host that matches '\($0)'" } ?? "'\(path)' has no rows"
        return ToolError(.noRows, what, hint: "nothing was sent")
    }
}

/// An input that was read to its end and found fit to run.
struct ValidatedInput {
    let file: InputFile
    let catalog: RowCatalog

    /// Reads the input and prints every problem on standard error.
    ///
    /// - Throws: what the files throw; ``ExitCode/inputInvalid`` once the reason is printed.
    init(_ request: InputRequest, skipsInvalid: Bool) throws {
        let file = try InputFile.open(request.path, kept: true)
        catalog = try RowCatalog.read(file, settings: request.settings()) { Console.log($0.text(file: file.name)) }
        self.file = file
        try refuseProblems(skipsInvalid: skipsInvalid)
        if catalog.rowCount == 0 { throw request.noRows }
    }

    private func refuseProblems(skipsInvalid: Bool) throws(ExitCode) {
        guard catalog.isFileInvalid || catalog.invalidRowCount > 0 && !skipsInvalid else { return }
        if catalog.isFileInvalid {
            Console.error("'\(file.name)' cannot be read as it is: nothing was sent")
        } else {
            Console.error(
                "\(catalog.invalidRowCount) of \(catalog.rowCount) rows are invalid: nothing was sent",
                hint: "mend them, or run the others with --skip-invalid")
        }
        throw ExitCode.inputInvalid
    }
}
