import HTTPTransport
package import FleetModel
import JSONText

/// The `get_token` request of an application's login.
package struct LoginRequest {
    private static let endpoint = "get_token"
    private let address: PBXAddress
    private let id: String
    private let secret: Secret

    /// - Parameters:
    ///   - address: where the PBX answers.
    ///   - id: the Client ID, sent as `username`.
    ///   - secret: the Client Secret, sent as `password`.
    package init(to address: PBXAddress, id: String, secret: Secret) {
        self.address = address
        self.id = id
        self.secret = secret
    }

    /// The URL, which holds no secret.
    package var maskedURL: String { address.url(of: Self.endpoint, token: nil) }

    /// The body with the Client Secret as `***`.
    package var maskedBody: String { String(decoding: body(password: Secret.mask), as: UTF8.self) }

    /// The request as it is sent.
    func request(pin: String?, timeout: Duration?) -> HTTPRequest {
        HTTPRequest(.post(body: body(password: secret.reveal())), url: maskedURL, pin: pin, timeout: timeout)
    }

    private func body(password: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("username", id)
        writer.member("password", password)
        writer.endObject()
        return writer.bytes
    }
}
