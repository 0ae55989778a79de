import JSONText

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

/// The body of `certificate/update`, checked as far as that is possible without the certificate.
///
/// A wrong type, a repeated or an unknown member is a syntax error; a value out of range, or one that is missing, a
/// parameter error. A real PBX may let an unknown member pass: here a misspelt one must not.
struct CertificateChange {
    let id: Int
    private let name: String?
    private let issueTo: String?
    private let autoRenewal: Bool?
    private let dnsProvider: String?
    private let authInfo: [SimulatedAuthInfo]?

    init(body: [UInt8]) throws(ErrorCode) {
        let fields = try BodyFields(
            body, known: ["id", "name", "issue_to", "auto_renewal", "dns_provider", "auth_info_list"])
        guard let id = try fields.integer("id"), id >= 1 else { throw .parameter }
        self.id = id
        name = try fields.string("name")
        issueTo = try fields.string("issue_to")
        let renewal = try fields.integer("auto_renewal")
        guard renewal == nil || renewal == 0 || renewal == 1 else { throw .parameter }
        autoRenewal = renewal.map { $0 == 1 }
        dnsProvider = try fields.string("dns_provider")
        authInfo = try fields.array("auth_info_list").map { (list) throws(ErrorCode) in try Self.authInfo(list) }
        if autoRenewal == true { try requireDNSCredentials() }
    }

    /// Puts the fields that are present into the certificate; `issue_to` counts only for one that was applied for,
    /// `auto_renewal` only for one that was uploaded.
    ///
    /// - Throws: the code of a field that this certificate needs or cannot have; it is then unchanged.
    func apply(to certificate: inout SimulatedCertificate) throws(ErrorCode) {
        if certificate.purpose == .trusted {
            guard autoRenewal == nil, dnsProvider == nil, authInfo == nil else { throw .parameter }
        } else if certificate.origin == .apply {
            try requireDNSCredentials()
        }
        certificate.name = name ?? certificate.name
        if certificate.origin == .apply {
            certificate.issueTo = issueTo ?? certificate.issueTo
        } else {
            certificate.autoRenewal = autoRenewal ?? certificate.autoRenewal
        }
        certificate.dnsProvider = dnsProvider ?? certificate.dnsProvider
        certificate.authInfo = authInfo ?? certificate.authInfo
    }

    private func requireDNSCredentials() throws(ErrorCode) {
        guard dnsProvider?.isEmpty == false, authInfo?.isEmpty == false else { throw .parameter }
    }

    private static func authInfo(_ list: [JSONValue]) throws(ErrorCode) -> [SimulatedAuthInfo] {
        let items = try list.map { (item) throws(ErrorCode) in try authItem(item) }
        guard Set(items.map(\.key)).count == items.count else { throw .parameter }
        return items
    }

    private static func authItem(_ item: JSONValue) throws(ErrorCode) -> SimulatedAuthInfo {
        let fields = try BodyFields(item, known: ["k", "iv", "sv", "bv"])
        let values: [SimulatedAuthInfo.Value?] = [
            try fields.integer("iv").map { .integer($0) },
            try fields.string("sv").map { .string($0) },
            try fields.boolean("bv").map { .boolean($0) },
        ]
        let present = values.compactMap(\.self)
        guard present.count == 1 else { throw .parameterSyntax }
        guard let key = try fields.string("k"), !key.isEmpty else { throw .parameter }
        return SimulatedAuthInfo(key: key, value: present[0])
    }
}
