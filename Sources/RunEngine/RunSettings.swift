package import Pacing

/// How a run is paced. Only ``jobs`` always applies; a limit that is nil does not exist.
package struct RunSettings: Sendable {
    /// Requests under way at once, at least 1; the default is 16.
    package var jobs = 16
    /// HTTP requests started, all hosts together.
    package var rate: Rate?
    /// HTTP requests started on one host.
    package var ratePerHost: Rate?
    /// What is tried again, how often and after which pauses.
    package var retry = RetryPolicy()
    /// Rows in a row that could not reach a host before its other rows are skipped; the default is 3.
    package var maxHostErrors = 3
    /// How many rows may go wrong before the run is stopped.
    package var halt: HaltPolicy?
    /// Hosts of the file that run alone before the others.
    package var canaryHosts: Int?
    /// The window on the clock whose `now` the run is given.
    package var window: RunWindow?

    /// The defaults, without any limit.
    package init() {}
}
