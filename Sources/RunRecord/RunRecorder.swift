package import Platform
import Dispatch
import Glibc
package import FleetModel

/// Keeps the record of a run while it happens: the ledger on disk, the outcomes and the counts in memory.
///
/// Workers hand events over; one serial queue writes them and waits for the disk, once for all that came in the
/// meantime, and then lets events gather until somebody waits for one. A disk that is busy makes batches larger, not the
/// run slower.
package final class RunRecorder: OutcomeSink {
    private let directory: RunDirectory
    private let clock: any RunClock
    private let salt: RowSalt
    private let longestPause: Duration
    private let onFailure: @Sendable (ToolError) -> Void
    private let queue = DispatchQueue(label: "certfleet.ledger", qos: .userInteractive)
    /// Ends the pause between two batches.
    private let hurry = DispatchSemaphore(value: 0)
    private let backlog: Lock<LedgerBacklog>
    /// Used on the queue alone; the lock is for the compiler.
    private let ledger: Lock<LedgerWriter>
    private let book: Lock<OutcomeBook>
    private let statistics = RequestStatistics()

    /// Opens the ledger and writes its `run` line durably.
    ///
    /// - Parameters:
    ///   - directory: where to; kept, and with it its lock.
    ///   - run: what the `run` line says.
    ///   - history: what the ledger holds, when the run continues an earlier one; a torn last line is cut off.
    ///   - clock: tells when a row was sent.
    ///   - longestPause: how long events gather after a batch when nobody waits for one, 0 to 1 s. Asking the disk costs
    ///     about 0.3 ms of processor time.
    ///   - onFailure: called once, on the recorder's queue, when the ledger cannot be written any more.
    /// - Throws: ``ToolError`` when the ledger cannot be opened or written.
    package init(
        directory: RunDirectory, run: RunHeader, continuing history: LedgerHistory? = nil, clock: any RunClock,
        longestPause: Duration = .milliseconds(5), onFailure: @escaping @Sendable (ToolError) -> Void
    ) throws(ToolError) {
        self.directory = directory
        self.clock = clock
        self.longestPause = longestPause
        self.onFailure = onFailure
        salt = history?.salt ?? RowSalt()
        let ledger = try LedgerWriter(in: directory, continuing: history)
        try ledger.begin(run, salt: salt)
        self.ledger = Lock(ledger)
        backlog = Lock(LedgerBacklog(expectedRows: run.input.rows))
        book = Lock(OutcomeBook(expectedRows: run.input.rows))
    }

    /// The identity of a row in this run's ledger.
    package func key(of job: Job) -> RowKey { RowKey(job, salt: salt) }

    /// Takes over the outcome of a row from an earlier run; the ledger has it already.
    ///
    /// - Parameter row: the row's ``RowPosition/row`` in this run's input.
    package func adopt(_ outcome: Outcome, row: Int) {
        book.withLock { $0.adopt(outcome, row: row) }
    }

    /// A ledger that cannot be written says so when the job is to be sent.
    package func announce(_ job: Job) -> Bool {
        let event = sentEvent(of: job)
        let (isBegun, isNew) = backlog.withLock { backlog in
            let isBegun = backlog.isBegun(row: job.position.row)
            return (isBegun, isBegun ? nil : try? backlog.add(event).isNew)
        }
        if isNew == true { queue.async { self.commit() } }
        return !isBegun
    }

    package func willSend(_ job: Job) throws {
        let announced = backlog.withLock { $0.begin(row: job.position.row) }
        let batch = try announced ?? hand(sentEvent(of: job))
        if !batch.isSettled { hurry.signal() }
        if !batch.wait() { try throwFailure() }
    }

    private func sentEvent(of job: Job) -> LedgerEvent {
        .sent(
            row: job.position.row, key: key(of: job), host: job.address.host, certificate: job.edit.id,
            at: clock.wallTime())
    }

    package func finished(_ job: Job, _ outcome: Outcome) {
        let row = job.position.row
        let key = backlog.withLock { $0.end(row: row) } ?? key(of: job)
        let event = LedgerEvent.done(row: row, key: key, outcome)
        do {
            _ = try hand(event)
        } catch {
            book.withLock { $0.note([event], areDurable: false) }
        }
    }

    package func requestEnded(latency: Duration, isRetry: Bool) {
        statistics.count(latency: latency, isRetry: isRetry)
    }

    /// Rows that have an outcome on disk, those of an earlier run among them.
    package var tally: OutcomeTally { book.withLock { $0.tally } }

    /// Rows whose outcome was taken over from an earlier run.
    package var resumed: Int { book.withLock { $0.resumed } }

    /// The outcomes so far: those on disk and, once the ledger cannot be written any more, those that came after.
    ///
    /// A copy, which makes the next outcome costly: to be taken when the run is over.
    package var outcomes: OutcomeTable { book.withLock { $0.table } }

    /// HTTP requests made so far.
    package var requests: Int { statistics.requests }

    /// HTTP requests so far that were sent because an earlier one failed.
    package var retries: Int { statistics.retries }

    /// How long requests took so far; nil before the first.
    package var latency: LatencySummary? { statistics.latency }

    /// Takes note that an earlier run sent a row and nobody knows what became of it: it is unknown until it is done.
    ///
    /// - Parameter row: the row's ``RowPosition/row`` in this run's input.
    package func adoptDoubt(row: Int) {
        book.withLock { $0.adoptDoubt(row: row) }
    }

    /// Blocks until everything handed over is on disk and counted, and rows that were noted in vain are withdrawn. Not to
    /// be called on the recorder's queue, nor before every row that was sent is finished.
    ///
    /// - Throws: ``ToolError`` when the ledger could not be written at some time.
    package func drain() throws(ToolError) {
        for (row, key) in backlog.withLock({ $0.takeOpen() }) { _ = try? hand(.withdrawn(row: row, key: key)) }
        hurry.signal()
        queue.sync {}
        try throwFailure()
    }

    private func throwFailure() throws(ToolError) {
        if let failure = backlog.withLock({ $0.failure }) { throw failure }
    }

    /// Puts an event into the next batch; does not wait.
    private func hand(_ event: LedgerEvent) throws(ToolError) -> LedgerBatch {
        let (batch, isNew) = try backlog.withLock { (backlog) throws(ToolError) in try backlog.add(event) }
        if isNew { queue.async { self.commit() } }
        return batch
    }

    /// Brings the next batch to disk, counts its rows, lets those go on who wait for it, and lets others gather.
    private func commit() {
        // Whoever asked for haste so far waits for what is written now.
        while hurry.wait(timeout: .now()) == .success {}
        var room: [LedgerEvent] = []
        room.reserveCapacity(64)
        let (events, batch) = backlog.withLock { $0.take(leaving: room) }
        let isDurable = write(events)
        book.withLock { $0.note(events, areDurable: isDurable) }
        batch?.settle(isDurable: isDurable)
        _ = hurry.wait(timeout: .now() + longestPause / .seconds(1))
    }

    /// Writes events; the first error is the last thing that happens to the ledger.
    ///
    /// - Returns: whether the events are on disk.
    private func write(_ events: [LedgerEvent]) -> Bool {
        if backlog.withLock({ $0.failure }) != nil { return false }
        do {
            try ledger.withLock { (ledger) throws(ToolError) in try ledger.append(events) }
            return true
        } catch {
            backlog.withLock { $0.close(error) }
            onFailure(error)
            return false
        }
    }
}
