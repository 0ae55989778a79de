import HTTPTransport
package import FleetModel

/// The `del_token` request that ends a session.
package struct RevokeRequest {
    private static let endpoint = "del_token"
    private let address: PBXAddress

    /// - Parameter address: where the PBX answers.
    package init(to address: PBXAddress) {
        self.address = address
    }

    /// The URL with the token as `***`.
    package var maskedURL: String { address.url(of: Self.endpoint, token: Secret.mask) }

    /// The request as it is sent.
    func request(token: Secret, pin: String?, timeout: Duration?) -> HTTPRequest {
        let url = address.url(of: Self.endpoint, token: token.reveal().percentEncoded())
        return HTTPRequest(.get, url: url, pin: pin, timeout: timeout)
    }
}
