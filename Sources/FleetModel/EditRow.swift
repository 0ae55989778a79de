import JSONText

/// A row of an input as it is written: an edit, and where it goes.
package struct EditRow: Hashable, Sendable {
    /// The columns of ``cells``.
    package static let columns = [
        "base_url", "api_path", "access_token", "client_id", "client_secret", "tls_pin", "id", "name", "issue_to",
        "auto_renewal", "dns_provider", "auth_info_list",
    ]

    /// The same by name; the raw value is the place.
    package enum Column: Int, Sendable {
        case baseURL, apiPath, accessToken, clientID, clientSecret, tlsPin, id, name, issueTo, autoRenewal, dnsProvider
        case authInfoList

        /// Those that say which PBX is meant, and log in.
        package static let host: [Column] = [.baseURL, .apiPath, .accessToken, .clientID, .clientSecret, .tlsPin]
        /// Those of an edit that hold a text which is no secret.
        package static let texts: [Column] = [.name, .issueTo, .autoRenewal, .dnsProvider]
        /// Those of an edit.
        package static let edit = texts + [.authInfoList]

        /// As the header of an input writes it.
        package var name: String { EditRow.columns[rawValue] }
    }

    /// The word in a cell that sends an empty text, or an empty list.
    @inlinable package static var clear: StaticString { "CLEAR!" }

    /// Where the edit goes.
    package let address: PBXAddress
    /// The cells of the credentials; all of them may be empty.
    package let credentials: CredentialCells
    /// The key that the PBX must have; nil for none.
    package let tlsPin: String?
    /// What is set.
    package let edit: CertificateEdit

    /// The members one by one.
    package init(
        address: PBXAddress, credentials: CredentialCells, tlsPin: String?, edit: CertificateEdit
    ) {
        self.address = address
        self.credentials = credentials
        self.tlsPin = tlsPin
        self.edit = edit
    }

    /// A cell for each of ``columns``. An empty text is `CLEAR!`, which sends one; secrets stand in clear.
    package var cells: [String] {
        let (scheme, host) = (address.scheme.rawValue, address.host)
        return [
            "\(scheme)://\(host.name):\(host.port)",
            address.apiPath == PBXAddress.defaultAPIPath ? "" : address.apiPath, credentials.accessToken,
            credentials.clientID, credentials.clientSecret, tlsPin ?? "", String(edit.id), Self.cell(edit.name),
            Self.cell(edit.issueTo), edit.autoRenewal.map { $0 ? "1" : "0" } ?? "", Self.cell(edit.dnsProvider),
            edit.authInfo.map { $0.isEmpty ? "\(Self.clear)" : Self.list($0) } ?? "",
        ]
    }

    private static func cell(_ text: String?) -> String { text.map { $0.isEmpty ? "\(clear)" : $0 } ?? "" }

    private static func list(_ items: [AuthInfo]) -> String {
        var writer = JSONWriter()
        writer.value(items) { $0.reveal() }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension [String] {
    /// The cell of a column among those of an ``EditRow``.
    package subscript(column: EditRow.Column) -> String {
        get { self[column.rawValue] }
        set { self[column.rawValue] = newValue }
    }
}

extension CertificateEdit {
    /// Everything that an edit could set, as it is.
    package init(of state: CertificateState) {
        self.init(
            id: state.id, name: state.name, issueTo: state.issueTo, autoRenewal: state.autoRenewal,
            dnsProvider: state.dnsProvider, authInfo: state.authInfo)
    }
}
