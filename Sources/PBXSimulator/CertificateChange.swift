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
        let members = try RequestMembers(
            body, known: ["id", "name", "issue_to", "auto_renewal", "dns_provider", "auth_info_list"])
        guard let id = try members.integer("id"), id >= 1 else { throw .parameter }
        self.id = id
        name = try members.string("name")
        issueTo = try members.string("issue_to")
        let renewal = try members.integer("auto_renewal")
        guard renewal == nil || renewal == 0 || renewal == 1 else { throw .parameter }
        autoRenewal = renewal.map { $0 == 1 }
        dnsProvider = try members.string("dns_provider")
        authInfo = try members.array("auth_info_list").map { (list) throws(ErrorCode) in try Self.authInfo(list) }
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

    private static func authInfo(_ list: [BodyValue]) throws(ErrorCode) -> [SimulatedAuthInfo] {
        let items = try list.map { (item) throws(ErrorCode) in try authItem(item) }
        guard Set(items.map(\.key)).count == items.count else { throw .parameter }
        return items
    }

    private static func authItem(_ item: BodyValue) throws(ErrorCode) -> SimulatedAuthInfo {
        let members = try RequestMembers(item, known: ["k", "iv", "sv", "bv"])
        let values: [SimulatedAuthInfo.Value?] = [
            try members.integer("iv").map { .integer($0) },
            try members.string("sv").map { .string($0) },
            try members.boolean("bv").map { .boolean($0) },
        ]
        let present = values.compactMap(\.self)
        guard present.count == 1 else { throw .parameterSyntax }
        guard let key = try members.string("k"), !key.isEmpty else { throw .parameter }
        return SimulatedAuthInfo(key: key, value: present[0])
    }
}
