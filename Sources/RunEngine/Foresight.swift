/// How many rows are announced ahead of their turn: about as many as are sent while the disk writes twice, 50 ms.
///
/// A run that is killed leaves the rows it announced in doubt, so there are no more of them than the pace asks for, and
/// at most 3 for each worker, plus the next row of each host that a worker has: with 64 workers 192 and 64 at
/// 5,000 rows/s, 50 at 1,000, and 0 or 2 at 20. Hosts that cannot be reached make no pace.
struct Foresight {
    private static let window = Duration.milliseconds(25)
    private let workers: Int
    /// When the window under way began.
    private var start = Duration.zero
    /// Rows sent in it.
    private var sent = 0
    /// Rows sent in the window before.
    private var sentBefore = 0

    /// - Parameter workers: rows that can be under way at once.
    init(workers: Int) {
        self.workers = workers
    }

    /// Takes note that the first edit request of a row has left.
    mutating func send(now: Duration) {
        turn(now: now)
        sent += 1
    }

    /// The rows to be announced ahead.
    mutating func rows(now: Duration) -> Int {
        turn(now: now)
        return min(2 * max(sent, sentBefore), 3 * workers)
    }

    /// How many more hosts are to have their first row announced: none while more than two thirds of the rows are.
    ///
    /// So they are announced many at once, because a processor that does the same thing over and over is fast.
    ///
    /// - Parameter announced: rows that are announced and not under way.
    mutating func missing(announced: Int, now: Duration) -> Int {
        let wanted = rows(now: now)
        return announced <= wanted * 2 / 3 ? wanted - announced : 0
    }

    /// Whether the next row of a host that a worker has is to be announced, because no worker will need long for its
    /// current one.
    ///
    /// - Parameter announced: rows that are announced and not under way.
    mutating func coversNextRow(announced: Int, now: Duration) -> Bool {
        rows(now: now) >= workers && announced < 4 * workers
    }

    private mutating func turn(now: Duration) {
        guard now >= start + Self.window else { return }
        sentBefore = now < start + Self.window * 2 ? sent : 0
        sent = 0
        start = now
    }
}
