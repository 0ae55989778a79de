import Dispatch
package import FleetModel
import Glibc
package import Platform

/// Keeps the record of a run while it happens: the ledger on disk, the outcomes and the counts in memory.
package final class RunRecorder: OutcomeSink {
    /// Kept for its lock, which ends with it.
    private let directory: RunDirectory
    private let clock: any RunClock
    private let salt: RowSalt
    private let queue: WriteQueue<Entry>
    private let undo: UndoWriter?
    private let rows: Lock<RowNotes>
    private let store: Lock<OutcomeStore>
    private let statistics = RequestStatistics()

    /// What a line of the ledger is made of, in few bytes: a host that is stopped may finish very many rows at once, and
    /// where the disk is slow all of them gather.
    private enum Entry: Sendable {
        indirect case sent(SentRow)
        /// The outcome is in the store.
        case done(row: Int, key: RowKey)
        /// No request of the row left, although the ledger says that one was about to.
        case withdrawn(row: Int, key: RowKey)
    }

    /// Opens the ledger and writes its `run` line durably.
    ///
    /// - Parameters:
    ///   - directory: where to; kept, and with it its lock.
    ///   - run: what the `run` line says.
    ///   - history: what the ledger holds, when the run continues an earlier one; a torn last line is cut off.
    ///   - outcomes: what was taken over from it.
    ///   - unwritable: the columns of an edit that no input can hold; when given, what is overwritten is kept in
    ///     `undo.csv`.
    ///   - clock: tells when a row was sent.
    ///   - width: how many rows may wait for their notes at once, at least 1.
    ///   - pause: how long entries gather after a batch, 0 to 1 s: each batch costs about 0.3 ms of processor time, and
    ///     requests that leave together cost us and the PBX less than those that leave one by one. No PBX answers sooner.
    ///   - onFailure: called once, on the recorder's queue, when the ledger cannot be written any more.
    /// - Throws: ``ToolError`` when the ledger cannot be opened or written.
    package init(
        directory: RunDirectory, run: RunHeader, continuing history: History? = nil,
        outcomes: OutcomeStore = OutcomeStore(),
        keepingValuesBut unwritable: (@Sendable (CertificateEdit) -> [String])? = nil, clock: any RunClock, width: Int,
        pause: Duration = .milliseconds(10), onFailure: @escaping @Sendable (ToolError) -> Void
    ) throws(ToolError) {
        self.directory = directory
        self.clock = clock
        let salt = history?.salt ?? RowSalt()
        self.salt = salt
        var writer = try LedgerWriter(in: directory, continuing: history)
        try writer.append { $0.append(run, salt: salt, pid: getpid()) }
        try writer.sync()
        var outcomes = outcomes
        outcomes.makeRoom(for: run.input.rows)
        let store = Lock(outcomes)
        self.store = store
        rows = Lock(RowNotes(expectedRows: run.input.rows))
        // Used on the queue alone; the lock is for the compiler.
        let ledger = Lock(writer)
        let undo = try unwritable.map { unwritable throws(ToolError) in
            try UndoWriter(in: directory, salt: salt, unwritable: unwritable)
        }
        self.undo = undo
        // Half of them: the others are answered meanwhile, so that nobody is idle while the disk works. More than 32 bring
        // nothing.
        let enough = min(32, (width + 1) / 2)
        queue = WriteQueue(
            label: "certfleet.ledger", pause: pause, enough: enough, onFailure: onFailure
        ) { (entries) throws(ToolError) in
            try undo?.sync()
            try ledger.withLock { (ledger) throws(ToolError) in
                for entry in entries { try RunRecorder.append(entry, to: &ledger, store) }
                try ledger.sync()
            }
            store.withLock { store in
                for case .done(let row, _) in entries { store.count(row: row) }
            }
        }
    }

    private static func append(
        _ entry: Entry, to ledger: inout LedgerWriter, _ store: Lock<OutcomeStore>
    ) throws(ToolError) {
        switch entry {
        case .sent(let row): try ledger.append { $0.append(row) }
        case .done(let row, let key):
            guard let outcome = store.withLock({ $0.own(row: row) }) else { return }
            try ledger.append { $0.append(row: row, key, outcome) }
        case .withdrawn(let row, let key):
            try ledger.append { $0.append(row: row, key, Outcome(status: .notAttempted)) }
        }
    }

    /// The identity of a row in this run's ledger.
    func key(of job: Job) -> RowKey { RowKey(job, salt: salt) }

    /// Notes durably that the first edit request of a job is about to leave. Does not wait, and comes again when the
    /// request did not leave.
    ///
    /// - Parameters:
    ///   - job: the row.
    ///   - state: what the PBX says that the edit replaces; kept in `undo.csv` if the run has one.
    ///   - changes: what the edit changes of it, free of secrets.
    ///   - completion: called with success once the note is durable, or with the error that keeps the request from being
    ///     sent: from any thread, perhaps before this returns. Those that wait for the same write to the disk are called
    ///     one after the other; it must not block.
    package func willSend(
        _ job: Job, replacing state: CertificateState?, changing changes: [FieldChange] = [],
        then completion: @escaping @Sendable (Result<Void, any Error>) -> Void
    ) {
        do throws(ToolError) {
            let known = rows.withLock { $0.ticket(ofRow: job.position.row) }
            let ticket = if let known { known } else { try note(job, replacing: state, changes) }
            queue.whenDurable(ticket, then: completion)
        } catch {
            completion(.failure(error))
        }
    }

    private func note(
        _ job: Job, replacing state: CertificateState?, _ changes: [FieldChange]
    ) throws(ToolError) -> WriteTicket {
        let sent = SentRow(
            row: job.position.row, key: key(of: job), host: job.address.host, certificate: job.edit.id,
            changes: changes, time: clock.wallTime())
        // First, because a batch writes undo.csv before the ledger: no row is in the ledger whose old values may be lost.
        if let state { undo?.append(job, sent.key, replacing: state) }
        let ticket = try queue.add(.sent(sent))
        rows.withLock { $0.note(sent, ticket) }
        return ticket
    }

    package func finished(_ job: Job, _ outcome: Outcome) {
        let row = job.position.row
        let key = rows.withLock { $0.end(row: row) } ?? key(of: job)
        store.withLock { $0.set(outcome, row: row) }
        // If it cannot be written, the outcome is known all the same, but not counted.
        _ = try? queue.add(.done(row: row, key: key))
    }

    package func requestEnded(latency: Duration, isRetry: Bool) {
        statistics.count(latency: latency, isRetry: isRetry)
    }

    /// Blocks until everything handed over is on disk and counted, and rows that were noted in vain are withdrawn. Not to
    /// be called on the recorder's queue, nor before every row that was sent is finished.
    ///
    /// - Throws: ``ToolError`` when the ledger could not be written at some time.
    package func drain() throws(ToolError) {
        for (row, key) in rows.withLock({ $0.takeOpen() }) { _ = try? queue.add(.withdrawn(row: row, key: key)) }
        try queue.drain()
    }

    /// Rows that have an outcome on disk, those of an earlier run among them.
    package var tally: OutcomeTally { store.withLock { $0.tally } }

    /// Rows whose outcome was taken over from an earlier run.
    package var resumed: Int { store.withLock { $0.resumed } }

    /// The outcomes so far, also those that are not on disk.
    ///
    /// A copy, which makes the next outcome costly: to be taken when the run is over.
    package var outcomes: OutcomeStore { store.withLock { $0 } }

    /// HTTP requests made so far.
    package var requests: Int { statistics.requests }

    /// HTTP requests so far that were sent because an earlier one failed.
    package var retries: Int { statistics.retries }

    /// How long requests took so far; nil before the first.
    package var latency: LatencySummary? { statistics.latency }
}

/// The rows that were noted as sent and are not done, by their number.
private struct RowNotes {
    private var open: [Int: Note] = [:]
    private var isDone: [Bool]

    /// That a row was noted as sent.
    private struct Note {
        /// Kept, because working it out takes its time.
        let key: RowKey
        let ticket: WriteTicket
    }

    /// - Parameter expectedRows: how many rows to make room for; more are fine.
    init(expectedRows: Int) {
        isDone = [Bool](repeating: false, count: expectedRows + 1)
    }

    /// What tells when the note of a row is durable; nil when it has none.
    func ticket(ofRow row: Int) -> WriteTicket? { open[row]?.ticket }

    /// Takes note that a row is noted as sent.
    mutating func note(_ sent: SentRow, _ ticket: WriteTicket) {
        // Of a row that was given up and is sent all the same nobody knows what became: it is not withdrawn.
        if sent.row >= isDone.count || !isDone[sent.row] { open[sent.row] = Note(key: sent.key, ticket: ticket) }
    }

    /// The key of a row that is done, if it was noted as sent; forgotten with that.
    mutating func end(row: Int) -> RowKey? {
        if row >= isDone.count { isDone += repeatElement(false, count: row + 1 - isDone.count) }
        isDone[row] = true
        return open.removeValue(forKey: row)?.key
    }

    /// The rows that were noted as sent and are not done; forgotten with that.
    mutating func takeOpen() -> [(row: Int, key: RowKey)] {
        open.keys.sorted().compactMap { row in end(row: row).map { (row, $0) } }
    }
}

/// The number of the batch that an entry is in.
struct WriteTicket: Sendable {
    fileprivate let batch: Int
}

/// Brings entries to disk in the order in which they came, with one wait for the disk for all that came in the meantime
/// (group commit).
///
/// A serial queue writes a batch, and then lets entries gather for a while, or until enough wait for one. A disk that is busy
/// makes batches larger, not the run slower. The first error is the last thing that is written.
final class WriteQueue<Entry: Sendable>: Sendable {
    /// Called from any thread with success once something is durable, or with what keeps it from ever being that.
    typealias Completion = @Sendable (Result<Void, any Error>) -> Void

    private let queue: DispatchQueue
    private let pause: Duration
    private let write: @Sendable ([Entry]) throws(ToolError) -> Void
    private let onFailure: @Sendable (ToolError) -> Void
    private let state: Lock<State>
    /// Ends the pause between two batches.
    private let hurry = Alarm()

    fileprivate struct State {
        /// How many who wait for the next batch end a pause.
        let enough: Int
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
    ///   - pause: how long entries gather after a batch, 0 to 1 s.
    ///   - enough: how many who wait for the next batch end its gathering early, at least 1.
    ///   - onFailure: called once, on the queue, when an entry could not be written; nothing is written any more.
    ///   - write: brings a batch to disk; called on the queue.
    init(
        label: String, pause: Duration, enough: Int, onFailure: @escaping @Sendable (ToolError) -> Void,
        write: @escaping @Sendable ([Entry]) throws(ToolError) -> Void
    ) {
        queue = DispatchQueue(label: label, qos: .userInteractive)
        self.pause = pause
        state = Lock(State(enough: enough))
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
        if isPauseOver { hurry.ring() }
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
        if isPauseOver { hurry.ring() }
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
        let answer = result.mapError { $0 as any Error }
        for completion in waiting { completion(answer) }
        gather()
    }

    private func written(_ entries: [Entry]) -> Result<Void, ToolError> {
        Result { () throws(ToolError) in try write(entries) }
    }

    private func gather() {
        guard pause > .zero, state.withLock({ $0.beginPause() }) else { return }
        if hurry.wait(for: pause) { return }
        // The ring of somebody who came at the last moment must not end a later pause.
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
        return (nil, waiting.count >= enough && endPause())
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

    /// - Returns: false when enough wait, so that there must be none.
    fileprivate mutating func beginPause() -> Bool {
        isPausing = waiting.count < enough && !isDraining
        return isPausing
    }

    /// - Returns: false when there was none, or somebody else ended it.
    fileprivate mutating func endPause() -> Bool {
        defer { isPausing = false }
        return isPausing
    }
}
