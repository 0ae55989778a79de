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
    private let bits: UInt128

    /// - Parameters:
    ///   - job: the row.
    ///   - salt: the run's salt; keys of different salts have nothing in common.
    package init(_ job: Job, salt: RowSalt) {
        var encoding = RowEncoding(salt: salt)
        encoding.append(job.address.host)
        encoding.append(job.edit, matching: job.match)
        let (high, low, _, _) = SHA256.digest(of: encoding.bytes).words
        bits = UInt128(high) << 64 | UInt128(low)
    }

    /// Reads what ``description`` wrote; nil for anything else.
    package init?(_ text: String) {
        guard let bits = UInt128(hexadecimal: text) else { return nil }
        self.bits = bits
    }

    /// 32 hexadecimal digits.
    package var description: String { bits.hexadecimal }

    /// Appends the 32 hexadecimal digits.
    func append(to bytes: inout [UInt8]) { bits.appendHexadecimal(to: &bytes) }
}

/// What makes keys of one run differ from keys of another: 128 random bits, written once into the run's ledger.
package struct RowSalt: Hashable, Sendable, CustomStringConvertible {
    fileprivate let bits: UInt128

    /// A salt of the system's random bits.
    package init() {
        bits = .random(in: .min ... .max)
    }

    /// Reads what ``description`` wrote; nil for anything else.
    package init?(_ text: String) {
        guard let bits = UInt128(hexadecimal: text) else { return nil }
        self.bits = bits
    }

    /// 32 hexadecimal digits.
    package var description: String { bits.hexadecimal }
}

extension UInt128 {
    /// Reads exactly 32 hexadecimal digits in lower case; nil for anything else.
    fileprivate init?(hexadecimal text: String) {
        guard text.utf8.count == 32 else { return nil }
        var bits: UInt128 = 0
        for digit in text.utf8 {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): bits = bits << 4 | UInt128(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): bits = bits << 4 | UInt128(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        self = bits
    }

    fileprivate var hexadecimal: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(32)
        appendHexadecimal(to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    fileprivate func appendHexadecimal(to bytes: inout [UInt8]) {
        bytes.appendHexadecimal(UInt64(truncatingIfNeeded: self >> 64))
        bytes.appendHexadecimal(UInt64(truncatingIfNeeded: self))
    }
}

/// The bytes a row key is the hash of: each field that may be absent is marked, and each text carries its length, so that no
/// two different rows have the same bytes, as long as a certificate's id is below 2^32.
private struct RowEncoding {
    private(set) var bytes: [UInt8] = []

    init(salt: RowSalt) {
        bytes.reserveCapacity(384)
        append(salt.bits)
    }

    mutating func append(_ host: HostKey) {
        append(host.name)
        append(host.port)
    }

    /// A certificate that is found by what it is has no id that would stay the same.
    mutating func append(_ edit: CertificateEdit, matching match: CertificateMatch?) {
        if let match { append(match.description) } else { append(edit.id) }
        if let file = edit.file { append(file.digest) } else { appendOptional(edit.name) { $0.append($1) } }
        appendOptional(edit.issueTo) { $0.append($1) }
        appendOptional(edit.autoRenewal) { $0.append($1) }
        appendOptional(edit.dnsProvider) { $0.append($1) }
        appendOptional(edit.authInfo) { $0.append($1) }
    }

    /// A file is its content, whatever its name. Its mark is neither that of a name nor that of none.
    private mutating func append(_ file: SHA256Digest) {
        append(UInt8(2))
        for word in [file.words.0, file.words.1, file.words.2, file.words.3] { append(word) }
    }

    private mutating func append(_ list: [AuthInfo]) {
        append(UInt32(list.count))
        // By bytes, because Swift calls two strings equal when they only look the same.
        let sorted = list.count < 2 ? list : list.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for item in sorted {
            append(item.key)
            append(item.value)
        }
    }

    private mutating func append(_ value: AuthInfo.Value) {
        switch value {
        case .integer(let number):
            append(UInt8(ascii: "i"))
            append(number)
        case .string(let secret):
            append(UInt8(ascii: "s"))
            append(secret.reveal())
        case .boolean(let flag):
            append(UInt8(ascii: "b"))
            append(flag)
        }
    }

    private mutating func appendOptional<Value>(
        _ value: Value?, _ append: (inout RowEncoding, Value) -> Void
    ) {
        bytes.append(value == nil ? 0 : 1)
        if let value { append(&self, value) }
    }

    private mutating func append(_ flag: Bool) {
        bytes.append(flag ? 1 : 0)
    }

    private mutating func append(_ text: String) {
        append(UInt32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
