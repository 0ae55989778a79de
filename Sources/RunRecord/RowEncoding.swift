import Platform
import FleetModel

/// The bytes a row key is the hash of: each field is marked as absent or present, and each text carries its length, so
/// that no two different rows have the same bytes.
struct RowEncoding {
    private(set) var bytes: [UInt8] = []

    init(salt: RowSalt) {
        bytes.reserveCapacity(384)
        append(salt.bits.high)
        append(salt.bits.low)
    }

    mutating func append(_ host: HostKey) {
        append(host.name)
        append(host.port)
    }

    mutating func append(_ edit: CertificateEdit) {
        append(edit.id)
        appendOptional(edit.name) { $0.append($1) }
        appendOptional(edit.issueTo) { $0.append($1) }
        appendOptional(edit.autoRenewal) { $0.append($1) }
        appendOptional(edit.dnsProvider) { $0.append($1) }
        appendOptional(edit.authInfo) { $0.append($1) }
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
