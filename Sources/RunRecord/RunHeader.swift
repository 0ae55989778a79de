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

    /// The members one by one.
    package init(runID: String, version: String, input: InputIdentity, startedAt: WallTime) {
        self.runID = runID
        self.version = version
        self.input = input
        self.startedAt = startedAt
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
    /// `{"path":…,"sha256":…,"rows":…}`.
    var json: JSONValue {
        .object([
            JSONMember(key: "path", value: .string(path)),
            JSONMember(key: "sha256", value: .string(sha256.description)),
            JSONMember(key: "rows", value: .number(String(rows))),
        ])
    }
}
