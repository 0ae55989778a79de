import JobModel

extension PBXAddress {
    /// The URL of a call.
    ///
    /// - Parameters:
    ///   - endpoint: the call's name, like `certificate/update`.
    ///   - token: the value of `access_token`, already percent-encoded; nil for the call that needs none.
    func url(of endpoint: String, token: String?) -> String {
        let path = apiPath.percentEncoded(keeping: "/:@!$&'()*+,;=")
        let url = "\(scheme.rawValue)://\(host.name):\(host.port)/\(path)/\(endpoint)"
        return token.map { "\(url)?access_token=\($0)" } ?? url
    }
}
