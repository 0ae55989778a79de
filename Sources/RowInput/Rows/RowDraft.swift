import Platform
import FleetModel

/// What a row says, as far as it could be read.
struct RowDraft: ~Copyable {
    /// The host's name is borrowed from the reader's scratch space.
    var url: BaseURL?
    var apiPath = PBXAddress.defaultAPIPath
    /// The certificate's id; nil when it is missing or malformed.
    var id: Int64?
    // What is to be edited, as in CertificateEdit.
    var name: String?
    var issueTo: String?
    var autoRenewal: Bool?
    var dnsProvider: String?
    var authInfo: [AuthInfo]?
    var credentials: Credentials?
    var tlsPin: String?
    /// Whether the row has no problem of its own; that an earlier row is the same is not known here.
    var isFlawless = false

    /// The row made ready to run; nil when it has a problem.
    func job(at position: RowPosition) -> Job? {
        guard isFlawless, let url, let id, let credentials else { return nil }
        let edit = CertificateEdit(
            id: id, name: name, issueTo: issueTo, autoRenewal: autoRenewal, dnsProvider: dnsProvider, authInfo: authInfo
        )
        let host = HostKey(name: url.name.text, port: url.port)
        let address = PBXAddress(scheme: url.scheme, host: host, apiPath: apiPath)
        return Job(position: position, address: address, credentials: credentials, tlsPin: tlsPin, edit: edit)
    }
}
