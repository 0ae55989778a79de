import Platform
import FleetModel

/// What the ledger notes about a row.
enum LedgerEvent: Sendable {
    /// The first edit request of the row, for a certificate on a host, is about to leave.
    case sent(row: Int, key: RowKey, host: HostKey, certificate: Int64, at: WallTime)
    /// The row has its outcome.
    case done(row: Int, key: RowKey, Outcome)
    /// No request of the row left, although the ledger says that one was about to.
    case withdrawn(row: Int, key: RowKey)
}
