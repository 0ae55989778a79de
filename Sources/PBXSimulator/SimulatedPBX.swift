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
    private let now: @Sendable () -> Duration

    init(host: SimulatedHost, settings: SimulatorSettings, record: RequestRecord) {
        self.host = host
        self.record = record
        now = settings.now
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
        let now = now()
        return state.withLock { state in
            state.requests += 1
            switch state.faults.take(for: request.endpoint) {
            case nil: return Reaction(act: .answer(state.api.answer(request, at: now)))
            case .instead(let answer): return Reaction(act: .answer(answer(request)))
            case .carryOut(let then): return then(state.api.answer(request, at: now))
            }
        }
    }

    /// Records a request that is over, before its client can know that it is.
    func finish(_ request: ReceivedRequest, with reaction: Reaction?) {
        record.append(request, on: host, with: reaction)
    }

    func set(_ faults: [Fault]) { state.withLock { $0.faults = FaultList(faults) } }

    func expireTokens() { state.withLock { $0.api.logins.expireAll() } }

    var certificates: [SimulatedCertificate] { state.withLock { $0.api.certificates } }
    var connections: Int { state.withLock { $0.connections } }
    var requests: Int { state.withLock { $0.requests } }

    var tokenCount: Int {
        let now = now()
        return state.withLock { $0.api.logins.count(at: now) }
    }
}

/// What one PBX knows, and how it answers a call; a pure value, the time is an argument.
private struct PBXState {
    private let host: SimulatedHost
    private let lifetime: Duration
    var logins: Logins
    private(set) var certificates: [SimulatedCertificate]

    init(host: SimulatedHost, settings: SimulatorSettings) {
        self.host = host
        lifetime = settings.tokenLifetime
        logins = Logins(lifetime: settings.tokenLifetime, presets: settings.presetTokens)
        certificates = settings.certificates
    }

    /// Carries a request out.
    mutating func answer(_ request: ReceivedRequest, at now: Duration) -> Answer {
        do throws(ErrorCode) {
            return Answer(errcode: ErrorCode.success.rawValue, members: try carryOut(request, at: now))
        } catch {
            return Answer(errcode: error.rawValue)
        }
    }

    /// Returns the members of the answer beside errcode and errmsg.
    private mutating func carryOut(_ request: ReceivedRequest, at now: Duration) throws(ErrorCode) -> [JSONMember] {
        try logins.admit(request.client)
        guard request.userAgent == "OpenAPI" else { throw .accessDenied }
        guard let endpoint = request.endpoint, request.method == endpoint.method else { throw .interfaceNotExisted }
        if endpoint == .getToken { return try logIn(request, at: now) }
        let token = request.parameter("access_token") ?? ""
        try logins.check(token, at: now)
        switch endpoint {
        case .getToken: break
        case .delToken: try logins.revoke(token, at: now)
        case .certificateUpdate: try update(CertificateChange(body: request.body))
        }
        return []
    }

    /// The `get_token` call. Only credentials that are wrong count towards the block, not a body that is malformed.
    private mutating func logIn(_ request: ReceivedRequest, at now: Duration) throws(ErrorCode) -> [JSONMember] {
        let fields = try BodyFields(request.body, known: ["username", "password"])
        guard let username = try fields.string("username"), let password = try fields.string("password") else {
            throw .parameter
        }
        guard username == host.clientID, password == host.clientSecret else {
            logins.noteFailure(of: request.client)
            throw .parameter
        }
        return [
            JSONMember(key: "access_token", value: .string(try logins.logIn(request.client, at: now))),
            JSONMember(key: "access_token_expire_time", value: .number(String(lifetime.components.seconds))),
            JSONMember(key: "refresh_token", value: .string(Logins.randomToken())),
            JSONMember(key: "refresh_token_expire_time", value: .number("86400")),
        ]
    }

    private mutating func update(_ change: CertificateChange) throws(ErrorCode) {
        guard let index = certificates.firstIndex(where: { $0.id == change.id }) else { throw .dataNotFound }
        try change.apply(to: &certificates[index])
    }
}
