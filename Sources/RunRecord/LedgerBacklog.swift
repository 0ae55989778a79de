import Platform

/// What waits for its turn to go to disk, and what is open about the rows.
struct LedgerBacklog {
    private var events: [LedgerEvent] = []
    private var batch: LedgerBatch?
    /// The rows that were noted as sent and are not done, by row number.
    private var notes: [Int: Note] = [:]
    /// How far each row is, by row number.
    private var stages: [Stage]
    /// Why nothing goes to disk any more.
    private(set) var failure: ToolError?

    private enum Stage: UInt8 {
        case ahead, begun, done
    }

    /// That a row was noted as sent.
    private struct Note {
        /// Kept, because working it out takes its time.
        let key: RowKey
        let batch: LedgerBatch
    }

    /// - Parameter expectedRows: how many rows to make room for; more are fine.
    init(expectedRows: Int) {
        stages = [Stage](repeating: .ahead, count: expectedRows + 1)
    }

    /// Adds an event to the batch that will be next.
    ///
    /// - Returns: that batch, and whether it was begun by this event, so that somebody must see to it.
    /// - Throws: ``ToolError`` when nothing goes to disk any more.
    mutating func add(_ event: LedgerEvent) throws(ToolError) -> (batch: LedgerBatch, isNew: Bool) {
        if let failure { throw failure }
        let isNew = batch == nil
        let batch = batch ?? LedgerBatch()
        self.batch = batch
        events.append(event)
        // Of a row that was given up and is sent all the same nobody knows what became.
        if case .sent(let row, let key, _, _, _) = event, stage(ofRow: row) != .done {
            notes[row] = Note(key: key, batch: batch)
        }
        return (batch, isNew)
    }

    /// Whether a row's turn has come, so that it is too late to announce it.
    func isBegun(row: Int) -> Bool { stage(ofRow: row) != .ahead }

    /// Notes that a row's turn has come.
    ///
    /// - Returns: the batch in which it was noted as sent, if it was announced.
    mutating func begin(row: Int) -> LedgerBatch? {
        if stage(ofRow: row) == .ahead { enter(.begun, row: row) }
        return notes[row]?.batch
    }

    /// The key of a row that is done, if it was noted as sent; forgotten with that.
    mutating func end(row: Int) -> RowKey? {
        enter(.done, row: row)
        return notes.removeValue(forKey: row)?.key
    }

    /// The rows that were noted as sent and are not done; forgotten with that.
    mutating func takeOpen() -> [(row: Int, key: RowKey)] {
        notes.keys.sorted().compactMap { row in end(row: row).map { (row, $0) } }
    }

    private func stage(ofRow row: Int) -> Stage { row < stages.count ? stages[row] : .ahead }

    private mutating func enter(_ stage: Stage, row: Int) {
        if row >= stages.count { stages += repeatElement(.ahead, count: row + 1 - stages.count) }
        stages[row] = stage
    }

    /// Takes what waits.
    ///
    /// - Parameter room: an empty array with room for what comes next.
    mutating func take(leaving room: [LedgerEvent]) -> (events: [LedgerEvent], batch: LedgerBatch?) {
        defer {
            events = room
            batch = nil
        }
        return (events, batch)
    }

    /// Lets nothing in any more.
    mutating func close(_ error: ToolError) {
        failure = error
    }
}
