import JSONText
import FleetModel
package import Pacing

/// What the rows of one PBX know of it together: the session, what failed, its certificates and files, the secrets. A pure
/// value.
///
/// When a login is not repeated:
/// - A login that cannot have reached the PBX is made again like any request, so not when its key is not trusted.
/// - One that may have reached it and was lost, or answered by -2, 70082, or HTTP 429 or 5xx without an errcode, may have been
///   counted by the PBX: it is made again once per host at most, and not at all without retries; then the host is stopped.
/// - Errcodes 10005, 60002, 70004, 70087 and 70123 stop the host at once.
/// - Any other answer without a token is a failed login: never again with those credentials. A second one, so with other
///   credentials, stops the host, because a PBX blocks the caller's address after five in a row.
/// - In the place of a token that the PBX calls expired, another login is made once for each row, none in the place of the
///   user's own.
package struct HostSession: Sendable {
    /// What follows from a login that brought no token.
    enum FailedLogin {
        /// It is made again as often as any call.
        case mayBeRepeated
        /// It is made again if there is a retry left, and else the host is stopped.
        case mayBeRepeatedOnce
        /// It is not made again for the row, nor with these credentials for another one if the PBX refused them.
        case isFinal
        /// Nothing is sent to the host any more.
        case stopsHost
    }

    /// What is to be done next to end the session.
    package enum Closing: Sendable {
        case call(PBXCall)
        /// Try again then, or leave the session open.
        case wait(until: Duration)
        case over
    }

    let retry: RetryPolicy
    /// The token of a login that is not over.
    private(set) var held: HeldToken?
    private let renewalMargin: Duration
    private var redactor = Redactor()
    /// What the PBX holds.
    var certificates: HostCertificates
    /// Credentials that are not tried again, and why.
    private var refusals: [Credentials: String] = [:]
    private var failedLogins = 0
    /// Logins that may have arrived and brought no good answer.
    private var unansweredLogins = 0
    private var logouts = 0
    /// The names of the files that it was sent.
    private var uploads: [Upload: String] = [:]
    /// Names that it gave to files with different contents, so that none of them is meant by one.
    private var ambiguousNames: Set<String> = []
    private var base: (address: PBXAddress, url: BaseURL)?

    /// Nothing is known of the PBX yet.
    ///
    /// - Parameters:
    ///   - retry: what holds for every call to it.
    ///   - timeout: how long a request may take, so that a token is renewed before it expires under one; default 30 s.
    ///   - certificates: those that the host's rows name.
    package init(
        retry: RetryPolicy = RetryPolicy(), timeout: Duration = .seconds(30),
        certificates: HostCertificates = HostCertificates()
    ) {
        self.retry = retry
        self.certificates = certificates
        renewalMargin = timeout + .seconds(60)
    }

    /// Whether there is a login to end.
    var isOpen: Bool { held != nil }

    /// Whether the session was asked to end before.
    var isClosing: Bool { logouts > 0 }

    /// Why credentials are not tried again, as a clause; nil when they may be.
    func refusal(of credentials: Credentials) -> String? { refusals[credentials] }

    /// The token of a login, unless the PBX has forgotten it by itself.
    mutating func token(at now: Duration) -> HeldToken? {
        if held?.isOver(at: now) == true { held = nil }
        return held
    }

    /// Begins a session if the reply to a login brings a token; false when it brings none.
    mutating func begin(
        by login: PBXCall, of credentials: Credentials, madeAt start: Duration, _ reply: Reply
    ) -> Bool {
        guard let token = reply.token else { return false }
        redactor.note([token])
        held = HeldToken(
            token, of: credentials, login, from: start, lifetime: reply.tokenLifetime, margin: renewalMargin)
        return true
    }

    /// Takes note of a login whose reply brought no token, and decides whether it may be repeated.
    ///
    /// - Parameter reason: what failed, as a clause.
    mutating func noteFailedLogin(with credentials: Credentials, _ reply: Reply, _ reason: String) -> FailedLogin {
        if reply.isAnswer, !reply.isTemporary {
            refusals[credentials] = "not sent: in an earlier row with these credentials \(reason)"
            failedLogins += 1
            return reply.errcode?.stopsHostAtLogin == true || failedLogins > 1 ? .stopsHost : .isFinal
        }
        guard reply.mayHaveArrived else { return reply.isTemporary ? .mayBeRepeated : .isFinal }
        unansweredLogins += 1
        return unansweredLogins > 1 ? .stopsHost : .mayBeRepeatedOnce
    }

    /// Takes note that a call was made with a token.
    mutating func used(_ token: Secret) {
        if held?.secret == token { held?.isUsed = true }
    }

    /// Forgets a token that the PBX calls expired. A user's own is not used again, because no login brings another.
    ///
    /// - Parameter isFirst: whether it is the first one that expired under the row.
    /// - Returns: whether a login is made for another one.
    mutating func renews(_ token: Secret, of credentials: Credentials, isFirst: Bool) -> Bool {
        switch credentials {
        case .client:
            end(token)
            return isFirst
        case .token:
            refusals[credentials] = "not sent: in an earlier row the PBX called this access_token expired"
            return false
        }
    }

    /// Forgets the session if it is the one with this token.
    mutating func end(_ token: Secret) {
        if held?.secret == token { held = nil }
    }

    /// The name that the PBX gave a file; nil when it does not have it.
    func name(of upload: Upload) -> String? { uploads[upload] }

    /// Takes note that the PBX has a file.
    ///
    /// - Returns: false when it gave the name to a file with another content before, which may be gone: no file has it then,
    ///   nor gets it.
    mutating func note(_ upload: Upload, named name: String) -> Bool {
        if uploads.contains(where: { $1 == name && $0.file.digest != upload.file.digest }) {
            ambiguousNames.insert(name)
            uploads = uploads.filter { $1 != name }
        }
        guard !ambiguousNames.contains(name) else { return false }
        uploads[upload] = name
        return true
    }

    /// Makes a text from the PBX fit to be shown: without these secrets and those that it was given or gave before.
    mutating func redact(_ text: String, without secrets: [Secret]) -> String {
        redactor.note(secrets)
        return redactor.redact(text, alsoWithout: secrets)
    }

    /// Takes note of secrets that the PBX told, so that no later message shows them.
    mutating func keep(_ states: [CertificateState]) { redactor.note(states.flatMap(\.secrets)) }

    /// Makes a text of a certificate fit to be shown: without these secrets and the session's token. Those of other rows
    /// may be part of a name that means something else.
    func shown(_ text: String, without secrets: [Secret]) -> String {
        Redactor().redact(text, alsoWithout: secrets + (held.map { [$0.secret] } ?? []))
    }

    /// The part that an address's URLs have in common, kept because most rows have the address of the row before.
    mutating func base(of address: PBXAddress) -> BaseURL {
        if let base, base.address == address { return base.url }
        let url = BaseURL(address)
        base = (address, url)
        return url
    }
}

/// How a session ends.
extension HostSession {
    /// Goes on with ending the session, whose rows are all done.
    ///
    /// - Parameters:
    ///   - reply: the reply to the call that this last returned; nil to begin, and to go on after a wait.
    ///   - now: on the run's clock.
    ///   - generator: where the jitter comes from.
    package mutating func close(
        _ reply: Reply?, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Closing {
        guard let held else { return .over }
        guard let reply else { return .call(held.logout) }
        logouts += 1
        if reply.isTemporary, !reply.isCut,
            let delay = retry.delay(beforeRetry: logouts, pause: reply.pause, using: &generator)
        {
            return .wait(until: now + delay)
        }
        self.held = nil
        return .over
    }
}

/// A token of ours on a PBX.
struct HeldToken: Sendable {
    let secret: Secret
    /// The call that ends the session.
    let logout: PBXCall
    private let credentials: Credentials
    private let expiry: Duration
    private let renewal: Duration
    /// A token is used at least once, or one that lives shortly would be renewed forever.
    fileprivate(set) var isUsed = false

    /// - Parameter margin: how long before its end the token is renewed; at most half its lifetime.
    fileprivate init(
        _ secret: Secret, of credentials: Credentials, _ login: PBXCall, from start: Duration, lifetime: Duration,
        margin: Duration
    ) {
        self.secret = secret
        self.credentials = credentials
        logout = PBXCall(act: .logout(token: secret), base: login.base, pin: login.pin)
        expiry = start + lifetime
        renewal = expiry - min(margin, lifetime / 2)
    }

    /// Whether the PBX has forgotten the token by itself.
    fileprivate func isOver(at now: Duration) -> Bool { isUsed && now >= expiry }

    /// Whether a row with these credentials can use the token.
    func serves(_ credentials: Credentials, at now: Duration) -> Bool {
        self.credentials == credentials && (!isUsed || now < renewal)
    }
}

extension PBXErrorCode {
    /// Whether no login will succeed: also while all tokens of an application are in use.
    fileprivate var stopsHostAtLogin: Bool { stopsHost || self == .maxLimitationExceeded }
}

/// What `get_token` answers.
extension Reply {
    /// Bytes beyond which a text is no token: it would fit into no URL.
    private static let longestToken = 8192

    /// The token of a login that succeeded.
    fileprivate var token: Secret? {
        guard errcode == .success, let text = content["access_token"]?.text,
            (1...Self.longestToken).contains(text.utf8.count)
        else { return nil }
        return Secret(text)
    }

    /// How long the token is good; what the guides promise when the answer does not say.
    fileprivate var tokenLifetime: Duration {
        let seconds = content["access_token_expire_time"]?.number ?? 0
        return (1...86_400).contains(seconds) ? .seconds(seconds) : .seconds(1800)
    }
}
