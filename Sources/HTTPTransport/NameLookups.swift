import CLibCurl
import DequeModule
import Glibc
import Platform

/// Looks names up for the loops of a run: in at most 64 threads, and never in two for the same name.
///
/// What is found is kept for 60 seconds. A name whose server does not answer is not asked for again for 30 seconds, so
/// that it does not take the place of others.
package final class NameLookups: Sendable {
    /// What came of a lookup.
    enum Finding: Sendable, Equatable {
        /// Texts of addresses, the best one first, those of IPv6 in brackets.
        case addresses([String])
        case unknown
        /// The name server did not answer, or could not.
        case noAnswer
        case machine(MachineLimit)
    }

    /// A lookup that is over.
    struct Found: Sendable {
        let finding: Finding
        /// When it began, on the machine's clock.
        let start: Duration
    }

    fileprivate struct Entry {
        /// When the lookup began; nil while it waits for a thread.
        var start: Duration?
        /// What it brought, and until when that is kept; nil while it is under way.
        var found: (finding: Finding, end: Duration)?
        var waiters: [@Sendable (Found) -> Void] = []
    }

    fileprivate struct State {
        /// How many threads there may be.
        let limit: Int
        var entries: [String: Entry] = [:]
        var queue: Deque<String> = []
        var threads = 0
        /// How many names of a domain are looked up now.
        var busy: [Substring: Int] = [:]
        /// How many entries may stand before those that are over are swept out.
        var sweepCount = 1024
    }

    private let state: Lock<State>
    private let resolve: @Sendable (String) -> Finding

    fileprivate static let lifetime = Duration.seconds(60)
    fileprivate static let silence = Duration.seconds(30)

    /// Nothing was looked up yet.
    package convenience init() {
        self.init(threadLimit: 64, resolve: systemLookup)
    }

    /// - Parameters:
    ///   - threadLimit: how many names are looked up at once at most.
    ///   - resolve: looks a name up; blocks.
    init(threadLimit: Int, resolve: @escaping @Sendable (String) -> Finding) {
        state = Lock(State(limit: threadLimit))
        self.resolve = resolve
    }

    /// Finds a name's addresses.
    ///
    /// - Parameters:
    ///   - name: in lower case.
    ///   - then: gets what comes of it when that is not known yet, on any thread.
    /// - Returns: what is known already.
    func find(_ name: String, then: @escaping @Sendable (Found) -> Void) -> Found? {
        let now = SystemClock().now()
        let known = state.withLock { state -> Found? in
            if let entry = state.entries[name] {
                guard let found = entry.found else {
                    state.entries[name]?.waiters.append(then)
                    return nil
                }
                if now < found.end { return Found(finding: found.finding, start: now) }
            }
            state.sweep(at: now)
            state.entries[name] = Entry(waiters: [then])
            state.queue.append(name)
            return nil
        }
        if known == nil { startWork() }
        return known
    }

    /// When the lookup of a name that is under way began; nil while it waits for a thread.
    func start(of name: String) -> Duration? { state.withLock { $0.entries[name]?.start } }

    private func startWork() {
        let isWanted = state.withLock { state in
            guard !state.queue.isEmpty, state.threads < state.limit else { return false }
            state.threads += 1
            return true
        }
        guard isWanted else { return }
        do {
            // The usual 8 MiB for each would be much where memory is limited.
            try startThread(stackSize: 1 << 19) { [self] in lookUpUntilNoneIsLeft() }
        } catch {
            // Another thread takes over what is queued; without one, nobody would.
            for name in state.withLock({ $0.missThread() }) { end(name, .machine(.threads)) }
        }
    }

    private func lookUpUntilNoneIsLeft() {
        while let name = state.withLock({ $0.next(at: SystemClock().now()) }) { end(name, resolve(name)) }
    }

    private func end(_ name: String, _ finding: Finding) {
        let now = SystemClock().now()
        let (waiters, start) = state.withLock { state in state.end(name, finding, at: now) }
        for waiter in waiters { waiter(Found(finding: finding, start: start)) }
    }
}

extension NameLookups.State {
    /// The next name to look up; nil ends the thread that asks.
    ///
    /// Names of one domain get three quarters of the threads at most: the others are left for those whose name server
    /// answers.
    mutating func next(at now: Duration) -> String? {
        let room = max(1, limit * 3 / 4)
        guard let index = queue.firstIndex(where: { busy[$0.domain, default: 0] < room }) else {
            threads -= 1
            return nil
        }
        let name = queue.remove(at: index)
        busy[name.domain, default: 0] += 1
        entries[name]?.start = now
        return name
    }

    /// Takes note that a thread could not be started.
    ///
    /// - Returns: the names that nobody is left to look up.
    mutating func missThread() -> Deque<String> {
        threads -= 1
        guard threads == 0 else { return [] }
        defer { queue = [] }
        return queue
    }

    /// Keeps what was found, or forgets it.
    ///
    /// - Returns: who waits for it, and when the lookup began.
    mutating func end(
        _ name: String, _ finding: NameLookups.Finding, at now: Duration
    ) -> (waiters: [@Sendable (NameLookups.Found) -> Void], start: Duration) {
        guard var entry = entries.removeValue(forKey: name) else { return ([], now) }
        if entry.start != nil { busy[name.domain] = busy[name.domain].flatMap { $0 > 1 ? $0 - 1 : nil } }
        let waiters = entry.waiters
        entry.waiters = []
        switch finding {
        case .addresses: entry.found = (finding, now + NameLookups.lifetime)
        case .noAnswer: entry.found = (finding, now + NameLookups.silence)
        case .unknown, .machine: return (waiters, entry.start ?? now)
        }
        entries[name] = entry
        return (waiters, entry.start ?? now)
    }

    /// Forgets what is too old, now and then.
    mutating func sweep(at now: Duration) {
        guard entries.count >= sweepCount else { return }
        entries = entries.filter { entry in entry.value.found.map { now < $0.end } ?? true }
        sweepCount = max(1024, entries.count * 2)
    }
}

extension NameLookups.Finding {
    /// What a lookup that failed means.
    ///
    /// - Parameters:
    ///   - code: what `getaddrinfo` returned.
    ///   - systemError: the value of `errno`, which alone says what it lacked when it could not even ask. `EAGAIN` is
    ///     nothing of that kind: a silent name server leaves it.
    init(failure code: Int32, systemError: Int32) {
        if code == EAI_MEMORY {
            self = .machine(.memory)
        } else if code == EAI_SYSTEM, systemError == EINVAL {
            // What glibc leaves when it got no socket to ask with.
            self = .machine(.files)
        } else if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(systemError), let limit = MachineLimit(systemError) {
            self = .machine(limit)
        } else {
            self = code == EAI_AGAIN ? .noAnswer : .unknown
        }
    }
}

extension String {
    /// What stands behind the first label.
    fileprivate var domain: Substring { firstIndex(of: ".").map { self[$0...] } ?? "" }
}

/// Asks the system, as libcurl would.
@Sendable private func systemLookup(_ name: String) -> NameLookups.Finding {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    errno = 0
    let code = getaddrinfo(name, nil, &hints, &list)
    guard code == 0 else {
        let systemError = errno
        // A name may be unknown only because the file it stands in could not be opened.
        let limit = MachineLimit.ofOpeningAFile().map(NameLookups.Finding.machine)
        return limit ?? NameLookups.Finding(failure: code, systemError: systemError)
    }
    defer { freeaddrinfo(list) }
    let addresses = sequence(first: list, next: { $0?.pointee.ai_next }).prefix { $0 != nil }
        .compactMap { $0?.pointee.ai_addr.flatMap(addressText) }
    return addresses.isEmpty ? .unknown : .addresses(addresses)
}

private func addressText(_ address: UnsafeMutablePointer<sockaddr>) -> String? {
    let raw = UnsafeRawPointer(address)
    switch Int32(address.pointee.sa_family) {
    case AF_INET: return numberText(AF_INET, raw.loadUnaligned(as: sockaddr_in.self).sin_addr)
    case AF_INET6: return numberText(AF_INET6, raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr).map { "[\($0)]" }
    default: return nil
    }
}

private func numberText<Number>(_ family: Int32, _ number: Number) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
        withUnsafePointer(to: number) { inet_ntop(family, $0, text.baseAddress, socklen_t(text.count)) }
            .map { String(cString: $0) }
    }
}

extension String {
    /// Whether libcurl would look up just this name: it knows those of this machine, and takes others apart.
    var isLookedUpHere: Bool {
        !hasSuffix(".localhost") && utf8.allSatisfy { $0.isLetter || $0.isDigit || "-_.".utf8.contains($0) }
    }
}

/// Requests that libcurl knows nothing of: they wait for a name, or for what this machine lacks.
extension TransportLoop {
    /// - Parameter limit: what there was too little of; nil when it is left to another loop.
    func park(_ handle: HostHandle, for limit: MachineLimit?) {
        let now = clock.now()
        if let limit { handle.noteLack(of: limit, at: now) }
        parked.append(Ticket(handle))
        schedulePatrol(at: now)
    }

    /// Tries the oldest one again.
    func admitParked() {
        while let ticket = parked.popFirst() {
            guard ticket.isCurrent else { continue }
            ticket.handle.restart(at: clock.now(), finding: nil)
            return findHost(of: ticket)
        }
    }

    func schedulePatrol(at now: Duration) {
        patrol = patrol ?? now + Self.patrolPause
    }

    /// Looks after the requests that libcurl knows nothing of: ends those whose time is over.
    func patrol(at now: Duration) {
        guard let time = patrol, time <= now else { return }
        patrol = nil
        for handle in busy {
            if case .lookingUp(let name) = handle.state { checkLookup(of: name, for: handle, at: now) }
        }
        for ticket in parked where ticket.isCurrent { checkParked(ticket.handle, at: now) }
        if room.mayGrow { admitParked() }
        if !parked.isEmpty { schedulePatrol(at: now) }
    }

    private func checkParked(_ handle: HostHandle, at now: Duration) {
        if let deadline = handle.call.deadline, deadline <= now {
            finish(handle, .notConnected(.heldBack))
        } else if let lack = handle.call.lack, room.isHopeless(since: lack.since, at: now, settings.connectTimeout) {
            finish(handle, .notConnected(.machine(lack.limit)))
        }
    }

    private func checkLookup(of name: String, for handle: HostHandle, at now: Duration) {
        let start = lookups.start(of: name)
        if let start, now - start > min(settings.connectTimeout, settings.timeout) {
            finish(handle, .notConnected(.timedOut(.lookup)))
        } else if let deadline = handle.call.deadline, deadline <= now {
            finish(handle, .notConnected(start == nil ? .heldBack : .timedOut(.lookup)))
        } else {
            schedulePatrol(at: now)
        }
    }
}
