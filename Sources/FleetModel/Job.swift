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

/// One row made ready to run: one edit of one certificate on one PBX.
package struct Job: Hashable, Sendable {
    /// Where the row stands in the input.
    package let position: RowPosition
    /// Where the API of its PBX answers.
    package let address: PBXAddress
    /// How it proves who it is.
    package let credentials: Credentials
    /// The server's public key as curl's `--pinnedpubkey` writes it (`sha256//BASE64`), or nil when the row pins none.
    package let tlsPin: String?
    /// What is to be changed.
    package let edit: CertificateEdit

    /// - Parameters:
    ///   - position: where the row stands in the input.
    ///   - address: where the API of its PBX answers.
    ///   - credentials: how it proves who it is.
    ///   - tlsPin: `sha256//BASE64` of the only key to trust; nil pins none.
    ///   - edit: what is to be changed, at least one field.
    package init(
        position: RowPosition, address: PBXAddress, credentials: Credentials, tlsPin: String?, edit: CertificateEdit
    ) {
        self.position = position
        self.address = address
        self.credentials = credentials
        self.tlsPin = tlsPin
        self.edit = edit
    }
}
