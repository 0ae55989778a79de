package import FleetModel

/// What rows can have in common: the lines of a run's closing table.
package struct OutcomeGroup: Hashable, Sendable {
    /// What became of the rows.
    package let status: RowStatus
    /// The PBX's errcode; nil when it gave none.
    package let errcode: Int?
    /// Nil for good rows.
    package let errorClass: ErrorClass?
}

/// How many rows ended how.
package struct OutcomeTally: Hashable, Sendable {
    /// Rows by status, errcode and class.
    package private(set) var groups: [OutcomeGroup: Int] = [:]
    /// Rows counted so far; the sum of all groups.
    package private(set) var rows = 0

    /// No row is counted yet.
    package init() {}

    /// Number of rows with a status.
    package subscript(status: RowStatus) -> Int {
        groups.reduce(0) { $0 + ($1.key.status == status ? $1.value : 0) }
    }

    /// Rows by the errcode the PBX gave, 0 among them; rows without one are not in it.
    package var errcodes: [Int: Int] {
        let counts = groups.compactMap { group, rows in group.errcode.map { ($0, rows) } }
        return Dictionary(counts, uniquingKeysWith: +)
    }

    /// Counts one row.
    package mutating func count(_ outcome: Outcome) {
        let group = OutcomeGroup(status: outcome.status, errcode: outcome.errcode, errorClass: outcome.errorClass)
        groups[group, default: 0] += 1
        rows += 1
    }
}
