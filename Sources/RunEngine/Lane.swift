import FleetModel
import Pacing

/// The rows of one host that were begun and are not over: one at a time, in file order.
struct Lane {
    enum State: Hashable {
        /// Its next request can leave.
        case ready
        /// A worker has it.
        case busy
        /// Its next request can leave at this time: a backoff or the host's rate.
        case waiting(until: Duration)
        /// None of its rows will start any more; at most its session is still to be closed.
        case stopped
    }

    let host: Int
    var state = State.ready
    /// Positions in ``LaneRows`` of the rows that are not done, the current one first.
    var positions: Range<Int>
    var progress = RowProgress()
    /// Whether the current row was announced.
    var isAnnounced = false
    /// What the current row is if its failed request is not made again; nil when no request is to be made again.
    var fallback: Outcome?
    var breaker: HostBreaker
    var gate: RateGate?
    var isSessionOpen = false
    /// Requests made to end its session.
    var closings = 0
    /// Whether its last request waited in vain for the host, so that the next one probably will.
    var isSuspect = false
    /// Whether the host ever answered.
    var hasAnswered = false
    /// Whether a row was skipped.
    var hasSkipped = false

    /// Goes on to the next row.
    mutating func advance() {
        positions = positions.dropFirst()
        progress = RowProgress()
        isAnnounced = false
        fallback = nil
    }
}

/// The rows of all hosts, grouped by host and in file order within each: four bytes a row and four a host.
struct LaneRows: Sendable {
    private var rows: [UInt32]
    private var ends: [UInt32]

    init(_ source: some JobSource) {
        var counts = [UInt32](repeating: 0, count: source.hostCount)
        for row in 0..<source.rowCount {
            if let host = source.host(ofRow: row) { counts[host] += 1 }
        }
        var sum: UInt32 = 0
        ends = counts.map { count in
            defer { sum += count }
            return sum
        }
        rows = [UInt32](repeating: 0, count: Int(sum))
        // Each host's start moves up to its end as its rows are put in.
        ends.withUnsafeMutableBufferPointer { cursors in
            for row in 0..<source.rowCount {
                guard let host = source.host(ofRow: row) else { continue }
                rows[Int(cursors[host])] = UInt32(row)
                cursors[host] += 1
            }
        }
    }

    var hostCount: Int { ends.count }
    var rowCount: Int { rows.count }

    /// The row number at a position.
    subscript(position: Int) -> Int { Int(rows[position]) }

    /// The positions of a host's rows.
    func positions(ofHost host: Int) -> Range<Int> {
        (host == 0 ? 0 : Int(ends[host - 1]))..<Int(ends[host])
    }
}
