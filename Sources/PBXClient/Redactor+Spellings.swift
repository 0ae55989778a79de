import Platform
import JSONText
import FleetModel

/// How a PBX may write a secret back: as it is, as JSON escapes it in several ways, as a URL or HTML encodes it, in base64,
/// in hexadecimal.
extension Redactor {
    /// The most bytes of a spelling; longer ones are cut here.
    static let longestSpelling = 4096

    /// All spellings of a secret that is not empty, ASCII capitals as small letters.
    static func spellings(of secret: Secret) -> [[UInt8]] {
        let text = String(secret.reveal().unicodeScalars.prefix(longestSpelling))
        guard !text.isEmpty else { return [] }
        let isPlain = text.percentEncoded() == text
        let all =
            [Array(text.utf8), hexadecimal(text)] + base64(text)
            + (isPlain ? [] : json(text) + percent(text) + html(text))
        return all.map { $0.prefix(longestSpelling).map(\.lowercased) }
    }

    /// The inside of a JSON string, with more characters escaped than must be.
    private static func json(_ text: String) -> [[UInt8]] {
        var spellings: [[UInt8]] = []
        for slash in ["/", "\\/"] {
            for allowsOnlyASCII in [false, true] {
                for avoided in ["", "&<>", "&<>'"] {
                    spellings.append(
                        text.unicodeScalars.flatMap { scalar -> [UInt8] in
                            if scalar == "/" { return Array(slash.utf8) }
                            let isEscaped =
                                allowsOnlyASCII && !scalar.isASCII || avoided.unicodeScalars.contains(scalar)
                            return isEscaped ? escape(scalar) : plain(scalar)
                        })
                }
            }
        }
        return spellings
    }

    /// `\u00e9`, or two of them.
    private static func escape(_ scalar: UnicodeScalar) -> [UInt8] {
        String(scalar).utf16.flatMap { unit in
            let digits = String(unit, radix: 16)
            return Array(("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
        }
    }

    private static func plain(_ scalar: UnicodeScalar) -> [UInt8] {
        var quoted: [UInt8] = []
        quoted.appendJSONString(String(scalar))
        return Array(quoted.dropFirst().dropLast())
    }

    private static func percent(_ text: String) -> [[UInt8]] {
        ["", "/", "!'()*", "/!'()*"].flatMap { kept in
            let encoded = text.percentEncoded(keeping: kept)
            return [encoded, encoded.replacing("%20", with: "+"), encoded.percentEncoded()].map { Array($0.utf8) }
        }
    }

    private static func html(_ text: String) -> [[UInt8]] {
        ["\"", "&quot;", "&#34;"].flatMap { quote in
            ["'", "&#39;", "&#039;", "&#x27;", "&apos;"].map { apostrophe in
                text.unicodeScalars.flatMap { scalar -> [UInt8] in
                    switch scalar {
                    case "&": Array("&amp;".utf8)
                    case "<": Array("&lt;".utf8)
                    case ">": Array("&gt;".utf8)
                    case "\"": Array(quote.utf8)
                    case "'": Array(apostrophe.utf8)
                    default: Array(String(scalar).utf8)
                    }
                }
            }
        }
    }

    private static func hexadecimal(_ text: String) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return text.utf8.flatMap { byte in [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    }

    /// With and without the padding, for texts and for URLs.
    private static func base64(_ text: String) -> [[UInt8]] {
        var digits: [UInt8] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for index in 0...group.count { digits.append(alphabet[bits >> (18 - 6 * index) & 63]) }
        }
        let padded = digits + Array(repeating: UInt8(ascii: "="), count: (4 - digits.count % 4) % 4)
        let forURL: [UInt8: UInt8] = [UInt8(ascii: "+"): UInt8(ascii: "-"), UInt8(ascii: "/"): UInt8(ascii: "_")]
        return [padded, digits].flatMap { spelling in [spelling, spelling.map { forURL[$0] ?? $0 }] }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
