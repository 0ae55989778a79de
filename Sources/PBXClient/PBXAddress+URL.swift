import JobModel

extension PBXAddress {
    /// The URL of a call.
    ///
    /// - Parameters:
    ///   - endpoint: the call's name, like `certificate/update`.
    ///   - token: the value of `access_token`, already percent-encoded; nil for the call that needs none.
    func url(of endpoint: String, token: String?) -> String {
        let path = apiPath.percentEncoded(keeping: "/:@!$&'()*+,;=")
        var pieces = [scheme.rawValue, "://", host.name, ":", String(host.port), "/", path, "/", endpoint]
        if let token { pieces += ["?access_token=", token] }
        // By bytes, because every request needs one, and putting strings together costs several times as much.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128)
        for piece in pieces { bytes += piece.utf8 }
        return String(decoding: bytes, as: UTF8.self)
    }
}
