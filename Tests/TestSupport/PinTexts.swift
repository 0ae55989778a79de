import Platform

/// Texts that are a pin of a server's key, and texts that are none. A row's pin and the command line's are held to them
/// alike.
package enum PinTexts {
    private static let zeros = String(repeating: "A", count: 42)

    /// `sha256//` and the base64 text of 32 bytes.
    package static let right =
        "AEIMQUYcgkosw048".map { "sha256//\(zeros)\($0)=" } + ["sha256//+/\(zeros.dropLast(2))A="]

    /// What differs from that in length, form, or bits that no 32 bytes have.
    package static let wrong =
        "BCDFZabz12379+/=-".map { "sha256//\(zeros)\($0)=" } + [
            "sha256//\(zeros)=", "sha256//\(zeros)AA", "sha256//\(zeros)AA=", "sha256//\(zeros.dropLast())-A=",
            "sha256//\(zeros.dropLast()) A=", "sha256/\(zeros)A=", "SHA256//\(zeros)A=", "\(zeros)A=",
            "sha256//\(zeros)A=;sha256//\(zeros)A=", "server.pem",
        ]
}
