/// The tokens that one PBX accepts.
struct TokenShelf {
    private let lifetime: Duration
    private var presets: Set<String>
    private var expiries: [String: Duration] = [:]
    /// An application can have no more valid tokens than this.
    private static let cap = 8

    init(lifetime: Duration, presets: [String]) {
        self.lifetime = lifetime
        self.presets = Set(presets)
    }

    /// A new token.
    ///
    /// - Throws: the code of the cap when eight tokens are valid.
    mutating func issue(at now: Duration) throws(ErrorCode) -> String {
        dropExpired(at: now)
        guard expiries.count < Self.cap else { throw .limitExceeded }
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

    mutating func expireAll() {
        expiries.removeAll()
    }

    /// How many tokens of logins are valid.
    mutating func count(at now: Duration) -> Int {
        dropExpired(at: now)
        return expiries.count
    }

    private mutating func dropExpired(at now: Duration) {
        expiries = expiries.filter { $0.value > now }
    }

    /// 32 hexadecimal digits.
    static func randomToken() -> String {
        (0..<2).map { _ in
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
