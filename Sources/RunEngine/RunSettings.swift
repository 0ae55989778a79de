package import Pacing

/// How a run is paced. Only ``jobs``, ``retry`` and ``maxHostErrors`` always apply; a limit that is nil does not exist.
package struct RunSettings: Sendable {
    /// Requests under way at once; the default is ``JobLimit/auto``.
    package var jobs = JobLimit.auto
    /// HTTP requests started, all hosts together.
    package var rate: Rate?
    /// HTTP requests started on one host.
    package var ratePerHost: Rate?
    /// What is tried again, how often and after which pauses: for whoever makes the performers.
    package var retry = RetryPolicy()
    /// Rows in a row that could not reach a host, or found it busy, before its other rows are skipped; the default is 3.
    package var maxHostErrors = 3
    /// How many rows may go wrong before the run is stopped.
    package var halt: HaltPolicy?
    /// Hosts of the file that run alone before the others.
    package var canaryHosts: Int?
    /// The window on the clocks that the run is given.
    package var window: RunWindow?

    /// The defaults, without any limit.
    package init() {}
}

/// How many requests may be under way at once: `min(young + those that are not young, most)`.
///
/// A request is young until it has waited for its PBX for 100 ms. A PBX that is dead or slow thus takes no other's place.
package struct JobLimit: Hashable, Sendable {
    /// Requests at once while all of them are young.
    package let young: Int
    /// Requests at once, whatever their age.
    package let most: Int

    init(young: Int, most: Int) {
        self.young = young
        self.most = most
    }

    /// 64 young ones, 1,024 in all: with more young ones they make each other slow.
    package static let auto = JobLimit(young: 64, most: 1024)

    /// A strict bound.
    ///
    /// - Parameter count: requests at once, 1 to 10,000.
    package static func fixed(_ count: Int) -> JobLimit { JobLimit(young: count, most: count) }
}

/// How a run ended.
package struct RunEnd: Sendable {
    /// In the order in which they came up; empty when every row was tried.
    package let stopReasons: [StopReason]
    /// Hosts that were stopped, so that rows of theirs were skipped.
    package let hostsStopped: Int
    /// Hosts that could not be reached.
    package let hostsUnreachable: Int
    /// The source's number of the row that tripped ``RunSettings/halt`` or a canary; nil when none did.
    package let trippingRow: Int?
    /// Whether every row of the canaries was good, so that the other hosts could begin.
    package let hasPassedCanary: Bool
    /// What broke the run; nil when nothing did.
    package let failure: (any Error)?
}

/// Why a run starts no more rows although there are some left.
package enum StopReason: Hashable, Sendable {
    /// A signal by its number, such as SIGINT.
    case signal(Int32)
    /// So many rows went wrong that `--halt-after` ended the run.
    case halt
    /// A row of the first hosts was not ok.
    case canary
    /// What is left could run past the end of the window.
    case window
    /// The run's own files can no longer be written or read.
    case broken

    /// Whether somebody waits for the run to end.
    var isUrgent: Bool {
        switch self {
        case .signal, .broken: true
        case .halt, .canary, .window: false
        }
    }
}
