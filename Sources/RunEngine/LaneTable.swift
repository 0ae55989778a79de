import DequeModule
import FleetModel
import HeapModule
import Platform

/// The rows of one host that were begun and are not over: one at a time, in file order.
struct Lane {
    /// Where a lane stands.
    enum Place: Hashable {
        /// A worker has it.
        case busy
        /// The next request of its row can leave at this time, which may have come: a backoff or the host's rate.
        case waiting(until: Duration)
        /// None of its rows starts any more; the request that ends its session can leave at this time.
        case closing(from: Duration)
        /// It is over, and the table forgets it.
        case gone
    }

    let host: Int
    /// The worker that has the host from its first row to its last.
    let worker: Int
    fileprivate(set) var place = Place.busy
    /// Positions in ``LaneRows`` of the rows that are not done, the current one first.
    var positions: Range<Int>
    /// Whether a worker was given the current row.
    var isBegun = false
    /// When the current row's first request began.
    var start: RowStart?
    /// What the current row is if no further request is made for it; nil when it is as if it had never been begun.
    var fallback: Outcome?
    var breaker: HostBreaker
    var gate: RateGate?
    var isSessionOpen = false
    /// Whether its last request waited in vain for the host, so that the next one probably will.
    var isUnresponsive = false
    /// Whether its request under way is no longer young.
    var isAged = false
    /// Whether the host ever answered.
    var hasAnswered = false
    /// Whether a row has ended by what came of its requests, and not because the run ended.
    var isJudged = false
    /// Whether a row was skipped.
    var hasSkipped = false

    /// Goes on to the next row.
    mutating func advance() {
        positions = positions.dropFirst()
        isBegun = false
        start = nil
        fallback = nil
    }

    /// Takes over what a step changed for the lane.
    mutating func note(_ report: StepReport) {
        isSessionOpen = report.isSessionOpen
        hasAnswered = hasAnswered || report.hasAnswered
        isUnresponsive = report.isInVain
        fallback = report.fallback
    }
}

/// When work on a row began, by the calendar and by the run's clock, which measures what came after.
struct RowStart: Hashable, Sendable {
    let wallTime: WallTime
    let now: Duration

    /// The calendar's time at a moment of the run's clock, if nobody set the calendar since.
    func wallTime(at now: Duration) -> WallTime { wallTime + (now - self.now) }
}

/// One piece of work on a lane, for its worker: one HTTP request at most.
enum Work: Hashable, Sendable {
    /// Make the next request of a row.
    case step(RowStep)
    /// End the session of a host by a time on the run's clock; nil when it may take its usual time.
    case close(host: Int, deadline: Duration?)

    /// The host on which the work is done.
    var host: Int {
        switch self {
        case .step(let step): step.host
        case .close(let host, _): host
        }
    }
}

/// The next request of one row.
struct RowStep: Hashable, Sendable {
    /// The host, numbered as the source does it.
    let host: Int
    /// The row, numbered as the source does it.
    let row: Int
    /// Whether it is the row's first step.
    let isFirst: Bool
    /// When the request must be over, on the run's clock; nil when it may take its usual time.
    let deadline: Duration?
}

/// A lane that was taken out of its ``LaneTable`` to be changed, and stands nowhere until it is checked in again.
///
/// It can be neither copied nor used twice, and dropping it is a fault that ends the program: so no lane is ever lost, or
/// stands in two places.
struct Checkout: ~Copyable {
    var lane: Lane
    private var isOver = false

    fileprivate init(_ lane: Lane) { self.lane = lane }

    fileprivate consuming func end() -> Lane {
        isOver = true
        return lane
    }

    deinit { precondition(isOver, "a lane was checked out and never checked in") }
}

/// All hosts of a run: those whose turn has not come, and the lanes of those that were begun and are not over, each in
/// one place.
///
/// A lane is checked out, changed, and checked in where it stands from then on.
struct LaneTable {
    private let rows: LaneRows
    /// Lanes by slot; nil is one that is checked out, or a slot that is free.
    private var lanes: [Lane?] = []
    private var freeSlots: [Int] = []
    /// The slot of each host's lane; -1 for one that was not begun or is over.
    private var slots: [Int32]
    /// First come, first served, as the other queues.
    private var ready: Deque<Int> = []
    /// Ready lanes of unresponsive hosts.
    private var unresponsive: Deque<Int> = []
    private var closing: Deque<Int> = []
    private var waiting: Heap<Waiting> = []
    private var closingLater: Heap<Waiting> = []
    /// The first host of the file that was not begun and has rows to run; the number of hosts when there is none.
    private(set) var freshHost = 0

    init(_ rows: LaneRows) {
        self.rows = rows
        slots = [Int32](repeating: -1, count: rows.hostCount)
    }

    /// Whether no lane was begun that is not over.
    var isEmpty: Bool { lanes.count == freeSlots.count }

    var hasFreshHost: Bool { freshHost < rows.hostCount }

    /// Hosts whose lanes are over, those without rows to run among them.
    var finishedHosts: Int { freshHost - (lanes.count - freeSlots.count) }

    /// Whether a lane that was begun has rows which are not done.
    var hasBegunRows: Bool { lanes.contains { $0?.positions.isEmpty == false } }

    /// Whether a lane without a worker has such rows.
    var hasIdleRows: Bool { !ready.isEmpty || !unresponsive.isEmpty || !waiting.isEmpty }

    /// Whether something of a lane that was begun could be sent now.
    var hasTurn: Bool { !ready.isEmpty || !unresponsive.isEmpty || !closing.isEmpty }

    /// When the next lane that waits goes on; nil when none waits.
    var nextTurn: Duration? {
        guard let row = waiting.min?.until, let logout = closingLater.min?.until else {
            return waiting.min?.until ?? closingLater.min?.until
        }
        return min(row, logout)
    }

    /// The row number of a lane's current row; nil when it has none.
    func row(of lane: Lane) -> Int? { lane.positions.first.map { rows[$0] } }

    /// The row numbers of a lane that are not done.
    func rows(of lane: Lane) -> [Int] { lane.positions.map { rows[$0] } }
}

/// Checking out and in.
extension LaneTable {
    /// Takes a lane back from the worker that has it; nil when none has.
    mutating func checkout(busyHost host: Int) -> Checkout? {
        let slot = Int(slots[host])
        guard slot >= 0, lanes[slot]?.place == .busy else { return nil }
        return checkout(host)
    }

    /// Takes the next lane whose session can be ended.
    mutating func checkoutClosing() -> Checkout? { closing.popFirst().map { checkout($0) } }

    /// Takes the next ready lane of a host that answers.
    mutating func checkoutReady() -> Checkout? { ready.popFirst().map { checkout($0) } }

    /// Takes the next ready lane of an unresponsive host.
    mutating func checkoutUnresponsive() -> Checkout? { unresponsive.popFirst().map { checkout($0) } }

    /// Takes any lane with rows that no worker has.
    mutating func checkoutIdle() -> Checkout? {
        (ready.popFirst() ?? unresponsive.popFirst() ?? waiting.popMin()?.host).map { checkout($0) }
    }

    /// Begins the lane of the fresh host, of which there must be one, and takes it.
    mutating func checkoutFresh(worker: Int, breaker: HostBreaker, gate: RateGate?) -> Checkout {
        let lane = Lane(
            host: freshHost, worker: worker, positions: rows.positions(ofHost: freshHost), breaker: breaker, gate: gate)
        let slot = freeSlots.popLast() ?? lanes.count
        if slot == lanes.count { lanes.append(nil) }
        slots[freshHost] = Int32(slot)
        freshHost += 1
        return Checkout(lane)
    }

    /// Passes over the fresh host when none of its rows is to run.
    ///
    /// - Returns: the host; nil when there is none to pass over.
    mutating func skipEmptyHost() -> Int? {
        guard hasFreshHost, rows.positions(ofHost: freshHost).isEmpty else { return nil }
        freshHost += 1
        return freshHost - 1
    }

    /// Takes a lane that stands in its slot, and in no queue any more.
    private mutating func checkout(_ host: Int) -> Checkout {
        guard let lane = lanes[Int(slots[host])].take() else { preconditionFailure("a lane was to be taken twice") }
        return Checkout(lane)
    }

    /// Puts a lane where it stands from now on.
    mutating func checkin(_ checkout: consuming Checkout, _ place: Lane.Place, now: Duration) {
        var lane = checkout.end()
        let (host, slot) = (lane.host, Int(slots[lane.host]))
        lane.place = place
        switch place {
        case .busy: break
        case .waiting(let time) where time <= now: queue(lane)
        case .waiting(let time): waiting.insert(Waiting(until: time, host: host))
        case .closing(let time) where time <= now: closing.append(host)
        case .closing(let time): closingLater.insert(Waiting(until: time, host: host))
        case .gone:
            slots[host] = -1
            freeSlots.append(slot)
            return
        }
        lanes[slot] = lane
    }

    private mutating func queue(_ lane: Lane) {
        if lane.isUnresponsive { unresponsive.append(lane.host) } else { ready.append(lane.host) }
    }
}

/// What befalls many lanes at once.
extension LaneTable {
    /// Lets the lanes go on that waited for this time.
    mutating func wake(now: Duration) {
        while let first = waiting.min, first.until <= now {
            waiting.removeMin()
            if let lane = lanes[Int(slots[first.host])] { queue(lane) }
        }
        endWaitOfClosing(now: now)
    }

    /// Lets every session end now that waits to.
    mutating func hastenClosing() { endWaitOfClosing(now: nil) }

    private mutating func endWaitOfClosing(now: Duration?) {
        while let first = closingLater.min, now.map({ first.until <= $0 }) ?? true {
            closing.append(closingLater.removeMin().host)
        }
    }

    /// Takes the next lane that has only its session to end, whether it may now or later.
    mutating func checkoutAnyClosing() -> Checkout? {
        (closing.popFirst() ?? closingLater.popMin()?.host).map { checkout($0) }
    }
}

/// A lane that waits; the soonest comes first.
private struct Waiting: Comparable {
    let until: Duration
    let host: Int

    static func < (left: Waiting, right: Waiting) -> Bool {
        (left.until, left.host) < (right.until, right.host)
    }
}

/// The rows of all hosts, grouped by host and in file order within each: four bytes a row and four a host.
package struct LaneRows: Sendable {
    private var rows: [UInt32]
    private var ends: [UInt32]

    /// - Parameter host: the host of a row by its number; nil for a row that is in no group.
    package init(rowCount: Int, hostCount: Int, host: (Int) -> Int?) {
        var counts = [UInt32](repeating: 0, count: hostCount)
        for row in 0..<rowCount {
            if let host = host(row) { counts[host] += 1 }
        }
        var sum: UInt32 = 0
        ends = counts.map { count in
            defer { sum += count }
            return sum
        }
        rows = [UInt32](repeating: 0, count: Int(sum))
        // Each host's start moves up to its end as its rows are put in.
        ends.withUnsafeMutableBufferPointer { cursors in
            for row in 0..<rowCount {
                guard let host = host(row) else { continue }
                rows[Int(cursors[host])] = UInt32(row)
                cursors[host] += 1
            }
        }
    }

    var hostCount: Int { ends.count }

    /// The row number at a position.
    package subscript(position: Int) -> Int { Int(rows[position]) }

    /// The positions of a host's rows.
    package func positions(ofHost host: Int) -> Range<Int> {
        (host == 0 ? 0 : Int(ends[host - 1]))..<Int(ends[host])
    }
}
