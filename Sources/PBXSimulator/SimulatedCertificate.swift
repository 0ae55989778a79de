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

    package var id: Int
    package var purpose: Purpose
    package var origin: Origin
    package var name: String
    package var issueTo: String
    package var autoRenewal: Bool
    package var dnsProvider: String
    package var authInfo: [SimulatedAuthInfo]

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

    package let key: String
    package let value: Value

    package init(key: String, value: Value) {
        self.key = key
        self.value = value
    }
}
