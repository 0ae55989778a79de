/// What waits for its turn to go to disk, and what is open about the rows.
struct LedgerBacklog {
    private var events: [LedgerEvent] = []
    private var batch: LedgerBatch?
    /// The rows that were noted as sent and are not done, by row number.
    private var notes: [Int: Note] = [:]
    /// By row number, whether the row's turn came, so that it must not be announced any more.
    private var begun: [Bool]
    /// Why nothing goes to disk any more.
    private(set) var failure: RunRecordError?

    /// That a row was noted as sent.
    private struct Note {
        /// Kept, because working it out takes its time.
        let key: RowKey
        let batch: LedgerBatch
    }

    /// - Parameter expectedRows: how many rows to make room for; more are fine.
    init(expectedRows: Int) {
        begun = [Bool](repeating: false, count: expectedRows + 1)
    }

    /// Adds an event to the batch that will be next.
    ///
    /// - Returns: that batch, and whether it was begun by this event, so that somebody must see to it.
    /// - Throws: ``RunRecordError`` when nothing goes to disk any more.
    mutating func add(_ event: LedgerEvent) throws(RunRecordError) -> (batch: LedgerBatch, isNew: Bool) {
        if let failure { throw failure }
        let isNew = batch == nil
        let batch = batch ?? LedgerBatch()
        self.batch = batch
        events.append(event)
        if case .sent(let row, let key, _) = event { notes[row] = Note(key: key, batch: batch) }
        return (batch, isNew)
    }

    /// Whether a row's turn has come, so that it is too late to announce it.
    func isBegun(row: Int) -> Bool { row < begun.count && begun[row] }

    /// Notes that a row's turn has come.
    ///
    /// - Returns: the batch in which it was noted as sent, if it was announced.
    mutating func begin(row: Int) -> LedgerBatch? {
        if row >= begun.count { begun += repeatElement(false, count: row + 1 - begun.count) }
        begun[row] = true
        return notes[row]?.batch
    }

    /// The key of a row that is done, if it was noted as sent; forgotten with that.
    mutating func end(row: Int) -> RowKey? {
        _ = begin(row: row)
        return notes.removeValue(forKey: row)?.key
    }

    /// The rows that were announced and never begun; forgotten with that.
    mutating func takeUnbegun() -> [(row: Int, key: RowKey)] {
        let rows = notes.keys.filter { !isBegun(row: $0) }.sorted()
        return rows.compactMap { row in end(row: row).map { (row, $0) } }
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
    mutating func close(_ error: RunRecordError) {
        failure = error
    }
}
