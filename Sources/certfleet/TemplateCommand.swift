import ArgumentParser
import JSONText
import FleetModel

/// `certfleet template`
struct TemplateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "template", abstract: "Prints an empty input file with every column.",
        discussion: "Columns that are not needed can be taken out; auth.KEY stands for one column per DNS credential.")

    @Option(help: "csv or jsonl.")
    var format = InputShape.Format.csv

    func run() throws {
        try Console.output(format == .csv ? TemplateCommand.columns.joined(separator: ",") + "\n" : object)
    }

    static let columns = [
        "base_url", "api_path", "client_id", "client_secret", "access_token", "id", "name", "issue_to", "auto_renewal",
        "dns_provider", "auth.KEY", "auth_info_list", "tls_pin",
    ]

    private var object: String {
        var writer = JSONWriter()
        writer.beginObject()
        for column in TemplateCommand.columns { writer.member(column, JSONValue.null) }
        writer.endObject()
        writer.endLine()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension InputShape.Format: ExpressibleByArgument {}
