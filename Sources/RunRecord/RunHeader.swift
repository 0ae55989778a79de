package import Platform
import JSONText

/// What is known of a run when it begins: the content of the ledger's `run` event.
package struct RunHeader: Hashable, Sendable {
    /// Tells the run from all others.
    package let runID: String
    /// Version of this program.
    package let version: String
    /// The input as it was when the run began.
    package let input: InputIdentity
    /// When the run began.
    package let startedAt: WallTime
    /// The command's name and what it was given, flags from the environment among it; no secret is in it.
    package let arguments: [String]

    /// The members one by one.
    package init(
        runID: String, version: String, input: InputIdentity, startedAt: WallTime, arguments: [String] = []
    ) {
        self.runID = runID
        self.version = version
        self.input = input
        self.startedAt = startedAt
        self.arguments = arguments
    }

    /// Reads what a ledger's `run` line or a summary says of a run; nil for anything else.
    init?(_ json: JSONValue) {
        guard let runID = json["run_id"]?.text, let version = json["version"]?.text,
            let input = json["input"].flatMap(InputIdentity.init),
            let start = (json["at"] ?? json["started_at"])?.text.flatMap(WallTime.init(rfc3339:))
        else { return nil }
        let arguments = json["arguments"]?.elements.compactMap(\.text) ?? []
        self.init(runID: runID, version: version, input: input, startedAt: start, arguments: arguments)
    }

    /// The arguments as JSON.
    var argumentsJSON: JSONValue { .array(arguments.map { .string($0) }) }
}

extension JSONValue {
    /// The elements of an array; of anything else none.
    fileprivate var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }
}

/// Which file a run worked on.
package struct InputIdentity: Hashable, Sendable {
    /// The path as it was given; `-` for standard input.
    package let path: String
    /// Digest of the file's bytes.
    package let sha256: SHA256Digest
    /// Number of data rows that are part of the run.
    package let rows: Int

    /// - Parameters:
    ///   - path: the path as it was given; `-` for standard input.
    ///   - sha256: digest of the file's bytes.
    ///   - rows: number of data rows that are part of the run.
    package init(path: String, sha256: SHA256Digest, rows: Int) {
        self.path = path
        self.sha256 = sha256
        self.rows = rows
    }
}

extension InputIdentity {
    fileprivate init?(_ json: JSONValue) {
        guard let path = json["path"]?.text, let digest = json["sha256"]?.text.flatMap(SHA256Digest.init),
            let rows = json["rows"]?.integer.flatMap({ Int(exactly: $0) }), rows >= 0
        else { return nil }
        self.init(path: path, sha256: digest, rows: rows)
    }

    /// `{"path":…,"sha256":…,"rows":…}`.
    var json: JSONValue {
        .object([
            JSONMember(key: "path", value: .string(path)),
            JSONMember(key: "sha256", value: .string(sha256.description)),
            JSONMember(key: "rows", value: .number(String(rows))),
        ])
    }
}
