package import FleetModel

/// Gives up on a host after so many rows in a row that could not reach it.
///
/// A row counts when it ended by `connect`, `tls` or `timeout`; any other end sets the count back to 0. With a limit of
/// 3: connect, connect, connect → skip the rest; connect, tls, ok, timeout → go on; timeout, tls, connect → skip.
package struct HostBreaker: Sendable {
    private let limit: Int
    private var unreached = 0

    /// - Parameter limit: rows in a row, at least 1.
    package init(limit: Int = 3) {
        self.limit = limit
    }

    /// Takes note of how a row of the host ended, in the order in which the rows ended.
    ///
    /// - Returns: whether the host's remaining rows are to be skipped.
    package mutating func note(_ outcome: Outcome) -> Bool {
        switch outcome.errorClass {
        case .connect, .tls, .timeout: unreached += 1
        default: unreached = 0
        }
        return unreached > 0 && unreached >= limit
    }
}
