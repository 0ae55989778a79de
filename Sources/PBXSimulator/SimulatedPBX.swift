import JSONText
import Platform

/// One PBX: its state and its faults behind one lock, shared by its event loop and the tests.
final class SimulatedPBX: Sendable {
    private struct State {
        var api: PBXState
        var faults = FaultList()
        var connections = 0
        var requests = 0
    }

    let host: SimulatedHost
    private let state: Lock<State>
    private let record: RequestRecord
    private let clock: any RunClock
    private let latency: Duration

    init(host: SimulatedHost, settings: SimulatorSettings, record: RequestRecord) {
        self.host = host
        self.record = record
        clock = settings.clock
        latency = settings.latency
        state = Lock(State(api: PBXState(host: host, settings: settings)))
    }

    /// Counts a new connection.
    ///
    /// - Returns: whether it is to be read; otherwise it is to be closed at once.
    func accept() -> Bool {
        state.withLock { state in
            state.connections += 1
            return !state.faults.takeDropUnread()
        }
    }

    /// Carries out a request that was read to its end, as far as the faults let it.
    func react(to request: ReceivedRequest) -> Reaction {
        var reaction = state.withLock { state in
            state.requests += 1
            switch state.faults.take(for: request.endpoint) {
            case nil: return Reaction(act: .answer(state.api.answer(request, at: clock)))
            case .instead(let answer): return Reaction(act: .answer(answer(request)))
            case .carryOut(let then): return then(state.api.answer(request, at: clock))
            }
        }
        reaction.delay += latency
        return reaction
    }

    /// Records a request that is over, before its client can know that it is.
    func finish(_ request: ReceivedRequest, with reaction: Reaction?) {
        record.append(request, on: host, with: reaction)
    }

    func set(_ faults: [Fault]) { state.withLock { $0.faults = FaultList(faults) } }

    func expireTokens() { state.withLock { $0.api.logins.expireAll() } }

    func set(_ certificate: SimulatedCertificate) { state.withLock { $0.api.store.put(certificate) } }

    func set(_ issuing: Issuing) { state.withLock { $0.api.store.issuing = issuing } }

    var certificates: [SimulatedCertificate] {
        state.withLock { state in
            state.api.store.settle(at: clock)
            return state.api.store.certificates
        }
    }

    var uploads: [SimulatedUpload] { state.withLock { $0.api.store.uploads } }
    var tokenCount: Int { state.withLock { $0.api.logins.count(at: clock.now()) } }
    var connections: Int { state.withLock { $0.connections } }
    var requests: Int { state.withLock { $0.requests } }
}

/// What one PBX knows, and how it answers a call.
private struct PBXState {
    var logins: Logins
    var store: CertificateStore

    init(host: SimulatedHost, settings: SimulatorSettings) {
        logins = Logins(host: host, settings: settings)
        store = CertificateStore(settings)
    }

    /// Carries a request out.
    mutating func answer(_ request: ReceivedRequest, at clock: any RunClock) -> Answer {
        do throws(ErrorCode) {
            return Answer(errcode: ErrorCode.success.rawValue, members: try carryOut(request, at: clock))
        } catch {
            return Answer(errcode: error.rawValue)
        }
    }

    /// Returns the members of the answer beside errcode and errmsg.
    private mutating func carryOut(
        _ request: ReceivedRequest, at clock: any RunClock
    ) throws(ErrorCode) -> [JSONMember] {
        try logins.admit(request.client)
        guard request.userAgent?.isEmpty == false else { throw .parameter }
        guard let endpoint = request.endpoint, request.method == endpoint.method else { throw .interfaceNotExisted }
        let token = request.parameter("access_token") ?? ""
        if endpoint != .getToken, endpoint != .refreshToken { try logins.check(token, at: clock.now()) }
        store.settle(at: clock)
        switch endpoint {
        case .getToken: return try logins.logIn(request, at: clock.now())
        case .refreshToken: return try logins.refresh(request, at: clock.now())
        case .delToken: logins.revoke(token)
        case .certificateGet: return try store.get(request)
        case .certificateQuery: return try store.query(request)
        case .certificateList: return try store.list(request)
        case .certificateUpload: return try store.upload(request)
        case .certificateCreate: return try store.create(request, at: clock)
        case .certificateUpdate: try store.update(request, at: clock)
        case .certificateDelete: return try store.delete(request)
        }
        return []
    }
}
