import ArgumentParser
import FleetCommands
import TabularText

/// The flags that say what the input is.
struct InputOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The spreadsheet, CSV or JSON lines; '-' reads standard input.", valueName: "input"),
        completion: .file())
    var input: String

    @Option(help: ArgumentHelp("What the input is. Required with '-'.", valueName: "auto|csv|jsonl"))
    var format = TableChoices.Format.automatic

    @Option(help: ArgumentHelp("What stands between the cells of a CSV.", valueName: "auto|comma|semicolon|tab|pipe"))
    var delimiter = TableChoices.Delimiter.automatic

    @Option(help: ArgumentHelp("How the bytes of the input are text.", valueName: "auto|utf-8|utf-16|windows-1252"))
    var encoding = TableChoices.Encoding.automatic

    @Option(
        help: ArgumentHelp(
            "Only rows whose host (name or address, without port) matches; may be given again for more.",
            valueName: "glob"))
    var only: [String] = []

    @Option(
        help: ArgumentHelp(
            "Only hosts whose hash falls to part K of N: the same file on N machines, each host on one of them.",
            valueName: "k/n"))
    var shard: String?

    @Option(
        name: .customLong("column"),
        help: ArgumentHelp(
            "What a header of yours means, as in 'Certificate ID=id'; with nothing behind the '=' it is only carried "
                + "along. May be given again for more; the variable takes one a line.",
            valueName: "header=column"))
    var columns: [String] = []

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "What the empty cells of a column hold, as in auto_renewal=0, also where the file has no such column. May "
                + "be given again for more; the variable takes one a line.",
            valueName: "column=value"))
    var values: [String] = []

    @Flag(help: "Take what is only doubtful for wrong.")
    var strict = false

    @Option(
        help: ArgumentHelp(
            "CSV of base_url,client_id,client_secret for rows without credentials; '*' stands for all others.",
            valueName: "file"), completion: .file())
    var credentials: String?

    @Flag(name: .customLong("allow-plain-http"), help: "Allow http:// also to other machines.")
    var allowsPlainHTTP = false

    mutating func validate() throws {
        if input == "-", format == .automatic {
            throw ValidationError("'-' needs --format: say --format csv or --format jsonl")
        }
        for pattern in only {
            if let problem = InputRequest.problem(withOnly: pattern) {
                throw ValidationError("--only '\(pattern)' matches no host: \(problem)")
            }
        }
        if let shard, !InputRequest.isShard(shard) {
            throw ValidationError("--shard '\(shard)' is no part of a fleet: write 1/4 to 4/4, of at most 10000 parts")
        }
        if let problem = InputRequest.problem(withColumns: columns, values: values) { throw ValidationError(problem) }
    }

    var request: InputRequest {
        var request = InputRequest(path: input)
        request.columns = columns
        request.values = values
        request.table = TableChoices(format: format, delimiter: delimiter, encoding: encoding)
        request.only = only
        request.shard = shard
        request.isStrict = strict
        request.credentials = credentials
        request.allowsPlainHTTP = allowsPlainHTTP
        return request
    }
}

extension TableChoices.Format: ExpressibleByArgument {}
extension TableChoices.Delimiter: ExpressibleByArgument {}
extension TableChoices.Encoding: ExpressibleByArgument {}
