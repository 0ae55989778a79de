/// The fields of one certificate that a row sets; a field that is nil is left alone on the PBX.
///
/// Source: the PBX's `certificate/update` call.
package struct CertificateEdit: Hashable, Sendable {
    /// Certificate id on the PBX, at least 1.
    package var id: Int64
    /// Name of a certificate file already on the PBX; an empty text clears it.
    package var name: String?
    /// Domain name; an empty text clears it.
    package var issueTo: String?
    /// Whether the PBX renews the certificate by itself; true needs provider and credentials in the same edit.
    package var autoRenewal: Bool?
    /// Flag name of the DNS provider; an empty text clears it.
    package var dnsProvider: String?
    /// The complete list of credentials for the DNS provider, in the order in which they are sent.
    package var authInfo: [AuthInfo]?

    /// An edit of some fields; what is left out is left alone.
    package init(
        id: Int64, name: String? = nil, issueTo: String? = nil, autoRenewal: Bool? = nil, dnsProvider: String? = nil,
        authInfo: [AuthInfo]? = nil
    ) {
        self.id = id
        self.name = name
        self.issueTo = issueTo
        self.autoRenewal = autoRenewal
        self.dnsProvider = dnsProvider
        self.authInfo = authInfo
    }
}

/// One credential of a DNS provider: a key and exactly one typed value.
package struct AuthInfo: Hashable, Sendable {
    /// The value with the JSON type in which the PBX wants it.
    package enum Value: Hashable, Sendable {
        /// Sent as `iv`.
        case integer(Int64)
        /// Sent as `sv`; always treated as a secret.
        case string(Secret)
        /// Sent as `bv`.
        case boolean(Bool)
    }

    /// Sent as `k`; case matters.
    package let key: String
    /// What is sent under the key.
    package let value: Value

    /// - Parameters:
    ///   - key: sent as `k`, not empty.
    ///   - value: what is sent under it.
    package init(key: String, value: Value) {
        self.key = key
        self.value = value
    }
}
