package import Platform
import JSONText
package import FleetModel

/// What a run was and how it ended: the content of `summary.json`.
package struct RunSummary: Hashable, Sendable {
    /// The hosts of a run.
    package struct Hosts: Hashable, Sendable {
        /// Distinct hosts of the rows that are part of the run.
        package var total: Int
        /// Hosts that were stopped, so that rows of theirs were skipped.
        package var stopped: Int
        /// Hosts that could not be reached.
        package var unreachable: Int

        /// The members one by one.
        package init(total: Int, stopped: Int, unreachable: Int) {
            self.total = total
            self.stopped = stopped
            self.unreachable = unreachable
        }
    }

    /// What was known of the run when it began.
    package var run: RunHeader
    /// When the last row was done.
    package var finishedAt: WallTime
    /// Rows by status and errcode, as the result file has them.
    package var rows: OutcomeTally
    /// How many hosts there were, and how many were given up.
    package var hosts: Hosts
    /// HTTP requests made, those of logins among them.
    package var requests: Int
    /// HTTP requests that were sent because an earlier one failed.
    package var retries: Int
    /// Rows whose outcome was taken over from an earlier run.
    package var resumed: Int
    /// Nil when no request was made.
    package var latency: LatencySummary?
    /// How the process ends.
    package var exitCode: Int32
    /// What ended the run before all rows were done, in one word; nil when nothing did.
    package var stoppedBy: String?

    /// The members one by one.
    package init(
        run: RunHeader, finishedAt: WallTime, rows: OutcomeTally, hosts: Hosts, requests: Int, retries: Int,
        resumed: Int, latency: LatencySummary?, exitCode: Int32, stoppedBy: String?
    ) {
        self.run = run
        self.finishedAt = finishedAt
        self.rows = rows
        self.hosts = hosts
        self.requests = requests
        self.retries = retries
        self.resumed = resumed
        self.latency = latency
        self.exitCode = exitCode
        self.stoppedBy = stoppedBy
    }

    /// Writes `summary.json` into a directory, replacing an earlier one when the new one is complete and on disk.
    ///
    /// - Throws: ``ToolError`` when it cannot be written.
    package func write(to directory: RunDirectory) throws(ToolError) {
        let file = try AtomicFile("summary.json", in: directory)
        try file.append(json)
        try file.commit()
    }
}
