import Platform

/// The form of a `tls_pin`: `sha256//` and the base64 text of 32 bytes, as curl's `--pinnedpubkey` takes it.
enum TLSPin {
    /// The pin of a cell.
    ///
    /// - Throws: ``Flaw`` with code `tls-pin-malformed`.
    static func read(_ cell: Bytes) throws(Flaw) -> String {
        if isWellFormed(cell) { return cell.text }
        throw Flaw(.tlsPinMalformed, "a pin is 'sha256//' and the base64 text of 32 bytes (44 characters)")
    }

    /// Whether a cell has that form. Only the one base64 text that curl would compare with is right.
    private static func isWellFormed(_ cell: Bytes) -> Bool {
        guard cell.starts(with: "sha256//"), cell.count == 52, cell[51] == UInt8(ascii: "=") else { return false }
        // 32 bytes leave 4 bits for the last character, so its 2 low bits are zero.
        guard lastCharacters.utf8.contains(cell[50]) else { return false }
        return cell.part(8..<51).allSatisfy {
            $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/")
        }
    }

    private static let lastCharacters = "AEIMQUYcgkosw048"
}
