package import Platform
package import FleetModel

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
