import JSONText
import Platform

/// The certificates of one PBX, the files that were uploaded to it, and the calls about them.
struct CertificateStore {
    private(set) var certificates: [SimulatedCertificate]
    private(set) var uploads: [SimulatedUpload] = []
    var issuing: Issuing
    /// When the issuing ends that is under way, and how, by the certificate's id.
    private var underWay: [Int: (end: Duration, tipCode: Int?)] = [:]
    private var lastID: Int
    private let largestPage: Int

    private static let largestFile = 1 << 20
    /// How many days a certificate is good that was just issued.
    private static let validity = 90

    init(_ settings: SimulatorSettings) {
        certificates = settings.certificates
        issuing = settings.issuing
        largestPage = settings.largestPage
        lastID = certificates.map(\.id).max() ?? 0
    }

    /// Ends the issuing whose time is over.
    mutating func settle(at clock: any RunClock) {
        guard !underWay.isEmpty else { return }
        for (id, issuance) in underWay where issuance.end <= clock.now() {
            underWay[id] = nil
            guard let index = certificates.firstIndex(where: { $0.id == id }) else { continue }
            certificates[index].tipCode = issuance.tipCode
            certificates[index].applyStatus = issuance.tipCode == nil ? .success : .failure
            guard issuance.tipCode == nil else { continue }
            let days = Self.validity
            certificates[index].expiration = SimulatedCertificate.expiration(in: days, after: clock.wallTime())
        }
    }

    /// Puts a certificate in the place of the one with its id, or beside the others.
    mutating func put(_ certificate: SimulatedCertificate) {
        lastID = max(lastID, certificate.id)
        underWay[certificate.id] = nil
        if let index = certificates.firstIndex(where: { $0.id == certificate.id }) {
            certificates[index] = certificate
        } else {
            certificates.append(certificate)
        }
    }

    /// The `certificate/get` call. It and the others return the members of the answer beside errcode and errmsg.
    func get(_ request: ReceivedRequest) throws(ErrorCode) -> [JSONMember] {
        [JSONMember(key: "certificate", value: certificates[try index(of: request.number("id"))].info)]
    }

    /// The `certificate/query` call. It leaves out what is not there; what a real PBX does then is documented nowhere.
    func query(_ request: ReceivedRequest) throws(ErrorCode) -> [JSONMember] {
        let texts = request.parameter("ids")?.split(separator: ",", omittingEmptySubsequences: false) ?? []
        let ids = texts.compactMap { Int(digits: $0.utf8) }
        guard !ids.isEmpty, ids.count == texts.count else { throw .parameter }
        let found = certificates.filter { ids.contains($0.id) }
        return Self.answer(found[...], of: found.count)
    }

    /// The `certificate/list` call.
    func list(_ request: ReceivedRequest) throws(ErrorCode) -> [JSONMember] {
        enum Field: String { case id, name, issue_to, expiration, type }
        enum Order: String { case asc, desc }
        let (page, size) = (try request.number("page") ?? 1, try request.number("page_size") ?? 10)
        let (field, order): (Field?, Order?) = (try request.word("sort_by"), try request.word("order_by"))
        let purpose: SimulatedCertificate.Purpose? = try request.word("type")
        let wanted = certificates.filter { purpose == nil || $0.purpose == purpose }
        var sorted = wanted.sorted { left, right in
            switch field {
            case .id, nil: left.id < right.id
            case .name: (left.name, left.id) < (right.name, right.id)
            case .issue_to: (left.issueTo, left.id) < (right.issueTo, right.id)
            case .expiration: (left.expiration, left.id) < (right.expiration, right.id)
            case .type: (left.purpose.rawValue, left.id) < (right.purpose.rawValue, right.id)
            }
        }
        if order == .desc { sorted.reverse() }
        let length = min(size, largestPage)
        let (start, isTooFar) = (page - 1).multipliedReportingOverflow(by: length)
        return Self.answer(isTooFar ? [] : sorted.dropFirst(start).prefix(length), of: sorted.count)
    }

    private static func answer(_ found: ArraySlice<SimulatedCertificate>, of total: Int) -> [JSONMember] {
        [
            JSONMember(key: "total_number", value: JSONValue(total)),
            JSONMember(key: "certificate_list", value: .array(found.map(\.info))),
        ]
    }

    /// The `certificate/upload` call.
    mutating func upload(_ request: ReceivedRequest) throws(ErrorCode) -> [JSONMember] {
        let parts = try MultipartForm.parts(of: request)
        guard parts.map(\.name) == ["type", "file"], let path = parts[1].fileName,
            let purpose = SimulatedCertificate.Purpose(rawValue: String(decoding: parts[0].content, as: UTF8.self)),
            let name = path.split(separator: "/", omittingEmptySubsequences: false).last, !name.isEmpty
        else { throw .parameter }
        guard parts[1].content.count <= Self.largestFile else { throw .fileSizeExceeded }
        uploads.removeAll { $0.name == name }
        uploads.insert(
            SimulatedUpload(name: String(name), purpose: purpose, content: Array(parts[1].content)), at: 0)
        return [JSONMember(key: "file", value: .string(String(name)))]
    }

    /// The `certificate/create` call.
    mutating func create(_ request: ReceivedRequest, at clock: any RunClock) throws(ErrorCode) -> [JSONMember] {
        let fields = try BodyFields(request.body, known: CertificateFields.names.union(["type", "ca_type"]))
        let change = try CertificateFields(fields)
        guard let purpose: SimulatedCertificate.Purpose = try fields.word("type") else { throw .parameter }
        let origin: SimulatedCertificate.Origin? = try fields.word("ca_type")
        guard (origin == nil) == (purpose == .trusted) else { throw .parameter }
        var certificate = SimulatedCertificate(id: lastID + 1, purpose: purpose, origin: origin ?? .upload)
        try change.apply(to: &certificate)
        // The PBX names what it applies for after the domain.
        if origin == .apply { certificate.name = certificate.issueTo.isEmpty ? "" : certificate.issueTo + ".pem" }
        guard !certificate.name.isEmpty else { throw .parameter }
        guard certificates.count(where: { $0.purpose == purpose }) < purpose.limit else { throw .limitExceeded }
        put(certificate)
        if origin == .apply { issue(certificates.count - 1, at: clock) }
        let status = certificates[certificates.count - 1].applyStatus?.rawValue ?? ""
        return [
            JSONMember(key: "name", value: .string(certificate.name)),
            JSONMember(key: "apply_status", value: .string(status)),
        ]
    }

    /// The `certificate/update` call.
    mutating func update(_ request: ReceivedRequest, at clock: any RunClock) throws(ErrorCode) {
        let fields = try BodyFields(request.body, known: CertificateFields.names.union(["id"]))
        guard let id = try fields.integer("id"), id >= 1 else { throw .parameter }
        let change = try CertificateFields(fields)
        let index = try index(of: id)
        try change.apply(to: &certificates[index])
        if let name = try fields.string("name"), let end = uploads.first(where: { $0.name == name })?.expiration {
            certificates[index].expiration = end
        }
        if certificates[index].purpose == .server, certificates[index].origin == .apply { issue(index, at: clock) }
    }

    /// The `certificate/delete` call.
    mutating func delete(_ request: ReceivedRequest) throws(ErrorCode) -> [JSONMember] {
        let removed = certificates.remove(at: try index(of: request.number("id")))
        underWay[removed.id] = nil
        return [JSONMember(key: "reboot", value: JSONValue(1)), JSONMember(key: "apply", value: JSONValue(1))]
    }

    private func index(of id: Int?) throws(ErrorCode) -> Int {
        guard let id else { throw .parameter }
        guard let index = certificates.firstIndex(where: { $0.id == id }) else { throw .dataNotFound }
        return index
    }

    /// Begins the issuing of a certificate that the PBX applies for.
    private mutating func issue(_ index: Int, at clock: any RunClock) {
        certificates[index].applyStatus = .issuing
        certificates[index].tipCode = nil
        underWay[certificates[index].id] = (clock.now() + issuing.time, issuing.tipCode)
        settle(at: clock)
    }
}

/// The fields of a certificate that an edit or a new one sets, checked as far as that is possible without it.
private struct CertificateFields {
    static let names: Set = ["name", "issue_to", "auto_renewal", "dns_provider", "auth_info_list"]

    private let name: String?
    private let issueTo: String?
    private let autoRenewal: Bool?
    private let dnsProvider: String?
    private let authInfo: [SimulatedAuthInfo]?

    init(_ fields: BodyFields) throws(ErrorCode) {
        name = try fields.string("name")
        issueTo = try fields.string("issue_to")
        let renewal = try fields.integer("auto_renewal")
        guard renewal == nil || renewal == 0 || renewal == 1 else { throw .parameter }
        autoRenewal = renewal.map { $0 == 1 }
        dnsProvider = try fields.string("dns_provider")
        authInfo = try fields.array("auth_info_list").map { (list) throws(ErrorCode) in try Self.authInfo(list) }
        if autoRenewal == true { try requireDNSCredentials() }
    }

    /// Puts the fields that are present into the certificate; `issue_to` counts only for one that is applied for,
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
        guard present.count == 1, let key = try fields.string("k"), !key.isEmpty else { throw .parameter }
        return SimulatedAuthInfo(key: key, value: present[0])
    }
}
