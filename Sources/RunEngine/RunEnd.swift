/// How a run ended.
package struct RunEnd: Sendable {
    /// In the order in which they came up; empty when every row was tried.
    package let stopReasons: [StopReason]
    /// Hosts that were stopped, so that rows of theirs were skipped.
    package let hostsStopped: Int
    /// Hosts that could not be reached.
    package let hostsUnreachable: Int
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
