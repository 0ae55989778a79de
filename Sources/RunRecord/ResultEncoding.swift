import FleetModel
import TabularText

/// Turns UTF-8 into the bytes of the result file.
///
/// The result is encoded as the input was, except that windows-1252 becomes UTF-8 with a byte order mark: a PBX may say
/// things that have no place in windows-1252.
struct ResultEncoding {
    private let encoding: TableShape.Encoding
    private let hasByteOrderMark: Bool

    init(shape: TableShape) {
        encoding = shape.encoding == .windows1252 ? .utf8 : shape.encoding
        hasByteOrderMark = shape.hasByteOrderMark || shape.encoding == .windows1252
    }

    /// What the file begins with.
    var prologue: [UInt8] {
        hasByteOrderMark ? encode(Array("\u{FEFF}".utf8)) : []
    }

    /// - Parameter text: whole characters in UTF-8.
    func encode(_ text: [UInt8]) -> [UInt8] {
        switch encoding {
        case .utf8, .windows1252: return text
        case .utf16LittleEndian: return units(text) { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        case .utf16BigEndian: return units(text) { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        }
    }

    private func units(_ text: [UInt8], _ split: (UInt16) -> [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 2)
        for unit in String(decoding: text, as: UTF8.self).utf16 { bytes.append(contentsOf: split(unit)) }
        return bytes
    }
}
