package import FleetModel

extension Job {
    /// A job with nothing special about it, on which a test sets what it is about.
    package static func make(
        row: Int = 1, host: String = "127.0.0.1", port: UInt16 = 8088, scheme: PBXAddress.Scheme = .http,
        credentials: Credentials = .client(id: "client", secret: Secret("secret")), tlsPin: String? = nil,
        edit: CertificateEdit = CertificateEdit(id: 5, autoRenewal: false), match: CertificateMatch? = nil
    ) -> Job {
        Job(
            position: RowPosition(row: row, line: row + 1),
            address: PBXAddress(scheme: scheme, host: HostKey(name: host, port: port)), credentials: credentials,
            tlsPin: tlsPin, edit: edit, match: match)
    }
}
