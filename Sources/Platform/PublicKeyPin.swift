import CLibCrypto

/// Pins of servers' public keys, as curl's `--pinnedpubkey` takes them: `sha256//` and the base64 text of 32 bytes, several
/// with `;` between them.
package enum PublicKeyPin {
    /// Whether a text has that form.
    ///
    /// Only the one base64 text that curl would compare with is right: libcurl takes anything else for the name of a
    /// file, or for the pin of a key that cannot be.
    package static func isWellFormed(_ text: String) -> Bool {
        text.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).allSatisfy { isPin(Array($0)) }
    }

    /// The pin of a key.
    ///
    /// - Parameter key: DER of its `SubjectPublicKeyInfo`.
    package static func text(of key: [UInt8]) -> String {
        let words = SHA256.digest(of: key).words
        let digest = [words.0, words.1, words.2, words.3].flatMap { withUnsafeBytes(of: $0.bigEndian, Array.init) }
        var base64 = [UInt8](repeating: 0, count: 45)
        let count = EVP_EncodeBlock(&base64, digest, Int32(digest.count))
        return "sha256//" + String(decoding: base64.prefix(Int(count)), as: UTF8.self)
    }

    private static func isPin(_ text: [UInt8]) -> Bool {
        guard text.count == 52, text.starts(with: "sha256//".utf8), text[51] == UInt8(ascii: "=") else { return false }
        // 32 bytes leave 4 bits for the last digit, so its 2 low bits are zero.
        return "AEIMQUYcgkosw048".utf8.contains(text[50]) && text[8..<51].allSatisfy(isDigit)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/")
    }
}
