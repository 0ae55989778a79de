import FleetModel

/// What a run knows of its access to one PBX; a pure value.
struct HostAccess {
    /// What a row's next request must be.
    enum Move {
        case edit(token: Secret)
        case logIn(id: String, secret: Secret)
        /// The session must end before another begins.
        case revoke(Session)
        /// The row's credentials were refused before; the reason is one clause.
        case skip(reason: String)
    }

    private(set) var session: Session?
    /// Credentials that are not tried again, and why.
    private var refusals: [Credentials: String] = [:]

    /// Whether there is nothing to remember.
    var isEmpty: Bool { session == nil && refusals.isEmpty }

    /// Decides on the next request of a row with these credentials.
    mutating func nextMove(for credentials: Credentials, at now: Duration) -> Move {
        if let reason = refusals[credentials] { return .skip(reason: reason) }
        switch credentials {
        case .token(let token): return .edit(token: token)
        case .client(let id, let secret):
            if let session, session.isOver(at: now) { end(session.token) }
            guard let session else { return .logIn(id: id, secret: secret) }
            guard session.serves(credentials, at: now) else { return .revoke(session) }
            self.session?.isUsed = true
            return .edit(token: session.token)
        }
    }

    mutating func begin(_ session: Session) {
        self.session = session
    }

    /// Forgets the session if it is the one with this token.
    mutating func end(_ token: Secret) {
        if session?.token == token { session = nil }
    }

    /// Remembers that credentials are not to be tried again.
    mutating func refuse(_ credentials: Credentials, because reason: String) {
        refusals[credentials] = reason
    }

    /// Applications whose login failed.
    var failedLogins: Int {
        refusals.keys.count { credentials in
            if case .client = credentials { true } else { false }
        }
    }
}

/// A login that is not over: a token of ours on a PBX.
struct Session {
    let token: Secret
    let credentials: Credentials
    let address: PBXAddress
    let pin: String?
    private let expiry: Duration
    private let renewal: Duration
    /// A token is used at least once, or one that lives shortly would be renewed forever.
    var isUsed = false

    /// - Parameters:
    ///   - token: what the PBX gave for the login.
    ///   - job: the row that logged in.
    ///   - start: when the login request left.
    ///   - lifetime: how long the PBX says that the token is good.
    ///   - margin: how long before its end the token is renewed; at most half its lifetime.
    init(_ token: Secret, for job: Job, from start: Duration, lifetime: Duration, margin: Duration) {
        self.token = token
        credentials = job.credentials
        address = job.address
        pin = job.tlsPin
        expiry = start + lifetime
        renewal = expiry - min(margin, lifetime / 2)
    }

    /// Whether the PBX has forgotten the token by itself.
    func isOver(at now: Duration) -> Bool { isUsed && now >= expiry }

    /// Whether a row with these credentials can use the token.
    func serves(_ credentials: Credentials, at now: Duration) -> Bool {
        self.credentials == credentials && (!isUsed || now < renewal)
    }
}
