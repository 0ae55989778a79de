package import FleetModel
package import HTTPTransport
package import Pacing
package import Platform

/// Carries out rows against PBXs on an event loop: sends what ``RowProcedure`` and ``HostSession`` want sent. It decides when a
/// row is noted, and whether a TLS session is kept.
///
/// The body of a row's edit does not leave before the sink has noted the row as sent. A host that answered its last request
/// probably takes the next one, so the note is then asked for while the edit's connection is made; else not before the
/// connection stands, so that a row whose PBX cannot be reached is never noted.
// Safe because what it knows of hosts is only reached on the loop.
package final class PBXPerformer: JobPerformer, @unchecked Sendable {
    /// What is known of a host while its rows are worked on.
    private final class Host {
        var session: HostSession
        var row: RowProcedure
        private(set) var note: SentNote
        /// Kept when another host takes the place of this one: setting one up costs as much as a request.
        var handle: HostHandle?
        var hasAnswered = false
        /// Whether an edit may have changed the key, which a TLS session that is resumed does not show.
        var mayHaveNewKey = false

        init(_ session: HostSession, _ job: Job, _ policy: ReadingPolicy, _ note: SentNote) {
            self.session = session
            self.note = note
            row = RowProcedure(job, reading: policy)
        }

        /// Makes room for another host, of which nothing is known.
        func end(_ session: HostSession) {
            self.session = session
            hasAnswered = false
            mayHaveNewKey = false
        }

        /// Whether another request is to be expected that may resume the TLS session of the next one. Without a login, a
        /// host's first request is most often its only one.
        var keepsSession: Bool {
            let hasLogin = if case .client = row.job.credentials { true } else { false }
            return (hasLogin || hasAnswered) && !mayHaveNewKey
        }

        func begin(_ job: Job, _ policy: ReadingPolicy, _ note: SentNote) {
            self.note = note
            row = RowProcedure(job, reading: policy)
        }
    }

    private let loop: TransportLoop
    private let sink: any OutcomeSink
    private let clock: any RunClock
    /// What every host's session begins with.
    private let session: HostSession
    private let policy: ReadingPolicy
    private let certificates: (@Sendable (Int) -> HostCertificates)?
    /// By number; nil for one that is over or was not begun.
    private var hosts: [Host?] = []
    /// Hosts that are over, to be used again.
    private var spare: [Host] = []
    /// In a box: by itself it has no bytes, and the sanitizer takes it for one piece of memory that all loops change.
    private var generator: any RandomNumberGenerator = SystemRandomNumberGenerator()

    /// - Parameters:
    ///   - settings: how requests connect and what they trust.
    ///   - lookups: shared by all performers of a run.
    ///   - sink: notes rows as sent; nothing else is told to it.
    ///   - retry: what is tried again, how often and after which pauses.
    ///   - clock: what tokens and dates are held against.
    ///   - policy: what is read of certificates; nothing but doubts when nothing is said.
    ///   - certificates: those that the rows of a host name, so that they are read at once; nil when none is read.
    /// - Throws: `ToolError` when the settings cannot be used.
    package init(
        transport settings: TransportSettings, lookups: NameLookups, sink: any OutcomeSink, retry: RetryPolicy,
        clock: any RunClock, reading policy: ReadingPolicy = ReadingPolicy(),
        certificates: (@Sendable (Int) -> HostCertificates)? = nil
    ) throws(ToolError) {
        self.policy = policy
        self.certificates = certificates
        loop = try TransportLoop(settings, lookups: lookups)
        self.sink = sink
        self.clock = clock
        session = HostSession(retry: retry, timeout: settings.timeout)
    }

    package func run() { loop.run() }

    package func stop() { loop.stop() }

    package func post(_ work: @escaping @Sendable () -> Void) { loop.post(work) }

    package func cut() { loop.cutAll() }

    package func begin(_ job: Job, on number: Int) {
        if number >= hosts.count { hosts += repeatElement(nil, count: number + 1 - hosts.count) }
        let note = SentNote(loop)
        if let host = hosts[number] { return host.begin(job, policy, note) }
        let spare = spare.popLast()
        spare?.begin(job, policy, note)
        let host = spare ?? Host(session, job, policy, note)
        if let certificates { host.session.certificates = certificates(number) }
        hosts[number] = host
    }

    package func job(on number: Int) -> Job? { number < hosts.count ? hosts[number]?.row.job : nil }

    package func step(
        _ number: Int, by deadline: Duration?, aged: (() -> Void)?,
        then: @escaping (Result<StepReport, any Error>) -> Void
    ) {
        guard let host = hosts[number] else { preconditionFailure("a host's row begins before its first step") }
        let isRetry = host.row.isRetry
        let move = next(nil, of: host)
        guard case .call(let call) = move else { return then(.success(report(move, of: host))) }
        send(call, for: host, by: deadline, aged: aged) { [self] exchange, failure in
            if let failure { return then(.failure(failure)) }
            let reply = Reply(exchange, at: clock.wallTime())
            var report = report(next(reply, of: host), of: host)
            report.latency = exchange.latency
            report.isRetry = isRetry
            report.hasAnswered = reply.hasAnswered
            report.isInVain = reply.isInVain
            // Many hosts may wait at once, for their time or behind those that answer, and a handle takes 10 KB; without a
            // session it holds nothing dear.
            let waits = if case .wait = report.move { true } else { report.isInVain }
            if waits, !report.isSessionOpen { host.handle = nil }
            then(.success(report))
        }
    }

    package func close(
        _ number: Int, by deadline: Duration?, aged: (() -> Void)?, then: @escaping (CloseReport) -> Void
    ) {
        guard number < hosts.count, let host = hosts[number], case .call(let call) = closing(nil, of: host) else {
            return then(CloseReport())
        }
        let isRetry = host.session.isClosing
        send(call, for: host, by: deadline, aged: aged) { [self] exchange, failure in
            // What this machine cannot send leaves the session open, and harms nothing else.
            guard failure == nil else { return then(CloseReport()) }
            var report = CloseReport(latency: exchange.latency, isRetry: isRetry)
            if case .wait(let time) = closing(Reply(exchange, at: clock.wallTime()), of: host) { report.again = time }
            then(report)
        }
    }

    package func release(_ number: Int) {
        guard number < hosts.count, let host = hosts[number].take() else { return }
        host.end(session)
        spare.append(host)
    }
}

extension PBXPerformer {
    private func next(_ reply: Reply?, of host: Host) -> RowProcedure.Move {
        host.row.next(reply, on: &host.session, at: clock.now(), using: &generator)
    }

    private func closing(_ reply: Reply?, of host: Host) -> HostSession.Closing {
        host.session.close(reply, at: clock.now(), using: &generator)
    }

    private func report(_ move: RowProcedure.Move, of host: Host) -> StepReport {
        var report =
            switch move {
            // The next step asks for it anew: by then it may be another one.
            case .call: StepReport(.next)
            case .wait(let time): StepReport(.wait(until: time))
            case .done(let outcome): StepReport(.done(outcome))
            case .stopHost(let outcome, let reason): StepReport(.stopHost(outcome, reason: reason))
            }
        report.fallback = host.row.fallback
        report.quietUntil = host.row.quietUntil
        report.isSessionOpen = host.session.isOpen
        return report
    }

    /// Makes a call's request.
    ///
    /// - Parameter then: gets what it came to, and why this machine could not make it, which is no fault of the host's; nil
    ///   when it could.
    private func send(
        _ call: PBXCall, for host: Host, by deadline: Duration?, aged: (() -> Void)?,
        then: @escaping (HTTPExchange, (any Error)?) -> Void
    ) {
        let handle: HostHandle
        do {
            handle = try host.handle ?? loop.makeHandle()
            host.handle = handle
        } catch {
            return then(HTTPExchange(.notConnected(.heldBack), latency: .zero, isBodySent: false), error)
        }
        let (note, row) = (host.note, (job: host.row.job, replaced: host.row.replaced, changes: host.row.changes))
        if call.isEdit, host.hasAnswered { note.ask(sink, row) }
        let gate: ((BodyGate) -> Bool?)? = call.isEdit ? { [sink] gate in note.mayLeave(gate, sink, row) } : nil
        handle.keepsSession = host.keepsSession
        let request = call.request(timeout: deadline.map { $0 - clock.now() })
        loop.start(request, on: handle, gate: gate, aged: aged) { [mayChangeKey = call.mayChangeKey] exchange in
            if case .notConnected(.machine(let limit)) = exchange.ending { return then(exchange, limit.error) }
            if let failure = note.failure { return then(exchange, failure) }
            if mayChangeKey, exchange.isBodySent { host.mayHaveNewKey = true }
            if case .answered = exchange.ending { host.hasAnswered = true } else { host.hasAnswered = false }
            then(exchange, nil)
        }
    }
}

/// The note that a row is sent, which the body of its edit waits for.
// Safe because what changes is only reached on the loop.
private final class SentNote: @unchecked Sendable {
    typealias Row = (job: Job, replaced: CertificateState?, changes: [FieldChange])

    /// Why the row could not be noted, so that its edit must not leave; nil as long as nothing is wrong.
    private(set) var failure: (any Error)?
    private let loop: TransportLoop
    private var isAsked = false
    private var isAnswered = false
    /// What waits for the answer.
    private var gate: BodyGate?

    init(_ loop: TransportLoop) { self.loop = loop }

    /// Asks the sink for the note, once.
    func ask(_ sink: any OutcomeSink, _ row: Row) {
        guard !isAsked else { return }
        isAsked = true
        sink.willSend(row.job, replacing: row.replaced, changing: row.changes) { [self] answer in
            var failure: (any Error)?
            if case .failure(let error) = answer { failure = error }
            loop.post { [self, failure] in take(failure) }
        }
    }

    private func take(_ failure: (any Error)?) {
        isAnswered = true
        self.failure = failure
        gate?.answer(failure == nil)
    }

    /// Whether the body may leave; nil when the gate is told later.
    func mayLeave(_ gate: BodyGate, _ sink: any OutcomeSink, _ row: Row) -> Bool? {
        self.gate = gate
        ask(sink, row)
        return isAnswered ? failure == nil : nil
    }
}
