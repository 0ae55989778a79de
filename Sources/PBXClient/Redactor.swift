import FleetModel
import Glibc
import JSONText
import Platform

/// Makes texts from a PBX fit to be shown: without the secrets that it was given or gave, without control characters, and
/// not long. It may write any of them into any later answer, so the last ones are kept.
struct Redactor: Sendable {
    /// The most characters of a text that are kept.
    static let longest = 500

    /// Bytes of a text that are looked at; what is kept comes from there.
    fileprivate static let window = 8192
    /// Shorter secrets are not kept, because they stand in too many texts that do not mean them.
    static let shortestSecret = 4
    private static let mostBytes = 16_384
    private static let mostSecrets = 128

    /// Those that are kept, the last one used last.
    private(set) var secrets: [Secret] = []
    private var byteCount = 0

    /// Keeps secrets; those that were used longest ago make room.
    mutating func note(_ news: [Secret]) {
        for secret in news where secrets.last != secret {
            let size = secret.byteCount
            guard size >= Self.shortestSecret, size <= Self.mostBytes / 2 else { continue }
            if let index = secrets.lastIndex(of: secret) {
                secrets.remove(at: index)
            } else {
                byteCount += size
            }
            secrets.append(secret)
        }
        while byteCount > Self.mostBytes || secrets.count > Self.mostSecrets {
            byteCount -= secrets.removeFirst().byteCount
        }
    }

    /// The text with each secret as `***`, however it is written; control characters as blanks; cut at ``longest``.
    ///
    /// - Parameters:
    ///   - text: what the PBX said.
    ///   - own: secrets beside those that are kept, short ones too.
    func redact(_ text: String, alsoWithout own: [Secret] = []) -> String {
        let length = text.utf8.count
        // No spelling is shorter than the secret itself.
        return Mask((own + secrets).filter { $0.byteCount <= length }).shown(text)
    }

    /// What hides some secrets, worked out once for many texts.
    struct Mask {
        /// Each spelling by its first byte, the longest first.
        private let spellings: [UInt8: [[UInt8]]]

        init(_ secrets: [Secret]) {
            spellings = Dictionary(grouping: Set(secrets.flatMap(Redactor.spellings))) { $0[0] }
                .mapValues { $0.sorted { $0.count > $1.count } }
        }
    }
}

extension Redactor.Mask {
    /// The text as ``Redactor/redact(_:alsoWithout:)`` shows it.
    func shown(_ text: String) -> String {
        let isShort = text.utf8.count <= Redactor.longest
        if spellings.isEmpty, isShort, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        // The bytes behind the window are there for a secret that begins in it.
        let masked = hiding(in: Array(text.utf8.prefix(Redactor.window + Redactor.longestSpelling)))
        var scalars = String.UnicodeScalarView()
        for scalar in String(decoding: masked, as: UTF8.self).unicodeScalars.prefix(Redactor.longest) {
            scalars.append(scalar.isShowable ? scalar : " ")
        }
        return String(scalars)
    }

    /// Masks before anything is cut, because half a secret would not be found; stops when there is enough.
    ///
    /// Secrets that overlap, or follow one another at once, become one mask.
    private func hiding(in text: [UInt8]) -> [UInt8] {
        let folded = text.map(\.lowercased)
        let (longest, longestSpelling) = (Redactor.longest, Redactor.longestSpelling)
        var shown: [UInt8] = []
        var (end, wasHidden) = (0, false)
        for position in 0..<min(text.count, Redactor.window) where shown.count < longest * 4 {
            let found = spellings[folded[position]]?.first { folded.has($0, at: position) }
            // What is as long as can be was cut: the whole secret may go on to the end of the text.
            if let found { end = found.count < longestSpelling ? max(end, position + found.count) : text.count }
            let isHidden = position < end
            if !isHidden { shown.append(text[position]) } else if !wasHidden { shown += Secret.mask.utf8 }
            wasHidden = isHidden
        }
        return shown
    }
}

extension Secret {
    fileprivate var byteCount: Int { reveal().utf8.count }
}

extension [AuthInfo] {
    /// The texts among the values of DNS credentials: each is a secret.
    var secrets: [Secret] {
        compactMap { item in
            if case .string(let secret) = item.value { secret } else { nil }
        }
    }
}

extension CertificateState {
    /// The secrets that the PBX told, but short ones, which stand in too many texts that do not mean them, and masks.
    var secrets: [Secret] {
        (authInfo ?? []).secrets.filter { secret in
            secret.byteCount >= Redactor.shortestSecret && !secret.reveal().utf8.allSatisfy { $0 == UInt8(ascii: "*") }
        }
    }
}

extension [UInt8] {
    fileprivate func has(_ part: [UInt8], at index: Int) -> Bool {
        guard count - index >= part.count else { return false }
        return withUnsafeBytes { bytes in
            part.withUnsafeBytes { part in
                guard let start = bytes.baseAddress, let other = part.baseAddress else { return false }
                return memcmp(start + index, other, part.count) == 0
            }
        }
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

/// How a PBX may write a secret back: as it is, as JSON escapes it in several ways, once or twice, as a URL or HTML encodes
/// it, in base64, in hexadecimal, each byte or character of it escaped.
extension Redactor {
    /// The most bytes of a spelling; longer ones are cut here.
    static let longestSpelling = 4096

    /// All spellings of a secret that is not empty, ASCII capitals as small letters.
    static func spellings(of secret: Secret) -> [[UInt8]] {
        let text = String(secret.reveal().unicodeScalars.prefix(longestSpelling))
        guard !text.isEmpty else { return [] }
        let isPlain = text.percentEncoded() == text
        let all =
            [
                Array(text.utf8), hexadecimal(text, before: ""), hexadecimal(text, before: "%"),
                text.unicodeScalars.flatMap(escape),
            ] + base64(text) + (isPlain ? [] : json(text) + percent(text) + html(text))
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
        return spellings + spellings.map { String(decoding: $0, as: UTF8.self).unicodeScalars.flatMap(plain) }
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

    private static func hexadecimal(_ text: String, before mark: String) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return text.utf8.flatMap { byte in mark.utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
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
