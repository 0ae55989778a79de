/// One request to send. Its URL and body may hold secrets, so it shows only its method wherever it is printed.
package struct HTTPRequest: Sendable, CustomStringConvertible, CustomReflectable {
    /// What the request does, and with which body.
    package enum Method: Sendable {
        case get
        /// The body is sent as `application/json`.
        case post(body: [UInt8])
    }

    /// What it does, and with which body.
    package let method: Method
    /// Absolute `http` or `https` URL, percent-encoded.
    package let url: String
    /// Key that the server must have, as `sha256//BASE64`; beats the one of the settings.
    package let pin: String?
    /// For the whole request, when that is shorter than what the settings allow.
    package let timeout: Duration?

    /// - Parameters:
    ///   - method: what the request does.
    ///   - url: absolute `http` or `https` URL, percent-encoded.
    ///   - pin: key that the server must have; nil for that of the settings.
    ///   - timeout: for the whole request, when that is shorter than what the settings allow.
    package init(_ method: Method, url: String, pin: String? = nil, timeout: Duration? = nil) {
        self.method = method
        self.url = url
        self.pin = pin
        self.timeout = timeout
    }

    /// The method alone.
    package var description: String {
        switch method {
        case .get: "GET"
        case .post: "POST"
        }
    }

    /// Nothing, so that a dump shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
