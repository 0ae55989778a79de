package import FleetModel

/// Lets the first hosts of the file run alone, and the others only after every row of theirs was good.
///
/// Hosts are numbered from 0 in file order. While a canary is not finished, hosts `0..<min(count, hostCount)` may start;
/// then all. Any row of a canary that is not `ok` or `no_change` stops the run. With 2 canaries of 5 hosts: `0..<2` may
/// start; after hosts 0 and 1 are finished `0..<5`; a `failed` row of host 1 stops the run, one of host 2 does not.
package struct CanaryPolicy: Hashable, Sendable {
    private let canaryCount: Int
    private let hostCount: Int
    private var finished: Set<Int> = []

    /// - Parameters:
    ///   - count: canaries; 0 means none, and more than there are hosts means all.
    ///   - hostCount: hosts of the run, those without a row to run among them.
    package init(count: Int, hostCount: Int) {
        canaryCount = max(0, min(count, hostCount))
        self.hostCount = hostCount
    }

    /// The hosts that may start now.
    package var startableHosts: Range<Int> {
        0..<(isPassed ? hostCount : canaryCount)
    }

    /// Whether the canaries are through, so that all hosts may start.
    package var isPassed: Bool { finished.count == canaryCount }

    /// Takes note that a host has no row left to run; a canary that has none from the start must be reported as well.
    package mutating func finish(host: Int) {
        if host < canaryCount { finished.insert(host) }
    }

    /// Whether a row that ended so stops the run.
    package func stopsRun(_ outcome: Outcome, ofHost host: Int) -> Bool {
        host < canaryCount && !outcome.status.isGood
    }
}
