/// Which callers one PBX has blocked: an IP address after five failed logins in a row, for good.
struct LoginGate {
    private var failures: [String: Int] = [:]
    private static let limit = 5

    func check(_ client: String) throws(ErrorCode) {
        // Most PBXs never see a failed login, and this is asked for every request.
        guard !failures.isEmpty else { return }
        if failures[client, default: 0] >= Self.limit { throw .accountIPBlocked }
    }

    mutating func noteFailure(of client: String) {
        failures[client, default: 0] += 1
    }

    mutating func noteSuccess(of client: String) {
        failures[client] = nil
    }
}
