package import JobModel

/// What is known of a run when it begins: the content of the ledger's `run` event.
package struct RunHeader: Hashable, Sendable {
    package let runID: String
    /// Version of this program.
    package let version: String
    package let input: InputIdentity
    package let startedAt: WallTime

    package init(runID: String, version: String, input: InputIdentity, startedAt: WallTime) {
        self.runID = runID
        self.version = version
        self.input = input
        self.startedAt = startedAt
    }
}
