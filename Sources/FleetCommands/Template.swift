package import TabularText

/// `certfleet template`: an empty input file.
package enum Template {
    private static let columns = [
        "base_url", "api_path", "client_id", "client_secret", "access_token", "id", "match", "name", "cert_file",
        "issue_to", "auto_renewal", "dns_provider", "auth.KEY", "auth_info_list", "tls_pin",
    ]

    /// Prints every column.
    ///
    /// - Throws: `ToolError` when standard output does not take it.
    package static func run(_ format: TableShape.Format) throws {
        var writer = RowWriter(TableShape(format: format), columns: columns)
        // A CSV tells its columns in the header; in JSON lines it takes a row.
        if format == .jsonl {
            writer.append(nil) { row in
                for _ in columns { row.add("") }
            }
        }
        try Say.print(String(decoding: writer.take(), as: UTF8.self))
    }
}
