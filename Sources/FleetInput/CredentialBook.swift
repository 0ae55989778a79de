package import Platform
import FleetModel
import TabularText

/// Credentials for rows that bring none: from a file by host, from the file's `*` row, from the environment.
package struct CredentialBook: Sendable {
    private var byHost: [HostKey: Credentials] = [:]
    /// The lowest port of each name in the file.
    private var ports: [String: UInt16] = [:]
    private var others: Credentials?
    /// What the credentials come from that stand in no row.
    private var places = "by --credentials, nor in the environment"
    /// What is doubtful about what was read, one sentence each, which name file and line or a variable.
    package private(set) var doubts: [String] = []

    /// A book that knows nobody.
    package init() {}

    /// Reads the book. Blocks for reading files.
    ///
    /// - Parameters:
    ///   - file: a CSV of `base_url,client_id,client_secret`; the row whose `base_url` is `*` is for all other hosts.
    ///   - environment: read for `CERTFLEET_ACCESS_TOKEN`, else `CERTFLEET_CLIENT_ID` and `CERTFLEET_CLIENT_SECRET`, each
    ///     also as `…_FILE`, the path of a file that holds it.
    /// - Throws: ``ToolError`` when the file cannot be used or others than its owner can read it, and when the
    ///   environment contradicts itself.
    package init(file: String?, environment: [String: String]) throws(ToolError) {
        if let file {
            let reader = try CredentialFile(file, environment)
            byHost = reader.byHost
            for host in byHost.keys { ports[host.name] = min(host.port, ports[host.name] ?? .max) }
            others = reader.others
            doubts = reader.doubts
            places = "in '\(Quotation.escaped(file))', nor in the environment"
        }
        var variables = CredentialEnvironment(environment)
        let fallback = try variables.credentials()
        doubts += variables.doubts
        if others == nil { others = fallback }
    }

    /// Whether there are credentials for some hosts and not for others.
    var hasHosts: Bool { !byHost.isEmpty }

    /// Where credentials for a PBX were looked for, as the end of `neither in the row, nor`.
    func places(for url: AddressCell?) -> String {
        guard let host = url?.host, let port = ports[host.name] else { return places }
        return "\(places); the file has this host at port \(port), and the row at \(host.port)"
    }

    /// What to use for a PBX; with nil, what would be used for one that stands nowhere.
    func credentials(for url: AddressCell?) -> Credentials? {
        if !byHost.isEmpty, let url, let found = byHost[url.host] { return found }
        return others
    }
}

extension CredentialBook {
    /// The variables that may hold credentials; each also with `_FILE` behind it for a file that does.
    package static let variables = ["CERTFLEET_ACCESS_TOKEN", "CERTFLEET_CLIENT_ID", "CERTFLEET_CLIENT_SECRET"]
}

/// The credentials that the environment holds.
private struct CredentialEnvironment {
    private(set) var doubts: [String] = []
    private let environment: [String: String]

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    /// The token if there is one, else Client ID and Client Secret; nil when there is nothing.
    mutating func credentials() throws(ToolError) -> Credentials? {
        let token = try text("CERTFLEET_ACCESS_TOKEN")
        let id = try text("CERTFLEET_CLIENT_ID")
        let secret = try text("CERTFLEET_CLIENT_SECRET")
        if let token { return .token(Secret(token)) }
        switch (id, secret) {
        case (nil, nil): return nil
        case (let id?, let secret?): return .client(id: id, secret: Secret(secret))
        case (nil, _):
            throw ToolError(
                .usage, "CERTFLEET_CLIENT_SECRET is set without CERTFLEET_CLIENT_ID", hint: "set both, or neither")
        case (_, nil):
            throw ToolError(
                .usage, "CERTFLEET_CLIENT_ID is set without CERTFLEET_CLIENT_SECRET", hint: "set both, or neither")
        }
    }

    private mutating func text(_ name: String) throws(ToolError) -> String? {
        let value = environment[name].flatMap { SecretFile.text(of: Array($0.utf8)) }
        let path = environment["\(name)_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        guard let path else {
            if let value { try judge(value, name) }
            return value
        }
        if value != nil {
            throw ToolError(.usage, "\(name) and \(name)_FILE are both set", hint: "unset one of them")
        }
        let content = try content(of: path, name)
        let subject = "the file \(Quotation.of(path.utf8)) that \(name)_FILE names"
        if content.isExposed { doubts.append(SecretFile.exposure(subject).message) }
        try judge(content.text, subject)
        return content.text
    }

    /// Judges a text as that of a cell is.
    private mutating func judge(_ text: String, _ subject: String) throws(ToolError) {
        do throws(Diagnostic) {
            if let doubt = try SecretUse.login.judge(text) { doubts.append("\(subject): \(doubt.message)") }
        } catch {
            throw ToolError(.usage, "\(subject): \(error.message)", hint: "set it anew, or unset it")
        }
    }

    private func content(of path: String, _ name: String) throws(ToolError) -> SecretFile.Content {
        do throws(SecretFile.Failure) {
            return try SecretFile.read(path, in: ".")
        } catch {
            throw ToolError(
                .usage, "the file \(Quotation.of(path.utf8)) that \(name)_FILE names \(error.clause)",
                hint: "write it, or unset it")
        }
    }
}

/// The file of `--credentials`: a CSV of `base_url`, `client_id` and `client_secret`.
private struct CredentialFile {
    private(set) var byHost: [HostKey: Credentials] = [:]
    /// The `*` row.
    private(set) var others: Credentials?
    private(set) var doubts: [String] = []
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
        // The flag is about the input alone.
        let message = diagnostic.message.replacing(/, or use --encoding .*/, with: "")
        return ToolError(.usage, "\(Quotation.escaped(path)):\(line): \(message)")
    }

    private mutating func take(_ record: Record, _ span: RecordSpan) {
        guard failure == nil else { return }
        do throws(Diagnostic) {
            if width == nil { try takeHeader(record) } else { try takeRow(record, span) }
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

    private mutating func takeRow(_ record: Record, _ span: RecordSpan) throws(Diagnostic) {
        guard record.count <= width ?? 0 else {
            throw Diagnostic(.cellsTooMany, "the row has more cells than the header")
        }
        guard let url = cell(.baseURL, in: record) else { return try checkEmpty(record) }
        guard let id = cell(.clientID, in: record), let secret = cell(.clientSecret, in: record) else {
            throw Diagnostic(.credentialsIncomplete, "the row must have both 'client_id' and 'client_secret'")
        }
        var (idNotes, secretNotes) = (SecretNotes(), SecretNotes())
        let credentials = Credentials.client(
            id: try secrets.clientID(id, notes: &idNotes),
            secret: try secrets.secret(secret, for: .login, notes: &secretNotes))
        tell(idNotes, .clientID, span)
        tell(secretNotes, .clientSecret, span)
        if url.equals("*") {
            guard others == nil else { throw Diagnostic(.rowRepeated, "there is more than one row for '*'") }
            others = credentials
        } else if byHost.updateValue(credentials, forKey: try hostKey(url)) != nil {
            throw Diagnostic(.rowRepeated, "an earlier row is for the same host")
        }
    }

    private mutating func tell(_ notes: SecretNotes, _ field: Field, _ span: RecordSpan) {
        for doubt in notes.doubts + notes.sources.compactMap(\.exposure) {
            doubts.append("\(Quotation.escaped(path)):\(span.line): column '\(field.columnName)': \(doubt.message)")
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
        return try AddressCell(cell, apiPath: nil, scratch: scratch).host
    }
}
