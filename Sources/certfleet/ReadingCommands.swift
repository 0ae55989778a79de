import ArgumentParser
import FleetCommands
import Pacing
import TabularText

/// `certfleet plan`
struct PlanCommand: ParsableCommand, WorkingArguments {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Reads the PBXs and prints what a run would change, row by row; sends no edit.",
        usage: "certfleet plan [<options>] <input>",
        discussion: """
            Exit codes: 0 nothing would change, 2 something would or cannot be read, 1 the tool or its files failed, 3 \
            input invalid and nothing sent, 9 no rows, 64 usage; 4, 10 and 129 to 143 as with run.
            """)

    @OptionGroup(title: "Input")
    var input: InputOptions

    @Flag(help: "Read for the valid rows although others are invalid.")
    var skipInvalid = false

    @Option(
        name: .customLong("as"),
        help: "How the answer is written: text, csv or jsonl (default: text on a terminal, else as the input is).")
    var format: AnswerFormat?

    @OptionGroup(title: "Pace")
    var pacing: PacingOptions

    @OptionGroup(title: "Connection")
    var transport: TransportOptions

    @OptionGroup(title: "Messages")
    var messages: MessageOptions

    func run() throws {
        var plan = Plan(input.request)
        plan.skipsInvalid = skipInvalid
        plan.format = format
        plan.work = workSettings
        try plan.run()
    }
}

/// `certfleet undo`
struct UndoCommand: ParsableCommand, WorkingArguments {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Writes the input file that would put back what a run changed.",
        discussion: """
            Needs the undo.csv of a run with --undo, --skip-unchanged or --verify. Reads the PBXs, and leaves out a row \
            if somebody changed since what it would set. What it writes holds the secrets that a PBX returned. Exit \
            codes: 0 everything can be put back, 2 something cannot, 1 the tool or its files failed, 3 undo.csv is \
            damaged, 9 nothing was changed, 64 usage; 4, 10 and 129 to 143 as with run.
            """)

    @Argument(help: ArgumentHelp("The directory of the run.", valueName: "dir"))
    var directory: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write it to a file that only its owner can read.", valueName: "file"))
    var output: String?

    @Flag(help: "Read nothing, and put back also what somebody changed since.")
    var force = false

    @Option(
        help: ArgumentHelp("CSV of base_url,client_id,client_secret; '*' stands for all others.", valueName: "file"))
    var credentials: String?

    @Flag(name: .customLong("allow-plain-http"), help: "Allow http:// also to other machines.")
    var allowsPlainHTTP = false

    @OptionGroup(title: "Pace")
    var pacing: PacingOptions

    @OptionGroup(title: "Connection")
    var transport: TransportOptions

    @OptionGroup(title: "Messages")
    var messages: MessageOptions

    func run() throws {
        var undo = Undo(directory: directory)
        undo.output = output
        undo.insists = force
        undo.input.credentials = credentials
        undo.input.allowsPlainHTTP = allowsPlainHTTP
        undo.work = workSettings
        try undo.run()
    }
}

/// The flags of the commands that read whole PBXs.
struct HostsOptions: WorkingArguments {
    @OptionGroup(title: "Input")
    var input: InputOptions

    @Flag(help: "Read the valid rows' PBXs although other rows are invalid.")
    var skipInvalid = false

    @OptionGroup(title: "Pace")
    var pacing: PacingOptions

    @OptionGroup(title: "Connection")
    var transport: TransportOptions

    @OptionGroup(title: "Messages")
    var messages: MessageOptions

    var request: HostsRequest {
        var request = HostsRequest(input.request)
        request.skipsInvalid = skipInvalid
        request.work = workSettings
        return request
    }
}

/// `certfleet list`
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Reads every certificate of every listed host, soonest expiry first.",
        usage: "certfleet list [<options>] <hosts>",
        discussion: """
            HOSTS is a CSV of base_url and credentials; other columns do not matter. Exit codes: 0 all hosts were read, 2 \
            some were not, 1 the tool or its files failed, 3 input invalid, 9 no rows, 64 usage; 4, 10 and 129 to 143 as \
            with run.
            """)

    @Option(name: .customLong("as"), help: "How the list is written: table, csv or jsonl.")
    var format = CertificateList.Format.table

    @Option(
        help: ArgumentHelp(
            "Only certificates that expire within this time, as 30d, and with '?' those of which nobody can tell.",
            valueName: "days"))
    var expiringWithin: DaysText?

    @OptionGroup
    var hosts: HostsOptions

    func run() throws {
        var list = CertificateList(hosts.request)
        list.format = format
        list.expiringWithin = expiringWithin?.duration
        try list.run()
    }
}

/// `certfleet export`
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Reads every certificate of every listed host into a file in the input format.",
        usage: "certfleet export [<options>] <hosts>",
        discussion: """
            The sheet that is edited and fed back: as it is, it changes nothing. Exit codes: 0 all hosts were read, 2 some \
            were not, 1 the tool or its files failed, 3 input invalid, 9 no rows, 64 usage; 4, 10 and 129 to 143 as \
            with run.
            """)

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write it to a file that only its owner can read.", valueName: "file"))
    var output: String?

    @Flag(help: "Write secrets, too: those of the hosts file, and those that the PBXs return.")
    var withSecrets = false

    @OptionGroup
    var hosts: HostsOptions

    func run() throws {
        var export = Export(hosts.request)
        export.output = output
        export.keepsSecrets = withSecrets
        try export.run()
    }
}

/// `certfleet pins`
struct PinsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pins", abstract: "Prints the hosts with the TLS key that each shows, as a pin.",
        usage: "certfleet pins [<options>] <hosts>",
        discussion: """
            By a TLS handshake alone: no login, and no credentials leave. Compare the keys with the PBXs' own before you \
            trust them. Exit codes: 0 all hosts showed the key that stands there, or none stood there, 2 some showed \
            another or none, 1 the tool or its files failed, 3 input invalid, 9 no rows, 64 usage; 4, 10 and 129 to 143 as \
            with run.
            """)

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Write it to a file that only its owner can read, with the secrets of the hosts file.", valueName: "file"))
    var output: String?

    @Option(name: .customLong("as"), help: "How it is written: csv or jsonl.")
    var format = TableShape.Format.csv

    @OptionGroup
    var hosts: HostsOptions

    func run() throws {
        var pins = Pins(hosts.request)
        pins.output = output
        pins.isJSON = format == .jsonl
        try pins.run()
    }
}

/// A duration of days, `30d`, or any other.
struct DaysText: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        if argument.hasSuffix("d"), let days = DurationText("\(argument.dropLast())h") {
            duration = days.duration * 24
        } else if let text = DurationText(argument) {
            duration = text.duration
        } else {
            return nil
        }
    }
}

extension AnswerFormat: ExpressibleByArgument {}
extension CertificateList.Format: ExpressibleByArgument {}
