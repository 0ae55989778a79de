package import FleetModel

/// The outcomes of a run's rows, kept by row number in about 40 bytes each.
///
/// Texts are kept once however many rows have them.
package struct OutcomeTable: Sendable {
    private var rows: [PackedOutcome] = []
    private var texts = TextPool()

    /// - Parameter expectedRows: rows to make room for; more are fine.
    package init(expectedRows: Int = 0) {
        rows.reserveCapacity(expectedRows)
    }

    /// The outcome of a row by its ``RowPosition/row``, so 1-based; nil when it has none. Setting nil takes it away.
    package subscript(row: Int) -> Outcome? {
        get {
            guard rows.indices.contains(row - 1) else { return nil }
            return rows[row - 1].unpacked(texts)
        }
        set {
            precondition(row >= 1, "rows count from 1")
            if row > rows.count { rows.append(contentsOf: repeatElement(.absent, count: row - rows.count)) }
            rows[row - 1] = newValue.map { PackedOutcome($0, texts: &texts) } ?? .absent
        }
    }
}
