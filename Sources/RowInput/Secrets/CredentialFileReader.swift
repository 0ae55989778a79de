import Platform
import FleetModel

/// Reads the file of `--credentials`: a CSV of `base_url`, `client_id` and `client_secret`.
struct CredentialFileReader {
    private(set) var byHost: [HostKey: Credentials] = [:]
    /// The `*` row.
    private(set) var others: Credentials?
    private let path: String
    private let secrets: SecretReader
    private var columns: [Field: Int] = [:]
    private var width: Int?
    private var failure: ToolError?

    /// Reads the whole file.
    ///
    /// - Throws: ``ToolError`` about the first thing that is wrong with it.
    init(_ path: String, _ environment: [String: String]) throws(ToolError) {
        // A dash is standard input only where the input is named.
        let input = try InputFile.open(path == "-" ? "./-" : path, kept: false)
        guard input.isPrivate else { throw .exposedCredentials(path) }
        self.path = path
        secrets = SecretReader(folder: input.folder, environment: environment)
        let text = try TextReader(input)
        let dialect: Dialect
        switch try Dialect.find(in: text, choice: .automatic, needed: [.baseURL, .clientID, .clientSecret]) {
        case .success(let found): dialect = found
        case .failure(let fault): throw .badCredentials(path, line: fault.line, fault.message)
        }
        var records = CSVReader(delimiter: dialect.delimiter, dialect.start(of: text))
        let fault = try records.read(text) { cells, place in take(cells, place) }
        if let failure { throw failure }
        if let fault { throw .badCredentials(path, line: fault.line, fault.message) }
        if let line = records.place.badEncodingLine {
            throw .badCredentials(path, line: line, TextFault.notUTF8(line: line).message)
        }
        guard width != nil else { throw .badCredentials(path, line: 1, "the file is empty") }
    }

    private mutating func take(_ cells: Record, _ place: RecordPlace) {
        guard failure == nil else { return }
        do throws(Flaw) {
            if width == nil { try takeHeader(cells) } else { try takeRow(cells) }
        } catch {
            failure = .badCredentials(path, line: place.line, error.message)
        }
    }

    private mutating func takeHeader(_ cells: Record) throws(Flaw) {
        width = cells.count
        for column in 0..<cells.count {
            if case .field(let field) = ColumnMeaning(name: Blanks.trimmed(cells[column]), in: .csv) {
                columns[field] = column
            }
        }
        for field in [Field.baseURL, .clientID, .clientSecret] where columns[field] == nil {
            throw Flaw(.headerColumnMissing, "there is no column '\(field.columnName)' in the header")
        }
    }

    private mutating func takeRow(_ cells: Record) throws(Flaw) {
        guard cells.count <= width ?? 0 else {
            throw Flaw(.cellsTooMany, "the row has more cells than the header")
        }
        guard let url = cell(.baseURL, in: cells) else { return try checkEmpty(cells) }
        guard let id = cell(.clientID, in: cells), let secret = cell(.clientSecret, in: cells) else {
            throw Flaw(.credentialsIncomplete, "the row must have both 'client_id' and 'client_secret'")
        }
        let credentials = Credentials.client(
            id: try CellText.clientID.read(id), secret: try secrets.secret(secret, isQuotable: true))
        if url.equals("*") {
            guard others == nil else { throw Flaw(.rowRepeated, "there is more than one row for '*'") }
            others = credentials
        } else if byHost.updateValue(credentials, forKey: try hostKey(url)) != nil {
            throw Flaw(.rowRepeated, "an earlier row is for the same host")
        }
    }

    private func checkEmpty(_ cells: Record) throws(Flaw) {
        for column in 0..<cells.count where !Blanks.trimmed(cells[column]).isEmpty {
            throw Flaw(.baseURLMissing, "the row names no host in 'base_url', nor '*'")
        }
    }

    private func cell(_ field: Field, in cells: Record) -> Bytes? {
        guard let column = columns[field], column < cells.count else { return nil }
        let bytes = Blanks.trimmed(cells[column])
        return bytes.isEmpty ? nil : bytes
    }

    private func hostKey(_ cell: Bytes) throws(Flaw) -> HostKey {
        let scratch = HostName.makeScratch()
        defer { scratch.deallocate() }
        let url = try BaseURL(cell, scratch: scratch)
        return HostKey(name: url.name.text, port: url.port)
    }
}
