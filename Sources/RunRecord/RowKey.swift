import Platform
package import FleetModel

/// The identity of a row across runs: a hash of its host, certificate id and edit, and never of its position.
///
/// Two spellings of the same edit (`5.0` and `5`, members or columns in another order) have the same key; the order of
/// the DNS credentials does not count. A mended secret makes another edit, so secret values are part of what is hashed.
///
/// The key stands in the ledger and does not give a secret away: SHA-256 cannot be turned round, half of it is thrown
/// away, and the one digest covers the row as a whole, so nothing about a single value can be read off it. All that is
/// left is to try values one after the other, which is hopeless for the random keys that DNS providers issue. The salt
/// keeps tables made beforehand from helping and two runs' keys from being compared. A secret short enough to be
/// guessed could be tried by someone who holds the ledger, which is why that file is its owner's only.
package struct RowKey: Hashable, Sendable, CustomStringConvertible {
    private let bits: HexadecimalPair

    /// - Parameters:
    ///   - job: the row.
    ///   - salt: the run's salt; keys of different salts have nothing in common.
    package init(_ job: Job, salt: RowSalt) {
        var encoding = RowEncoding(salt: salt)
        encoding.append(job.address.host)
        encoding.append(job.edit)
        let digest = SHA256.digest(of: encoding.bytes)
        bits = HexadecimalPair(high: digest.words.0, low: digest.words.1)
    }

    /// Reads what ``description`` wrote; nil for anything else.
    package init?(_ text: String) {
        guard let bits = HexadecimalPair(text) else { return nil }
        self.bits = bits
    }

    /// 32 hexadecimal digits.
    package var description: String { bits.text }

    /// Appends the 32 hexadecimal digits.
    func append(to bytes: inout [UInt8]) {
        bits.append(to: &bytes)
    }

    package func hash(into hasher: inout Hasher) {
        // The key is a hash itself; half of it is enough to tell rows apart.
        hasher.combine(bits.high)
    }
}
