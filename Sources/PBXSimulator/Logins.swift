import Platform

/// Which tokens one PBX accepts, and which callers it has blocked.
struct Logins {
    private let lifetime: Duration
    private var presets: Set<String>
    private var expiries: [String: Duration] = [:]
    /// Failed logins in a row by the caller's IP address.
    private var failures: [String: Int] = [:]
    /// An application can have no more valid tokens than this.
    private static let tokenLimit = 8
    /// Failed logins in a row after which a PBX blocks an address, for good.
    private static let failureLimit = 5

    /// - Parameters:
    ///   - lifetime: how long a token is good.
    ///   - presets: tokens that are good without a login, for good.
    init(lifetime: Duration, presets: [String]) {
        self.lifetime = lifetime
        self.presets = Set(presets)
    }

    /// Lets a caller through that is not blocked.
    func admit(_ client: String) throws(ErrorCode) {
        // Most PBXs never see a failed login, and this is asked for every request.
        guard !failures.isEmpty else { return }
        if failures[client, default: 0] >= Self.failureLimit { throw .accountIPBlocked }
    }

    mutating func noteFailure(of client: String) { failures[client, default: 0] += 1 }

    /// A new token for a caller whose credentials were right.
    ///
    /// - Throws: the code of the cap when eight tokens are valid.
    mutating func logIn(_ client: String, at now: Duration) throws(ErrorCode) -> String {
        failures[client] = nil
        guard count(at: now) < Self.tokenLimit else { throw .limitExceeded }
        let token = Self.randomToken()
        expiries[token] = now + lifetime
        return token
    }

    func check(_ token: String, at now: Duration) throws(ErrorCode) {
        if presets.contains(token) { return }
        guard let expiry = expiries[token], expiry > now else { throw .tokenExpired }
    }

    mutating func revoke(_ token: String, at now: Duration) throws(ErrorCode) {
        try check(token, at: now)
        presets.remove(token)
        expiries[token] = nil
    }

    mutating func expireAll() { expiries.removeAll() }

    /// How many tokens of logins are valid.
    mutating func count(at now: Duration) -> Int {
        expiries = expiries.filter { $0.value > now }
        return expiries.count
    }

    /// 32 hexadecimal digits.
    static func randomToken() -> String {
        var digits: [UInt8] = []
        for _ in 0..<2 { digits.appendHexadecimal(.random(in: .min ... .max)) }
        return String(decoding: digits, as: UTF8.self)
    }
}
