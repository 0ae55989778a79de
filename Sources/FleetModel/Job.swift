package import JSONText

/// Where a row stands in its input.
package struct RowPosition: Hashable, Sendable {
    /// 1-based number among the data rows.
    package let row: Int
    /// 1-based physical line on which the record starts.
    package let line: Int

    /// - Parameters:
    ///   - row: 1-based number among the data rows.
    ///   - line: 1-based physical line on which the record starts.
    package init(row: Int, line: Int) {
        self.row = row
        self.line = line
    }
}

/// How a row proves who it is to the PBX.
package enum Credentials: Hashable, Sendable {
    /// A token of the user's own: used as it is, never renewed, never revoked.
    case token(Secret)
    /// An application's Client ID and Client Secret, good for a login.
    case client(id: String, secret: Secret)
}

/// How a row finds a certificate whose id it does not know: in the list of all certificates of its PBX.
package enum CertificateMatch: Hashable, Sendable, CustomStringConvertible {
    /// `issue_to=NAME`: the one for this domain, regardless of case.
    case issueTo(String)
    /// `name=FILE`: the one of this file.
    case name(String)
    /// `only`: the only server certificate.
    case only

    /// - Parameter text: as a cell holds it; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(Self.trimmed)
        switch (parts[0].lowercased(), parts.count) {
        case ("only", 1): self = .only
        case ("issue_to", 2) where !parts[1].isEmpty: self = .issueTo(parts[1])
        case ("name", 2) where !parts[1].isEmpty: self = .name(parts[1])
        default: return nil
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop { $0 == " " }
        return String(start.prefix(start.count - start.reversed().prefix { $0 == " " }.count))
    }

    /// As a cell holds it.
    package var description: String {
        switch self {
        case .issueTo(let domain): "issue_to=\(domain)"
        case .name(let file): "name=\(file)"
        case .only: "only"
        }
    }

    /// Whether the certificate is found no more, or another one, once an edit was made.
    package func isChanged(by edit: CertificateEdit) -> Bool {
        switch self {
        case .issueTo: edit.issueTo != nil
        case .name: edit.name != nil || edit.file != nil
        case .only: false
        }
    }

    /// Whether a certificate is meant.
    package func fits(_ state: CertificateState) -> Bool {
        switch self {
        case .issueTo(let domain): state.issueTo?.lowercased() == domain.lowercased()
        case .name(let file): state.name.map { $0.utf8.elementsEqual(file.utf8) } ?? false
        case .only: state.purpose == .server
        }
    }

    /// A number below 0 that tells it from others, where a certificate's id would stand.
    package var number: Int64 {
        let text = if case .issueTo = self { description.lowercased() } else { description }
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return -1 - Int64(hash >> 1)
    }
}

/// Credentials as the cells of an input hold them: as references, unless somebody asks for more.
package struct CredentialCells: Hashable, Sendable {
    /// The cell `access_token`.
    package var accessToken = ""
    /// The cell `client_id`.
    package var clientID = ""
    /// The cell `client_secret`.
    package var clientSecret = ""

    /// All of them are empty.
    package init() {}
}

/// One row made ready to run: one edit of one certificate on one PBX.
// A class, because it never changes and is handed to many: copying its texts each time costs more than reading the row.
package final class Job: Equatable, Sendable {
    /// Where the row stands in the input.
    package let position: RowPosition
    /// Where the API of its PBX answers.
    package let address: PBXAddress
    /// How it proves who it is.
    package let credentials: Credentials
    /// The server's public key as curl's `--pinnedpubkey` writes it (`sha256//BASE64`), or nil when the row pins none.
    package let tlsPin: String?
    /// What is to be changed; its id is 0 when ``match`` says which certificate is meant.
    package let edit: CertificateEdit
    /// Which certificate is meant when its id is not known; nil when it is.
    package let match: CertificateMatch?
    /// Whether an earlier run may have made the edit, so that it is not made before the certificate was read.
    package let isInDoubt: Bool
    /// Whether nobody knows any more which certificate ``match`` meant, so that the row must not look for one.
    package let isLost: Bool
    /// The credentials as another input may hold them; nil when nobody asked, or they stand in the row in clear.
    package let cells: CredentialCells?

    /// - Parameters:
    ///   - position: where the row stands in the input.
    ///   - address: where the API of its PBX answers.
    ///   - credentials: how it proves who it is.
    ///   - tlsPin: `sha256//BASE64` of the only key to trust; nil pins none.
    ///   - edit: what is to be changed, at least one field.
    ///   - match: which certificate is meant when its id is not known.
    ///   - isInDoubt: whether an earlier run may have made the edit.
    ///   - isLost: whether nobody knows any more which certificate `match` meant.
    ///   - cells: the credentials as another input may hold them.
    package init(
        position: RowPosition, address: PBXAddress, credentials: Credentials, tlsPin: String?, edit: CertificateEdit,
        match: CertificateMatch? = nil, isInDoubt: Bool = false, isLost: Bool = false, cells: CredentialCells? = nil
    ) {
        self.position = position
        self.address = address
        self.credentials = credentials
        self.tlsPin = tlsPin
        self.edit = edit
        self.match = match
        self.isInDoubt = isInDoubt
        self.isLost = isLost
        self.cells = cells
    }

    /// The same row, of whose edit an earlier run is not sure.
    ///
    /// - Parameter isLost: whether nobody knows which certificate has it.
    package func inDoubt(isLost: Bool = false) -> Job {
        Job(
            position: position, address: address, credentials: credentials, tlsPin: tlsPin, edit: edit, match: match,
            isInDoubt: true, isLost: isLost, cells: cells)
    }

    /// Whether it is known which certificate is meant.
    package var isFound: Bool { match == nil || edit.id > 0 }

    /// The same row, whose certificate was found to have an id.
    package func found(id: Int64) -> Job { changed { $0.id = id } }

    /// The same row, whose file its PBX has under a name.
    package func uploaded(as name: String) -> Job { changed { $0.name = name } }

    private func changed(_ change: (inout CertificateEdit) -> Void) -> Job {
        var edit = edit
        change(&edit)
        return Job(
            position: position, address: address, credentials: credentials, tlsPin: tlsPin, edit: edit, match: match,
            isInDoubt: isInDoubt, isLost: isLost, cells: cells)
    }

    /// Whether both stand in the same place and say the same.
    package static func == (left: Job, right: Job) -> Bool {
        left.position == right.position && left.address == right.address && left.credentials == right.credentials
            && left.tlsPin == right.tlsPin && left.edit == right.edit && left.match == right.match
            && left.isInDoubt == right.isInDoubt && left.isLost == right.isLost && left.cells == right.cells
    }
}

/// The fields of one certificate that a row sets; a field that is nil is left alone on the PBX.
///
/// Source: the PBX's `certificate/update` call.
package struct CertificateEdit: Hashable, Sendable {
    /// Certificate id on the PBX, at least 1.
    package var id: Int64
    /// Name of a certificate file already on the PBX; an empty text clears it. Nil for one that the PBX does not have yet.
    package var name: String?
    /// The file that the PBX must be given, whose name there becomes ``name``; nil for none.
    package var file: CertificateFile?
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
        id: Int64, name: String? = nil, file: CertificateFile? = nil, issueTo: String? = nil,
        autoRenewal: Bool? = nil, dnsProvider: String? = nil, authInfo: [AuthInfo]? = nil
    ) {
        self.id = id
        self.name = name
        self.file = file
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

extension JSONWriter {
    /// Writes credentials as an `auth_info_list`, each value with its type.
    ///
    /// - Parameters:
    ///   - credentials: in their order.
    ///   - text: how a secret is written.
    package mutating func value(_ credentials: [AuthInfo], _ text: (Secret) -> String) {
        beginArray()
        for item in credentials {
            beginObject()
            member("k", item.key)
            switch item.value {
            case .integer(let number): member("iv", number)
            case .string(let secret): member("sv", text(secret))
            case .boolean(let flag): member("bv", flag)
            }
            endObject()
        }
        endArray()
    }
}
