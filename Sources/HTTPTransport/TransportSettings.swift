/// How every request of a run connects, and what it trusts.
package struct TransportSettings: Sendable {
    /// To look up the name, connect, and shake hands; default 10 s.
    package var connectTimeout: Duration
    /// For the whole request; default 30 s.
    package var timeout: Duration
    /// PEM file of the authorities to trust instead of the system's; nil for the system's.
    package var caFile: String?
    /// Key that every server must have unless a request brings its own, as `sha256//BASE64`; nil for none.
    package var pin: String?
    /// Whether any certificate will do; a pin is checked all the same.
    package var isInsecure: Bool

    /// - Parameters:
    ///   - connectTimeout: to look up the name, connect, and shake hands; above zero.
    ///   - timeout: for the whole request; above zero.
    ///   - caFile: PEM file of the authorities to trust instead of the system's.
    ///   - pin: key that every server must have, as `sha256//BASE64`.
    ///   - isInsecure: whether any certificate will do.
    package init(
        connectTimeout: Duration = .seconds(10), timeout: Duration = .seconds(30), caFile: String? = nil,
        pin: String? = nil, isInsecure: Bool = false
    ) {
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.caFile = caFile
        self.pin = pin
        self.isInsecure = isInsecure
    }
}
