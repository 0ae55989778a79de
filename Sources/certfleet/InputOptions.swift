import ArgumentParser
import RowInput

/// The flags that say what the input is.
struct InputOptions: ParsableArguments {
    static let names = ["format", "only", "credentials"]
    static let switches = ["allow-plain-http"]

    @Argument(help: ArgumentHelp("The spreadsheet, CSV or JSON lines; '-' reads standard input.", valueName: "input"))
    var input: String

    @Option(help: ArgumentHelp("What the input is: auto, csv or jsonl. Required with '-'.", valueName: "format"))
    var format = InputSettings.FormatChoice.automatic

    @Option(help: ArgumentHelp("Only rows whose host (name or address, without port) matches.", valueName: "glob"))
    var only: String?

    @Option(
        help: ArgumentHelp(
            "CSV of base_url,client_id,client_secret for rows without credentials; '*' stands for all others.",
            valueName: "file"))
    var credentials: String?

    @Flag(name: .customLong("allow-plain-http"), help: "Allow http:// also to other machines.")
    var allowsPlainHTTP = false

    mutating func validate() throws {
        if input == "-", format == .automatic {
            throw Complaint.usage("'-' needs --format", hint: "say --format csv or --format jsonl")
        }
    }

    /// What the input is read by.
    ///
    /// - Throws: `InputError` when the credentials file cannot be used.
    func settings() throws -> InputSettings {
        let environment = CommandEnvironment.variables
        return InputSettings(
            format: format, only: only, allowsPlainHTTP: allowsPlainHTTP,
            credentials: try CredentialBook(file: credentials, environment: environment), environment: environment)
    }
}

extension InputSettings.FormatChoice: ExpressibleByArgument {
    package init?(argument: String) {
        switch argument {
        case "auto": self = .automatic
        default: self.init(rawValue: argument)
        }
    }
}
