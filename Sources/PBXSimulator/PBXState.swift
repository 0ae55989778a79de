/// What one PBX knows, and how it answers a call; a pure value, the time is an argument.
struct PBXState {
    private let host: SimulatedHost
    private let lifetime: Duration
    private var tokens: TokenShelf
    private var gate = LoginGate()
    private(set) var certificates: [SimulatedCertificate]

    init(host: SimulatedHost, settings: SimulatorSettings) {
        self.host = host
        lifetime = settings.tokenLifetime
        tokens = TokenShelf(lifetime: settings.tokenLifetime, presets: settings.presetTokens)
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

    mutating func expireTokens() { tokens.expireAll() }

    mutating func tokenCount(at now: Duration) -> Int { tokens.count(at: now) }

    /// Returns the members of the answer beside errcode and errmsg.
    private mutating func carryOut(_ request: ReceivedRequest, at now: Duration) throws(ErrorCode) -> String {
        try gate.check(request.client)
        guard request.userAgent == "OpenAPI" else { throw .accessDenied }
        guard let endpoint = request.endpoint, request.method == endpoint.method else { throw .interfaceNotExisted }
        switch endpoint {
        case .getToken:
            return try logIn(request, at: now)
        case .delToken:
            try tokens.revoke(request.accessToken, at: now)
        case .certificateUpdate:
            try tokens.check(request.accessToken, at: now)
            try update(CertificateChange(body: request.body))
        }
        return ""
    }

    /// The `get_token` call. Only credentials that are wrong count towards the block, not a body that is malformed.
    private mutating func logIn(_ request: ReceivedRequest, at now: Duration) throws(ErrorCode) -> String {
        let members = try RequestMembers(request.body, known: ["username", "password"])
        guard let username = try members.string("username"), let password = try members.string("password") else {
            throw .parameter
        }
        guard username == host.clientID, password == host.clientSecret else {
            gate.noteFailure(of: request.client)
            throw .parameter
        }
        gate.noteSuccess(of: request.client)
        let token = try tokens.issue(at: now)
        return ",\"access_token\":\"\(token)\",\"access_token_expire_time\":\(lifetime.components.seconds)"
            + ",\"refresh_token\":\"\(TokenShelf.randomToken())\",\"refresh_token_expire_time\":86400"
    }

    private mutating func update(_ change: CertificateChange) throws(ErrorCode) {
        guard let index = certificates.firstIndex(where: { $0.id == change.id }) else { throw .dataNotFound }
        try change.apply(to: &certificates[index])
    }
}
