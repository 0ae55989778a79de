import FleetModel

extension PBXAddress {
    /// The URL of a call.
    ///
    /// - Parameters:
    ///   - endpoint: the call's name, like `certificate/update`.
    ///   - token: the value of `access_token`, already percent-encoded; nil for the call that needs none.
    func url(of endpoint: String, token: String?) -> String {
        let path = apiPath.percentEncoded(keeping: "/:@!$&'()*+,;=")
        // By bytes, because every request needs one, and putting strings together costs several times as much.
        var url: [UInt8] = []
        url.reserveCapacity(160)
        url.append(scheme.rawValue)
        url.append("://")
        url.append(host.name)
        url.append(":")
        url.append(String(host.port))
        url.append("/")
        url.append(path)
        url.append("/")
        url.append(endpoint)
        if let token {
            url.append("?access_token=")
            url.append(token)
        }
        return String(decoding: url, as: UTF8.self)
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: $0) }
    }
}
