import Dispatch
import Platform

/// The number of the batch that an entry is in.
struct WriteTicket: Sendable {
    fileprivate let batch: Int
}

/// Brings entries to disk in the order in which they came, with one wait for the disk for all that came in the meantime
/// (group commit).
///
/// A serial queue writes a batch, and then lets entries gather until somebody waits for one. A disk that is busy makes
/// batches larger, not the run slower. The first error is the last thing that is written.
final class WriteQueue<Entry: Sendable>: Sendable {
    /// Called from any thread with success once something is durable, or with what keeps it from ever being that.
    typealias Completion = @Sendable (Result<Void, any Error>) -> Void

    private let queue: DispatchQueue
    private let longestPause: Duration
    private let write: @Sendable ([Entry]) throws(ToolError) -> Void
    private let onFailure: @Sendable (ToolError) -> Void
    private let state = Lock(State())
    /// Ends the pause between two batches.
    private let hurry = DispatchSemaphore(value: 0)

    fileprivate struct State {
        /// The batch that gathers: its number, its entries, and who waits for it.
        var batch = 1
        var entries: [Entry] = []
        var waiting: [Completion] = []
        /// Who waits for the batch that is being written, which is the one before.
        var waitingForWrite: [Completion] = []
        /// The last batch that is on disk.
        var durable = 0
        var isPausing = false
        /// Whether somebody waits for everything, so that there are no pauses.
        var isDraining = false
        var failure: ToolError?
    }

    /// - Parameters:
    ///   - label: the name of the queue that writes.
    ///   - longestPause: how long entries gather after a batch when nobody waits for one, 0 to 1 s.
    ///   - onFailure: called once, on the queue, when an entry could not be written; nothing is written any more.
    ///   - write: brings a batch to disk; called on the queue.
    init(
        label: String, longestPause: Duration, onFailure: @escaping @Sendable (ToolError) -> Void,
        write: @escaping @Sendable ([Entry]) throws(ToolError) -> Void
    ) {
        queue = DispatchQueue(label: label, qos: .userInteractive)
        self.longestPause = longestPause
        self.onFailure = onFailure
        self.write = write
    }

    /// Adds an entry to the batch that will be next; does not wait.
    ///
    /// - Throws: ``ToolError`` when nothing goes to disk any more.
    @discardableResult
    func add(_ entry: Entry) throws(ToolError) -> WriteTicket {
        let (batch, isNew) = try state.withLock { (state) throws(ToolError) in
            if let failure = state.failure { throw failure }
            state.entries.append(entry)
            return (state.batch, state.entries.count == 1)
        }
        if isNew { queue.async { self.commit() } }
        return WriteTicket(batch: batch)
    }

    /// Calls back once an entry is durable or never will be, at once when that is known. Those who wait for one batch are
    /// called one after the other on the queue, so they must not block.
    func whenDurable(_ ticket: WriteTicket, then completion: @escaping Completion) {
        let (result, isPauseOver) = state.withLock { state in state.wait(for: ticket.batch, completion) }
        if isPauseOver { hurry.signal() }
        if let result { completion(result) }
    }

    /// Blocks until everything added is on disk, and everybody who waited was called. Not to be called on the queue.
    ///
    /// - Throws: ``ToolError`` when something could not be written at some time.
    func drain() throws(ToolError) {
        let isPauseOver = state.withLock { state in
            state.isDraining = true
            return state.endPause()
        }
        if isPauseOver { hurry.signal() }
        queue.sync {}
        state.withLock { $0.isDraining = false }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Brings the next batch to disk, lets those go on who wait for it, and lets others gather.
    private func commit() {
        let (entries, failure) = state.withLock { $0.take() }
        let result = failure.map { .failure($0) } ?? written(entries)
        let waiting = state.withLock { $0.finish(result) }
        if failure == nil, case .failure(let error) = result { onFailure(error) }
        for completion in waiting { completion(result.mapError { $0 as any Error }) }
        pause()
    }

    private func written(_ entries: [Entry]) -> Result<Void, ToolError> {
        Result { () throws(ToolError) in try write(entries) }
    }

    private func pause() {
        guard longestPause > .zero, state.withLock({ $0.beginPause() }) else { return }
        if hurry.wait(timeout: .now() + longestPause / .seconds(1)) == .success { return }
        // The signal of somebody who came at the last moment must not end a later pause.
        if !state.withLock({ $0.endPause() }) { hurry.wait() }
    }
}

extension WriteQueue.State {
    /// - Returns: what is known of the batch already, and whether the pause was ended and whoever makes it must be told.
    fileprivate mutating func wait(
        for batch: Int, _ completion: @escaping WriteQueue.Completion
    ) -> (Result<Void, any Error>?, Bool) {
        if batch <= durable { return (.success(()), false) }
        if let failure { return (.failure(failure), false) }
        if batch < self.batch {
            waitingForWrite.append(completion)
            return (nil, false)
        }
        waiting.append(completion)
        return (nil, endPause())
    }

    fileprivate mutating func take() -> ([Entry], ToolError?) {
        defer {
            entries = []
            entries.reserveCapacity(64)
            waitingForWrite = waiting
            waiting = []
            batch += 1
        }
        return (entries, failure)
    }

    fileprivate mutating func finish(_ result: Result<Void, ToolError>) -> [WriteQueue.Completion] {
        switch result {
        case .success: durable = batch - 1
        case .failure(let error): failure = error
        }
        defer { waitingForWrite = [] }
        return waitingForWrite
    }

    /// - Returns: false when somebody waits, so that there must be none.
    fileprivate mutating func beginPause() -> Bool {
        isPausing = waiting.isEmpty && !isDraining
        return isPausing
    }

    /// - Returns: false when there was none, or somebody else ended it.
    fileprivate mutating func endPause() -> Bool {
        defer { isPausing = false }
        return isPausing
    }
}
