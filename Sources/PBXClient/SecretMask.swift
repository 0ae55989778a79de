import JSONText
import JobModel

/// Makes a text from a PBX fit to be shown: without secrets, control characters, and length.
struct SecretMask {
    /// The most characters that are kept.
    static let longest = 500

    private let secrets: [Secret]

    init(_ secrets: [Secret]) {
        self.secrets = secrets
    }

    /// The text with each secret as `***`, however it is written; control characters as blanks; cut at ``longest``.
    func clean(_ text: String) -> String {
        let spellings = secrets.flatMap { Self.spellings(of: $0.reveal(), upTo: text.utf8.count) }
        if spellings.isEmpty, text.utf8.count <= Self.longest, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
            return text
        }
        let masked = Self.mask(spellings, in: Array(text.utf8))
        var scalars = String.UnicodeScalarView()
        for scalar in String(decoding: masked, as: UTF8.self).unicodeScalars.prefix(Self.longest) {
            scalars.append(scalar.isShowable ? scalar : " ")
        }
        return String(scalars)
    }

    /// Masks before anything is cut, because half a secret would not be found; stops when there is enough.
    private static func mask(_ spellings: [[UInt8]], in text: [UInt8]) -> [UInt8] {
        var shown: [UInt8] = []
        var position = 0
        while position < text.count, shown.count < longest * 4 {
            let end = endOfSecret(in: text, from: position, spellings)
            if end > position {
                shown += Secret.mask.utf8
                position = end
            } else {
                shown.append(text[position])
                position += 1
            }
        }
        return shown
    }

    /// Where the run of secrets that starts here ends, those that overlap it or follow at once with it.
    private static func endOfSecret(in text: [UInt8], from start: Int, _ spellings: [[UInt8]]) -> Int {
        var (end, position) = (start, start)
        while position <= end, position < text.count {
            for spelling in spellings where text[position...].starts(with: spelling) {
                end = max(end, position + spelling.count)
            }
            position += 1
        }
        return end
    }

    /// How a PBX may write a secret back: as it is, as JSON escapes it in several ways, and as a URL encodes it.
    private static func spellings(of secret: String, upTo length: Int) -> [[UInt8]] {
        // No spelling is shorter than the secret itself.
        guard !secret.isEmpty, secret.utf8.count <= length else { return [] }
        let percent = secret.percentEncoded()
        let spellings = [
            Array(secret.utf8), jsonSpelling(secret, { _ in false }), jsonSpelling(secret, { $0 == "/" }),
            jsonSpelling(secret, { !$0.isASCII }), jsonSpelling(secret, { $0 == "/" || !$0.isASCII }),
            Array(percent.utf8), lowercasedEscapes(percent), Array(percent.replacing("%20", with: "+").utf8),
        ]
        return Array(Set(spellings))
    }

    /// The inside of a JSON string, with more characters escaped than must be.
    private static func jsonSpelling(_ text: String, _ isEscaped: (UnicodeScalar) -> Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if scalar == "/", isEscaped(scalar) {
                bytes += "\\/".utf8
            } else if isEscaped(scalar) {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    bytes += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
                }
            } else {
                var quoted: [UInt8] = []
                quoted.appendJSONString(String(scalar))
                bytes += quoted.dropFirst().dropLast()
            }
        }
        return bytes
    }

    /// `%2F` as `%2f`; letters outside of escapes stay as they are.
    private static func lowercasedEscapes(_ text: String) -> [UInt8] {
        var bytes = Array(text.utf8)
        for index in bytes.indices where bytes[index] == UInt8(ascii: "%") {
            for digit in bytes[index...].dropFirst().prefix(2).indices where bytes[digit] >= UInt8(ascii: "A") {
                bytes[digit] |= 0x20
            }
        }
        return bytes
    }
}

extension UnicodeScalar {
    /// Whether it neither moves a cursor nor hides or reorders text.
    fileprivate var isShowable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
