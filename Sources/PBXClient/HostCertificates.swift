import FleetModel
import JSONText

/// What a PBX holds, as far as it was read and is still wanted.
///
/// The certificates of a host that are read first are read by as few `certificate/query` calls as possible. Firmware that
/// has no such call, and a certificate that is not in its answer, are asked about by `certificate/get`.
package struct HostCertificates: Sendable {
    /// What is known of a certificate.
    enum Need {
        case known(CertificateState)
        /// The PBX lets nobody read; this is what it said.
        case refused(Outcome)
        /// It was not read; with the ids that one call can ask about, when it can ask about several.
        case unknown(together: [Int64])
    }

    /// Ids of the host's rows that were not asked about, in the order of the rows.
    private var wanted: ArraySlice<Int64> = []
    private var known: [Int64: CertificateState] = [:]
    private var canQuery = true
    /// What a row comes to that must be read, because nothing can be.
    private(set) var refusal: Outcome?
    /// All certificates, once they were listed.
    private(set) var list: [CertificateState]?
    /// What a row comes to that must find its certificate, because they cannot be listed.
    private(set) var listRefusal: Outcome?
    /// How many certificates the PBX says it has beside those that it listed.
    private(set) var unlisted: Int64 = 0
    /// Those that came by `certificate/list` so far, and pages of it.
    private var listed: [CertificateState] = []
    private(set) var page = 1
    /// The certificates that rows of the host name by their ids, and which row found which other one.
    private var named: [Int64] = []
    private var takers: [Int64: RowPosition] = [:]

    /// Ids in one call: a URL stays well below 2 KB with them.
    private static let idsInCall = 64
    /// What stops a PBX that never comes to the end of its list; it can have 23 certificates.
    private static let mostPages = 100

    /// Nothing is known yet; what no row is known to ask about is asked about by itself.
    package init() {}

    /// Takes note of the certificate of the host's next row.
    ///
    /// - Parameters:
    ///   - id: below 1 when the row is still to find it.
    ///   - isRead: whether it is read before the row's edit.
    package mutating func name(_ id: Int64, isRead: Bool) {
        guard id > 0 else { return }
        named.append(id)
        if isRead { wanted.append(id) }
    }

    /// What is known of a certificate.
    mutating func need(_ id: Int64) -> Need {
        if let state = known[id] { return .known(state) }
        if let refusal { return .refused(refusal) }
        guard canQuery, let start = wanted.firstIndex(of: id) else { return .unknown(together: []) }
        wanted = wanted[start...]
        return .unknown(together: Array(wanted.prefix(Self.idsInCall)))
    }

    /// Takes the answer to a query; nil when the PBX cannot answer it.
    mutating func note(_ states: [CertificateState]?, of ids: [Int64]) {
        wanted = wanted.dropFirst(ids.count)
        guard let states else { return canQuery = false }
        for state in states { known[state.id] = state }
    }

    /// Forgets a certificate, which no row asks about any more.
    mutating func forget(_ id: Int64) { known[id] = nil }

    /// What a row finds that names its certificate by what it is.
    enum Match {
        /// Nobody knows: not all certificates are listed.
        case unknown
        case certificate(Int64)
        /// None that can be told from others, or that no other row of the host has.
        case none(Outcome)
    }

    /// Finds a row's certificate once all are known, and gives it to the row.
    mutating func match(of job: Job) -> Match {
        guard let match = job.match else { return .certificate(job.edit.id) }
        if job.isLost {
            return none(
                "an earlier run may have changed what 'match' \(match) goes by: look at the PBX, and name the id")
        }
        if let listRefusal { return .none(listRefusal) }
        guard let list else { return .unknown }
        if unlisted > 0 { return none("\(shortfall): nobody knows which one fits 'match'") }
        let fitting = list.filter(match.fits)
        if fitting.count != 1 {
            return none("\(fitting.count) certificates of the PBX fit 'match' \(match), not 1")
        }
        if named.contains(fitting[0].id) || takers[fitting[0].id, default: job.position] != job.position {
            return none("certificate \(fitting[0].id), which fits 'match' \(match), is that of another row, too")
        }
        takers[fitting[0].id] = job.position
        return .certificate(fitting[0].id)
    }

    private func none(_ error: String) -> Match { .none(Outcome(status: .failed, errorClass: .match, error: error)) }

    /// Takes note that nothing can be read on this PBX.
    mutating func refuse(_ outcome: Outcome) { refusal = outcome }

    /// Takes note that certificates cannot be listed on this PBX.
    mutating func refuseList(_ outcome: Outcome) { listRefusal = outcome }

    /// What is said of a list that lacks certificates.
    var shortfall: String {
        let count = list?.count ?? 0
        return "the PBX lists \(count) of its \(Int64(count) + unlisted) certificates"
    }

    /// Takes a page of `certificate/list`; its total is nil when the PBX did not say.
    mutating func note(page states: [CertificateState], of total: Int64?) {
        let news = states.filter { state in !listed.contains { $0.id == state.id } }
        listed += news
        let isLast = news.isEmpty || page == Self.mostPages || Int64(listed.count) >= total ?? 0
        if isLast {
            list = listed
            unlisted = max(0, (total ?? 0) - Int64(listed.count))
        }
        page += 1
    }
}

/// What a PBX answers that was asked for certificates.
extension Reply {
    /// The certificate in an answer to `certificate/get`; nil when there is none.
    var certificate: CertificateState? { wholeContent?["certificate"].flatMap { CertificateState($0) } }

    /// The certificates in an answer to `certificate/query` or `certificate/list`; nil when there is no such list, or
    /// something else in it.
    var certificates: (list: [CertificateState], total: Int64?)? {
        guard let content = wholeContent, case .array(let items)? = content["certificate_list"] else { return nil }
        let states = items.compactMap { CertificateState($0) }
        return states.count == items.count ? (states, content["total_number"]?.number) : nil
    }
}

extension PBXErrorCode {
    /// Whether a PBX that answers this to a call that reads answers it to all of them.
    var forbidsReading: Bool { self == .interfaceNotExisted || self == .operationFailed }
}

extension JSONValue {
    /// A text, also as a number.
    fileprivate var word: String? {
        if case .number(let text) = self { text } else { text }
    }
}

extension CertificateState {
    /// Reads a Cert_Info; nil for what is none, or has no id.
    fileprivate init?(_ info: JSONValue) {
        guard let id = info["id"]?.number, id >= 1 else { return nil }
        self.init(id: id)
        name = info["name"]?.text
        purpose = info["type"]?.text.flatMap(Purpose.init)
        origin = info["ca_type"]?.text.flatMap(Origin.init)
        issueTo = info["issue_to"]?.text
        expiration = info["expiration"]?.word
        autoRenewal = info["auto_renewal"]?.flag
        dnsProvider = info["dns_provider"]?.text
        authInfo = info["auth_info_list"]?.authInfo
        if authInfo == nil { unreadSecrets = info["auth_info_list"]?.authTexts ?? [] }
        applyStatus = info["apply_status"]?.text.flatMap(ApplyStatus.init)
        tipCode = info["apply_tip_code"]?.word
    }
}

extension JSONValue {
    fileprivate var flag: Bool? {
        if case .boolean(let flag) = self { return flag }
        return switch number {
        case 0: false
        case 1: true
        default: nil
        }
    }

    /// An Auth_Info list; nil when a part of it cannot be read, since half a list must not be taken for the whole.
    fileprivate var authInfo: [AuthInfo]? {
        guard case .array(let items) = self else { return nil }
        let list = items.compactMap(\.authItem)
        return list.count == items.count ? list : nil
    }

    /// The texts among the values of an Auth_Info list.
    fileprivate var authTexts: [Secret] {
        guard case .array(let items) = self else { return [] }
        return items.compactMap { $0["sv"]?.text }.map { Secret($0) }
    }

    private var authItem: AuthInfo? {
        let values = ["iv", "sv", "bv"].compactMap { self[$0] }.filter { $0 != .null }
        guard let key = self["k"]?.text, values.count == 1 else { return nil }
        if let number = self["iv"]?.integer { return AuthInfo(key: key, value: .integer(number)) }
        if let text = self["sv"]?.text { return AuthInfo(key: key, value: .string(Secret(text))) }
        if case .boolean(let flag)? = self["bv"] { return AuthInfo(key: key, value: .boolean(flag)) }
        return nil
    }
}
