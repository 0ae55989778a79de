import JSONText
import Logging
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

    /// Opens the input. From then on USR1 tells how far it is read.
    ///
    /// - Parameter kept: whether rows will be read again.
    /// - Throws: `ToolError` when it cannot be opened.
    func open(kept: Bool) throws(ToolError) -> InputFile {
        let name = Quotation.escaped(path)
        Signals.set(Signals.Answers(report: { Say.say(.notice, "waiting for '\(name)'", waits: false) }))
        let file = try InputFile.open(path, kept: kept)
        Signals.set(
            Signals.Answers(report: {
                let size = file.size.map { " of \($0)" } ?? ""
                Say.say(
                    .notice, "reading '\(name)': \(file.bytesRead)\(size) bytes",
                    fields: [JSONMember(key: "bytes", value: JSONValue(file.bytesRead))], waits: false)
            }))
        return file
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
        let file = try request.open(kept: true)
        catalog = try RowCatalog.read(file, settings: request.settings()) { $0.say(file: file.name) }
        self.file = file
        try refuseProblems(skipsInvalid: skipsInvalid)
        if catalog.rowCount == 0 { throw request.noRows }
    }

    private func refuseProblems(skipsInvalid: Bool) throws(ExitCode) {
        guard catalog.isFileInvalid || catalog.invalidRowCount > 0 && !skipsInvalid else { return }
        if catalog.isFileInvalid {
            Say.error("'\(file.name)' cannot be read as it is: nothing was sent")
        } else {
            let verb = catalog.invalidRowCount == 1 ? "is" : "are"
            Say.error(
                "\(catalog.invalidRowCount) of \(counted(catalog.rowCount, "row")) \(verb) invalid: nothing was sent",
                hint: "mend them, or run the others with --skip-invalid")
        }
        throw ExitCode.inputInvalid
    }
}
