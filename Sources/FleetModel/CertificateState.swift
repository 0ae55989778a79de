package import Platform

/// What a PBX says of one of its certificates. A field is nil when the PBX does not tell it.
///
/// Source: Cert_Info of the PBX's `certificate/get`, `certificate/query` and `certificate/list` calls.
package struct CertificateState: Hashable, Sendable {
    /// What the certificate is for: `type`.
    package enum Purpose: String, Sendable {
        case trusted, server
    }

    /// Where a server certificate came from: `ca_type`.
    package enum Origin: String, Sendable {
        case upload, apply
    }

    /// How far the issuing is of a certificate that the PBX applied for: `apply_status`.
    package enum ApplyStatus: String, Sendable {
        case issuing
        case success = "issuance_success"
        case failure = "issuance_fail"
    }

    /// At least 1.
    package var id: Int64
    /// Name of the certificate's file.
    package var name: String?
    /// What the certificate is for.
    package var purpose: Purpose?
    /// Where it came from; only a server certificate has that.
    package var origin: Origin?
    /// Domain name.
    package var issueTo: String?
    /// The last moment at which it is good, as the PBX writes it.
    package var expiration: String?
    /// Whether the PBX renews it by itself.
    package var autoRenewal: Bool?
    /// Flag name of the DNS provider.
    package var dnsProvider: String?
    /// The credentials for the DNS provider.
    package var authInfo: [AuthInfo]?
    /// What stands in credentials of which a part cannot be read, so that they are nil.
    package var unreadSecrets: [Secret] = []
    /// How far the issuing is; nil also for a word that is not known.
    package var applyStatus: ApplyStatus?
    /// What the DNS provider said when the issuing failed: `apply_tip_code`.
    package var tipCode: String?
    /// What the PBX told where the text is another one, because a secret stood in it, or what nobody can see: by its column,
    /// to be compared and never shown.
    package var told: [String: Secret] = [:]
    /// The columns of ``told``.
    package var altered: [String] { EditRow.Column.texts.map(\.name).filter { told[$0] != nil } }

    /// A certificate of which only the id is known.
    package init(id: Int64) {
        self.id = id
    }

    /// Whether the PBX is having it issued, so that what it says of it is not its last word.
    package var isBeingIssued: Bool { origin != .upload && applyStatus == .issuing }

    /// Whether the issuing failed. What an uploaded certificate says of that is of an earlier time.
    package var isNotIssued: Bool { origin != .upload && applyStatus == .failure }
}

extension WallTime {
    /// Reads what a PBX writes as the expiration of a certificate, taken as UTC: `2027-01-31 23:59:59`, with slashes, with
    /// a `T`, a date alone, or seconds since 1970. Nil for anything else.
    package init?(expiration text: String) {
        if let seconds = Int(digits: text.utf8), 9...11 ~= text.utf8.count {
            self.init(milliseconds: Int64(seconds) * 1000)
            return
        }
        let parts = text.replacing("/", with: "-").replacing("T", with: " ").split(separator: " ")
        guard let date = parts.first, date.utf8.count == 10 else { return nil }
        let time = parts.count > 1 ? String(parts[1].prefix { $0 != "." && $0 != "Z" && $0 != "+" }) : "23:59:59"
        self.init(rfc3339: "\(date)T\(time.utf8.count == 5 ? time + ":00" : time)Z")
    }
}

/// What an edit would do to one field of a certificate. Values of secrets show as `***`.
package struct FieldChange: Hashable, Sendable, CustomStringConvertible {
    /// The column of the field: `auto_renewal`, `auth.APIKey`.
    package var field: String
    /// What the PBX holds: nil when there is nothing, or when ``isCertain`` is false.
    package var old: String?
    /// What the edit sets; nil when it takes the value away.
    package let new: String?
    /// Whether the PBX told what it holds.
    package let isCertain: Bool

    /// A change of one field.
    ///
    /// - Parameters:
    ///   - field: its column.
    ///   - old: what there was before; nil for nothing.
    ///   - new: what there is then; nil for nothing.
    ///   - isCertain: whether the PBX told what there was.
    package init(field: String, old: String?, new: String?, isCertain: Bool) {
        (self.field, self.old, self.new, self.isCertain) = (field, old, new, isCertain)
    }

    /// The column of an ``EditRow`` that sets it: whatever is no text is one of the credentials.
    package var column: EditRow.Column { EditRow.Column.texts.first { $0.name == field } ?? .authInfoList }

    /// `auto_renewal: 1 -> 0`; `(empty)` for an empty text, `(none)` for nothing, `(unknown)` for what the PBX does not tell.
    package var description: String {
        "\(field): \(isCertain ? Self.shown(old) : "(unknown)") -> \(Self.shown(new))"
    }

    /// A value as people read it: `(none)` for none, `(empty)` for an empty text.
    package static func shown(_ value: String?) -> String {
        guard let value else { return "(none)" }
        return value.isEmpty ? "(empty)" : value
    }
}

extension CertificateEdit {
    /// What the edit would change, field by field in the order in which they are sent; empty when every value is there
    /// already. Secrets are compared, and not shown. A file that the PBX does not have yet is a change of `name`, whatever
    /// name stands there: what is behind it cannot be read.
    package func changes(to state: CertificateState) -> [FieldChange] {
        var changes: [FieldChange] = []
        if let file, name == nil {
            let new = "file \(file.name) (expires \(file.end.description.prefix(10)))"
            changes.append(FieldChange(field: "name", old: state.name, new: new, isCertain: state.name != nil))
        }
        func compare(_ field: String, _ old: String?, _ new: String?) {
            guard let new, old.map({ !$0.utf8.elementsEqual(new.utf8) }) ?? true else { return }
            changes.append(FieldChange(field: field, old: old, new: new, isCertain: old != nil))
        }
        compare("name", state.name, name)
        compare("issue_to", state.issueTo, issueTo)
        compare("auto_renewal", state.autoRenewal.map(Self.digit), autoRenewal.map(Self.digit))
        compare("dns_provider", state.dnsProvider, dnsProvider)
        if let authInfo { changes += Self.changes(from: state.authInfo, to: authInfo) }
        return changes
    }

    /// The order of the credentials does not count.
    private static func changes(from old: [AuthInfo]?, to new: [AuthInfo]) -> [FieldChange] {
        let known = old ?? []
        let set = new.compactMap { item -> FieldChange? in
            let before = known.first { $0.hasKey(of: item) }
            if before?.value == item.value { return nil }
            return FieldChange(
                field: item.column, old: before?.value.shown, new: item.value.shown, isCertain: old != nil)
        }
        let gone = known.filter { item in !new.contains { $0.hasKey(of: item) } }
        return set + gone.map { FieldChange(field: $0.column, old: $0.value.shown, new: nil, isCertain: true) }
            + (old == nil && new.isEmpty ? [FieldChange(field: "auth", old: nil, new: nil, isCertain: false)] : [])
    }

    private static func digit(_ isOn: Bool) -> String { isOn ? "1" : "0" }
}

extension AuthInfo {
    /// By bytes: Swift calls texts equal that only look the same.
    fileprivate func hasKey(of other: AuthInfo) -> Bool { key.utf8.elementsEqual(other.key.utf8) }

    fileprivate var column: String { "auth.\(key)" }
}

extension AuthInfo.Value {
    /// Every text is a secret.
    fileprivate var shown: String {
        switch self {
        case .integer(let number): "\(number)"
        case .boolean(let flag): "\(flag)"
        case .string: Secret.mask
        }
    }
}

/// What an edit cannot do to a certificate, or does beside what it is meant for.
extension CertificateEdit {
    /// Sentences for a person about fields that the PBX will not take over, free of secrets.
    ///
    /// Source: the PBX's `certificate/update` call: `issue_to` counts only when `ca_type` is `apply`, `auto_renewal` only
    /// when it is `upload`; provider and credentials are required for `apply`.
    package func doubts(about state: CertificateState) -> [String] {
        if state.purpose == .trusted {
            let isServerOnly = autoRenewal != nil || dnsProvider != nil || authInfo != nil || issueTo != nil
            return isServerOnly ? ["a trusted certificate has no domain, renewal or DNS provider"] : []
        }
        var doubts: [String] = []
        if state.origin == .upload, let issueTo, issueTo != state.issueTo {
            doubts.append("issue_to takes no effect: the certificate was uploaded")
        }
        if state.origin == .apply {
            if let autoRenewal, autoRenewal != state.autoRenewal {
                doubts.append("auto_renewal takes no effect: the PBX applied for the certificate")
            }
            if dnsProvider?.isEmpty ?? true || authInfo?.isEmpty ?? true {
                doubts.append("dns_provider and its credentials are missing: this certificate needs both in every edit")
            }
        }
        return doubts
    }
}

/// What would put a certificate back.
extension CertificateEdit {
    /// The edit that sets again what this one overwrites.
    ///
    /// Provider and credentials are set with it where the PBX wants them in the same request: for a renewal that was
    /// switched on, and for every edit of a certificate that the PBX applied for.
    ///
    /// - Parameters:
    ///   - state: the certificate before the edit.
    ///   - unwritable: the columns of an edit that no input can hold.
    /// - Returns: the edit, and the columns that it cannot put back because the PBX did not tell them, or no input can hold
    ///   them.
    package func undone(
        to state: CertificateState, unwritable: (CertificateEdit) -> [String]
    ) -> (edit: CertificateEdit, lost: [String]) {
        var undo = CertificateEdit(id: id)
        // A file in the place of one with the same name: the old one is gone.
        let isReplaced = file != nil && name == state.name
        if name != nil, !isReplaced { undo.name = state.name }
        if issueTo != nil { undo.issueTo = state.issueTo }
        if autoRenewal != nil { undo.autoRenewal = state.autoRenewal }
        let isWhole = undo.autoRenewal == true || state.origin == .apply
        if isWhole || dnsProvider != nil { undo.dnsProvider = state.dnsProvider }
        if isWhole || authInfo != nil { undo.authInfo = state.authInfo.flatMap { $0.isTold ? $0 : nil } }
        for column in unwritable(undo) { undo.leaveAlone(column) }
        if undo.autoRenewal == true, undo.dnsProvider?.isEmpty ?? true || undo.authInfo?.isEmpty ?? true {
            undo.autoRenewal = nil
        }
        let fields = [
            ("name", name != nil, undo.name != nil), ("issue_to", issueTo != nil, undo.issueTo != nil),
            ("dns_provider", isWhole || dnsProvider != nil, undo.dnsProvider != nil),
            ("auth_info_list", isWhole || authInfo != nil, undo.authInfo != nil),
            ("auto_renewal", autoRenewal != nil, undo.autoRenewal != nil),
        ]
        return (undo, fields.filter { $0.1 && !$0.2 }.map(\.0))
    }

    /// Whether the edit sets anything.
    package var isEmpty: Bool {
        name == nil && file == nil && issueTo == nil && autoRenewal == nil && dnsProvider == nil && authInfo == nil
    }

    /// Leaves a text or the credentials alone, by their column.
    package mutating func leaveAlone(_ column: String) {
        switch column {
        case "name": name = nil
        case "issue_to": issueTo = nil
        case "dns_provider": dnsProvider = nil
        case "auth_info_list": authInfo = nil
        default: break
        }
    }
}

extension [AuthInfo] {
    /// Whether the PBX told all secrets: nothing, and a mask, or one over a part, is what it may write instead of one.
    package var isTold: Bool {
        allSatisfy { item in
            guard case .string(let secret) = item.value else { return true }
            let text = secret.reveal()
            return !text.contains(Secret.mask) && !text.utf8.allSatisfy { $0 == UInt8(ascii: "*") }
        }
    }
}
