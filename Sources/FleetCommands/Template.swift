import JSONText
package import TabularText

/// `certfleet template`: an empty input file.
package enum Template {
    private static let columns = [
        "base_url", "api_path", "client_id", "client_secret", "access_token", "id", "name", "issue_to", "auto_renewal",
        "dns_provider", "auth.KEY", "auth_info_list", "tls_pin",
    ]

    /// Prints every column.
    ///
    /// - Throws: `ToolError` when standard output does not take it.
    package static func run(_ format: TableShape.Format) throws {
        try Console.output(format == .csv ? columns.joined(separator: ",") + "\n" : object)
    }

    private static var object: String {
        var writer = JSONWriter()
        writer.beginObject()
        for column in columns { writer.member(column, JSONValue.null) }
        writer.endObject()
        writer.endLine()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
