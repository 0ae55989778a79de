import FleetModel

/// The outcomes and their counts.
struct OutcomeBook {
    private(set) var table: OutcomeTable
    /// Counts what is on disk.
    private(set) var tally = OutcomeTally()
    private(set) var resumed = 0
    /// Rows that an earlier run may have edited.
    private var doubtfulRows: Set<Int> = []

    init(expectedRows: Int) {
        table = OutcomeTable(expectedRows: expectedRows)
    }

    mutating func adopt(_ outcome: Outcome, row: Int) {
        table[row] = outcome
        tally.count(outcome)
        resumed += 1
    }

    mutating func adoptDoubt(row: Int) {
        let error = "an earlier run may have made the edit, and it was not sent again"
        table[row] = Outcome(status: .unknown, errorClass: .runStopped, error: error)
        doubtfulRows.insert(row)
    }

    /// Takes the outcomes of finished rows; what could not be written is known, but not counted.
    mutating func note(_ events: [LedgerEvent], areDurable: Bool) {
        for case .done(let row, _, let outcome) in events {
            var outcome = outcome
            if outcome.status != .unknown, !outcome.settlesDoubt, doubtfulRows.contains(row) {
                outcome.status = .unknown
                outcome.error += "; an earlier run may have made the edit"
            }
            table[row] = outcome
            if areDurable { tally.count(outcome) }
        }
    }
}
