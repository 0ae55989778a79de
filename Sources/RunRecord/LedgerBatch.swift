import Dispatch
import Synchronization

/// Events that go to disk together, and whoever waits for them.
final class LedgerBatch: Sendable {
    private let settled = DispatchGroup()
    private let isDurable = Atomic(false)

    init() {
        settled.enter()
    }

    /// Lets those who wait go on; to be called exactly once.
    func settle(isDurable: Bool) {
        self.isDurable.store(isDurable, ordering: .releasing)
        settled.leave()
    }

    /// Blocks until the batch is settled.
    ///
    /// - Returns: whether it is on disk.
    func wait() -> Bool {
        settled.wait()
        return isDurable.load(ordering: .acquiring)
    }
}

/// What waits for its turn to go to disk.
struct LedgerBacklog {
    private var events: [LedgerEvent] = []
    private var batch: LedgerBatch?
    /// Why nothing goes to disk any more.
    private(set) var failure: RunRecordError?

    /// Adds an event to the batch that will be next.
    ///
    /// - Returns: that batch, and whether it was begun by this event, so that somebody must see to it.
    /// - Throws: ``RunRecordError`` when nothing goes to disk any more.
    mutating func add(_ event: LedgerEvent) throws(RunRecordError) -> (batch: LedgerBatch, isNew: Bool) {
        if let failure { throw failure }
        events.append(event)
        if let batch { return (batch, false) }
        let begun = LedgerBatch()
        batch = begun
        return (begun, true)
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
