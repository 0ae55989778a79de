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
        var entries: [String: Entry] = [:]
        var queue: Deque<String> = []
        var threads = 0
        /// How many entries may stand before those that are over are swept out.
        var sweepCount = 1024
    }

    private let state = Lock(State())
    private let threadLimit: Int
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
        self.threadLimit = threadLimit
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
        if known == nil { startThread() }
        return known
    }

    /// When the lookup of a name that is under way began; nil while it waits for a thread.
    func start(of name: String) -> Duration? { state.withLock { $0.entries[name]?.start } }

    private func startThread() {
        let isWanted = state.withLock { state in
            guard !state.queue.isEmpty, state.threads < threadLimit else { return false }
            state.threads += 1
            return true
        }
        guard isWanted else { return }
        let code = startDetachedThread { [self] in lookUpUntilNoneIsLeft() }
        guard code != 0 else { return }
        // Another thread takes over what is queued; without one, nobody would.
        let stranded = state.withLock { state in
            state.threads -= 1
            return state.threads == 0 ? Array(state.queue) : []
        }
        for name in stranded { end(name, .machine(.threads)) }
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
    mutating func next(at now: Duration) -> String? {
        guard let name = queue.popFirst() else {
            threads -= 1
            return nil
        }
        entries[name]?.start = now
        return name
    }

    /// Keeps what was found, or forgets it.
    ///
    /// - Returns: who waits for it, and when the lookup began.
    mutating func end(
        _ name: String, _ finding: NameLookups.Finding, at now: Duration
    ) -> (waiters: [@Sendable (NameLookups.Found) -> Void], start: Duration) {
        guard var entry = entries.removeValue(forKey: name) else { return ([], now) }
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

/// Asks the system, as libcurl would.
@Sendable private func systemLookup(_ name: String) -> NameLookups.Finding {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    errno = 0
    let code = getaddrinfo(name, nil, &hints, &list)
    // It does not say what it lacked when it could not even ask.
    let lack = code == EAI_MEMORY ? MachineLimit.memory : MachineLimit(errno)
    guard code == 0 else {
        return lack.map { .machine($0) } ?? (code == EAI_AGAIN ? .noAnswer : .unknown)
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

/// - Returns: 0, or the value of `errno` when the thread could not be started.
private func startDetachedThread(_ body: @escaping @Sendable () -> Void) -> Int32 {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    // The usual 8 MiB for each would be much where memory is limited.
    pthread_attr_setstacksize(&attributes, 1 << 19)
    let box = Unmanaged.passRetained(Box(body))
    var thread = pthread_t()
    let code = pthread_create(
        &thread, &attributes,
        { context in
            if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
            return nil
        }, box.toOpaque())
    if code != 0 { box.release() }
    return code
}
