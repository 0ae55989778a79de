import JobModel

/// The outcomes and their counts.
struct OutcomeBook {
    private(set) var table: OutcomeTable
    /// Counts what is on disk.
    private(set) var tally = OutcomeTally()
    private(set) var resumed = 0

    init(expectedRows: Int) {
        table = OutcomeTable(expectedRows: expectedRows)
    }

    mutating func adopt(_ outcome: Outcome, row: Int) {
        table[row] = outcome
        tally.count(outcome)
        resumed += 1
    }

    /// Takes the outcomes of finished rows; what could not be written is known, but not counted.
    mutating func note(_ events: [LedgerEvent], areDurable: Bool) {
        for case .done(let row, _, let outcome) in events {
            table[row] = outcome
            if areDurable { tally.count(outcome) }
        }
    }
}
