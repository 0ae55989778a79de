/// Pins of servers' public keys, as curl's `--pinnedpubkey` takes them: `sha256//` and the base64 text of 32 bytes, several
/// with `;` between them.
package enum PublicKeyPin {
    /// Whether a text has that form.
    ///
    /// Only the one base64 text that curl would compare with is right: libcurl takes anything else for the name of a
    /// file, or for the pin of a key that cannot be.
    package static func isWellFormed(_ text: some RandomAccessCollection<UInt8>) -> Bool {
        text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).allSatisfy(isOnePin)
    }

    private static func isOnePin(_ text: some RandomAccessCollection<UInt8>) -> Bool {
        guard text.count == 52, text.starts(with: "sha256//".utf8), text.last == UInt8(ascii: "=") else { return false }
        let digits = text.dropFirst(8).dropLast()
        // 32 bytes leave 4 bits for the last digit, so its 2 low bits are zero.
        guard let last = digits.last, "AEIMQUYcgkosw048".utf8.contains(last) else { return false }
        return digits.allSatisfy {
            $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "/")
        }
    }
}
