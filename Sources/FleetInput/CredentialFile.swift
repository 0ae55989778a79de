import Platform
import FleetModel
import TabularText

/// The file of `--credentials`: a CSV of `base_url`, `client_id` and `client_secret`.
struct CredentialFile {
    private(set) var byHost: [HostKey: Credentials] = [:]
    /// The `*` row.
    private(set) var others: Credentials?
    private let path: String
    private let secrets: SecretReader
    private var columns: [Field: Int] = [:]
    private var width: Int?
    /// The first thing that is wrong with a row.
    private var failure: ToolError?

    private static let needed: [Field] = [.baseURL, .clientID, .clientSecret]

    /// Reads the whole file.
    ///
    /// - Throws: ``ToolError`` about the first thing that is wrong with it.
    init(_ path: String, _ environment: [String: String]) throws(ToolError) {
        // A dash is standard input only where the input is named.
        let input = try InputFile.open(path == "-" ? "./-" : path, kept: false)
        guard input.isPrivate else {
            throw ToolError(
                .usage, "'\(Quotation.escaped(path))': holds credentials and others than its owner can read it",
                hint: "use 'chmod 600'")
        }
        self.path = path
        secrets = SecretReader(folder: input.folder, environment: environment)
        let table = try TableReader(input, TableChoices(format: .csv))
        let dialect: Dialect
        switch try table.dialect(score: { HeaderScore(of: $0, needed: Self.needed) }) {
        case .success(let found): dialect = found
        case .failure(let diagnostic): throw refused(diagnostic, line: diagnostic.line)
        }
        var textFailure: ToolError?
        try table.readRecords(dialect) { diagnostic in
            textFailure = textFailure ?? refused(diagnostic, line: diagnostic.line)
        } _: { record, span in
            take(record, span)
        }
        if let failure = failure ?? textFailure { throw failure }
        guard width != nil else { throw refused(Diagnostic(.headerUnrecognized, "the file is empty"), line: 1) }
    }

    private func refused(_ diagnostic: Diagnostic, line: Int) -> ToolError {
        ToolError(.usage, "\(Quotation.escaped(path)):\(line): \(diagnostic.message)")
    }

    private mutating func take(_ record: Record, _ span: RecordSpan) {
        guard failure == nil else { return }
        do throws(Diagnostic) {
            if width == nil { try takeHeader(record) } else { try takeRow(record) }
        } catch {
            failure = refused(error, line: span.line)
        }
    }

    private mutating func takeHeader(_ record: Record) throws(Diagnostic) {
        width = record.count
        for column in 0..<record.count {
            if case .field(let field) = ColumnMeaning(name: Whitespace.trimmed(record[column]), in: .csv) {
                columns[field] = column
            }
        }
        for field in Self.needed where columns[field] == nil {
            throw Diagnostic(.headerColumnMissing, "there is no column '\(field.columnName)' in the header")
        }
    }

    private mutating func takeRow(_ record: Record) throws(Diagnostic) {
        guard record.count <= width ?? 0 else {
            throw Diagnostic(.cellsTooMany, "the row has more cells than the header")
        }
        guard let url = cell(.baseURL, in: record) else { return try checkEmpty(record) }
        guard let id = cell(.clientID, in: record), let secret = cell(.clientSecret, in: record) else {
            throw Diagnostic(.credentialsIncomplete, "the row must have both 'client_id' and 'client_secret'")
        }
        let credentials = Credentials.client(
            id: try CellText.clientID.read(id), secret: try secrets.secret(secret, isQuotable: true))
        if url.equals("*") {
            guard others == nil else { throw Diagnostic(.rowRepeated, "there is more than one row for '*'") }
            others = credentials
        } else if byHost.updateValue(credentials, forKey: try hostKey(url)) != nil {
            throw Diagnostic(.rowRepeated, "an earlier row is for the same host")
        }
    }

    private func checkEmpty(_ record: Record) throws(Diagnostic) {
        guard record.isBlank else { throw Diagnostic(.baseURLMissing, "the row names no host in 'base_url', nor '*'") }
    }

    private func cell(_ field: Field, in record: Record) -> Bytes? {
        guard let column = columns[field], column < record.count else { return nil }
        let bytes = Whitespace.trimmed(record[column])
        return bytes.isEmpty ? nil : bytes
    }

    private func hostKey(_ cell: Bytes) throws(Diagnostic) -> HostKey {
        let scratch = HostName.makeScratch()
        defer { scratch.deallocate() }
        return try BaseURL(cell, scratch: scratch).host
    }
}
