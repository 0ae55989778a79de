/// How many rows are announced ahead of their turn: about as many as begin while the disk writes twice, 50 ms.
///
/// A run that is killed leaves the rows it announced in doubt, so there are no more of them than the pace asks for, and
/// at most 3 for each worker: with 64 workers 192 at 5,000 rows/s, 50 at 1,000, and 0 or 2 at 20.
struct Foresight {
    private static let window = Duration.milliseconds(25)
    private let limit: Int
    /// When the window under way began.
    private var start = Duration.zero
    /// Rows begun in it.
    private var begun = 0
    /// Rows begun in the window before.
    private var begunBefore = 0

    /// - Parameter workers: rows that can be under way at once.
    init(workers: Int) {
        limit = 3 * workers
    }

    /// Takes note that a row was begun.
    mutating func begin(now: Duration) {
        turn(now: now)
        begun += 1
    }

    /// The rows to be announced ahead.
    mutating func rows(now: Duration) -> Int {
        turn(now: now)
        return min(2 * max(begun, begunBefore), limit)
    }

    /// How many more rows are to be announced: none while more than two thirds of them are.
    ///
    /// So they are announced many at once, because a processor that does the same thing over and over is fast.
    ///
    /// - Parameter announced: rows that are announced and not begun.
    mutating func missing(announced: Int, now: Duration) -> Int {
        let wanted = rows(now: now)
        return announced <= wanted * 2 / 3 ? wanted - announced : 0
    }

    private mutating func turn(now: Duration) {
        guard now >= start + Self.window else { return }
        begunBefore = now < start + Self.window * 2 ? begun : 0
        begun = 0
        start = now
    }
}
