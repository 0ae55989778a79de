import JSONText
import Platform

/// Who is logged in to one PBX, and who is kept out; a pure value, the time is an argument.
struct Logins {
    /// What one login brought.
    private struct Session {
        let token: String
        var tokenExpiry: Duration
        let refreshToken: String
        let refreshExpiry: Duration
    }

    private let host: SimulatedHost
    private let lifetime: Duration
    private var presets: Set<String>
    private var sessions: [Session] = []
    /// Failed logins in a row by the caller's IP address.
    private var failures: [String: Int] = [:]

    /// An application can have no more valid tokens than this.
    private static let tokenLimit = 8
    /// Failed logins in a row after which a PBX blocks an address, for good.
    private static let failureLimit = 5
    private static let refreshLifetime = Duration.seconds(86_400)

    init(host: SimulatedHost, settings: SimulatorSettings) {
        self.host = host
        lifetime = settings.tokenLifetime
        presets = Set(settings.presetTokens)
    }

    /// Lets a caller through that is not blocked.
    func admit(_ client: String) throws(ErrorCode) {
        // Most PBXs never see a failed login, and this is asked for every request.
        guard !failures.isEmpty else { return }
        if failures[client, default: 0] >= Self.failureLimit { throw .accountIPBlocked }
    }

    /// The `get_token` call. Only credentials that are wrong count towards the block, not a body that is malformed.
    mutating func logIn(_ request: ReceivedRequest, at now: Duration) throws(ErrorCode) -> [JSONMember] {
        let fields = try BodyFields(request.body, known: ["username", "password"])
        guard let username = try fields.string("username"), let password = try fields.string("password") else {
            throw .parameter
        }
        guard username == host.clientID, password == host.clientSecret else {
            failures[request.client, default: 0] += 1
            throw .parameter
        }
        failures[request.client] = nil
        return try begin(at: now)
    }

    /// The `refresh_token` call; the tokens of the login before are good for nothing then.
    mutating func refresh(_ request: ReceivedRequest, at now: Duration) throws(ErrorCode) -> [JSONMember] {
        guard let token = try BodyFields(request.body, known: ["refresh_token"]).string("refresh_token") else {
            throw .parameter
        }
        guard let old = sessions.firstIndex(where: { $0.refreshToken == token && $0.refreshExpiry > now }) else {
            throw .tokenExpired
        }
        sessions.remove(at: old)
        return try begin(at: now)
    }

    func check(_ token: String, at now: Duration) throws(ErrorCode) {
        guard presets.contains(token) || sessions.contains(where: { $0.token == token && $0.tokenExpiry > now }) else {
            throw .tokenExpired
        }
    }

    /// The `del_token` call, for a token that was found good.
    mutating func revoke(_ token: String) {
        presets.remove(token)
        sessions.removeAll { $0.token == token }
    }

    /// Lets the tokens of logins expire, but not those to refresh them.
    mutating func expireAll() {
        for index in sessions.indices { sessions[index].tokenExpiry = .zero }
    }

    /// How many tokens of logins are valid.
    func count(at now: Duration) -> Int { sessions.count { $0.tokenExpiry > now } }

    private mutating func begin(at now: Duration) throws(ErrorCode) -> [JSONMember] {
        sessions.removeAll { $0.tokenExpiry <= now && $0.refreshExpiry <= now }
        guard count(at: now) < Self.tokenLimit else { throw .limitExceeded }
        let session = Session(
            token: Self.randomToken(), tokenExpiry: now + lifetime, refreshToken: Self.randomToken(),
            refreshExpiry: now + Self.refreshLifetime)
        sessions.append(session)
        return [
            JSONMember(key: "access_token", value: .string(session.token)),
            JSONMember(key: "access_token_expire_time", value: JSONValue(lifetime.components.seconds)),
            JSONMember(key: "refresh_token", value: .string(session.refreshToken)),
            JSONMember(key: "refresh_token_expire_time", value: JSONValue(Self.refreshLifetime.components.seconds)),
        ]
    }

    /// 32 hexadecimal digits.
    private static func randomToken() -> String {
        var digits: [UInt8] = []
        for _ in 0..<2 { digits.appendHexadecimal(.random(in: .min ... .max)) }
        return String(decoding: digits, as: UTF8.self)
    }
}
