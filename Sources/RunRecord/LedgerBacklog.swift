/// What waits for its turn to go to disk.
struct LedgerBacklog {
    private var events: [LedgerEvent] = []
    /// Of the rows that are sent and not done, by row number, because working a key out takes its time.
    private var keys: [Int: RowKey] = [:]
    private var batch: LedgerBatch?
    /// Why nothing goes to disk any more.
    private(set) var failure: RunRecordError?

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
        if case .sent(let row, let key, _) = event { keys[row] = key }
        return (batch, isNew)
    }

    /// The key of a row that was sent; forgotten with that, because the row is done.
    mutating func takeKey(row: Int) -> RowKey? {
        keys.removeValue(forKey: row)
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
