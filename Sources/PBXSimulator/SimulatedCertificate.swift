/// A certificate as a simulated PBX holds it.
package struct SimulatedCertificate: Sendable, Hashable {
    /// What the certificate is for, the API's `type`.
    package enum Purpose: String, Sendable {
        case trusted, server
    }

    /// Where a server certificate came from, the API's `ca_type`.
    package enum Origin: String, Sendable {
        case upload, apply
    }

    /// From 1, unique on one PBX.
    package var id: Int
    /// Only a server certificate has an origin, renewal and DNS credentials.
    package var purpose: Purpose
    /// Decides whether an edit of the domain or one of the renewal takes effect.
    package var origin: Origin
    /// File name; any text is taken for the name of an uploaded file.
    package var name: String
    /// Domain name.
    package var issueTo: String
    /// Whether the PBX renews it by itself.
    package var autoRenewal: Bool
    /// Flag name of the DNS provider; empty without one.
    package var dnsProvider: String
    /// The provider's credentials.
    package var authInfo: [SimulatedAuthInfo]

    /// An uploaded server certificate with nothing set, unless told otherwise.
    package init(
        id: Int, purpose: Purpose = .server, origin: Origin = .upload, name: String = "", issueTo: String = "",
        autoRenewal: Bool = false, dnsProvider: String = "", authInfo: [SimulatedAuthInfo] = []
    ) {
        self.id = id
        self.purpose = purpose
        self.origin = origin
        self.name = name
        self.issueTo = issueTo
        self.autoRenewal = autoRenewal
        self.dnsProvider = dnsProvider
        self.authInfo = authInfo
    }

    /// As many server certificates as a PBX can have, with the ids 1 to 3, and a trusted one with the id 4.
    package static let defaults =
        (1...3).map { SimulatedCertificate(id: $0, name: "server-\($0).pem") }
        + [SimulatedCertificate(id: 4, purpose: .trusted, name: "trusted-4.pem")]
}

/// One DNS credential of a certificate.
package struct SimulatedAuthInfo: Sendable, Hashable {
    /// A credential's value, by the member that carried it: `iv`, `sv` or `bv`.
    package enum Value: Sendable, Hashable {
        case integer(Int)
        case string(String)
        case boolean(Bool)
    }

    /// The provider's name for it; case matters.
    package let key: String
    /// What the provider is to get.
    package let value: Value

    /// - Parameters:
    ///   - key: the provider's name for it.
    ///   - value: what the provider is to get.
    package init(key: String, value: Value) {
        self.key = key
        self.value = value
    }
}
