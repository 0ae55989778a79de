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
    private static let window = 8192
    /// Shorter secrets are not kept, because they stand in too many texts that do not mean them.
    static let shortestSecret = 4
    /// Each line of a private key is one.
    private static let mostBytes = 65_536
    private static let mostSecrets = 1024
    /// Shorter secrets could be found in words that only follow one another.
    private static let shortestFolded = 24

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

    /// The text with each secret as `***`, short ones of its own too, however it is written; control characters as blanks;
    /// cut at ``longest``.
    func redact(_ text: String, alsoWithout own: [Secret] = []) -> String {
        let length = text.utf8.count
        let spellings = Set((own + secrets).flatMap { Self.spellings(of: $0, within: length) })
        if spellings.isEmpty, length <= Self.longest, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        // The bytes behind the window are there for a secret that begins in it.
        let masked = Self.mask(spellings, in: Array(text.utf8.prefix(Self.window + Self.longestSpelling)))
        var scalars = String.UnicodeScalarView()
        for scalar in String(decoding: masked, as: UTF8.self).unicodeScalars.prefix(Self.longest) {
            scalars.append(scalar.isShowable ? scalar : " ")
        }
        return String(scalars)
    }

    /// Where long secrets begin and end that have other blanks in them than they should: a key may be folded at any
    /// width.
    private static func ends(of spellings: Set<[UInt8]>, in text: [UInt8]) -> [Int: Int] {
        let long = Set(spellings.map { $0.filter { $0 != 0x20 } }.filter { $0.count >= shortestFolded })
        guard !long.isEmpty else { return [:] }
        let places = text.indices.filter { text[$0] != 0x20 }
        let dense = places.map { text[$0] }
        let search = Search(for: long)
        var ends: [Int: Int] = [:]
        for index in dense.indices {
            guard let found = search.longest(in: dense, at: index) else { continue }
            ends[places[index]] = places[index + found.count - 1] + 1
        }
        return ends
    }

    /// Masks before anything is cut, because half a secret would not be found; stops when there is enough.
    ///
    /// Secrets that overlap, or follow one another at once, become one mask.
    private static func mask(_ spellings: Set<[UInt8]>, in text: [UInt8]) -> [UInt8] {
        let folded = text.map(\.folded)
        let spread = ends(of: spellings, in: folded)
        let search = Search(for: spellings)
        var shown: [UInt8] = []
        var (end, wasHidden) = (0, false)
        for position in 0..<min(text.count, window) where shown.count < longest * 4 {
            let found = search.longest(in: folded, at: position)
            // What is as long as can be was cut: the whole secret may go on to the end of the text.
            if let found { end = found.count < longestSpelling ? max(end, position + found.count) : text.count }
            end = max(end, spread[position] ?? 0)
            let isHidden = position < end
            if !isHidden { shown.append(text[position]) } else if !wasHidden { shown += Secret.mask.utf8 }
            wasHidden = isHidden
        }
        return shown
    }
}

/// Finds the longest of some spellings, none of them empty.
private struct Search {
    private let byFirst: [UInt8: [[UInt8]]]

    init(for spellings: Set<[UInt8]>) {
        byFirst = Dictionary(grouping: spellings) { $0[0] }.mapValues { $0.sorted { $0.count > $1.count } }
    }

    /// The one that stands at a place of a text; nil when none does.
    func longest(in text: [UInt8], at index: Int) -> [UInt8]? {
        byFirst[text[index]]?.first { text.has($0, at: index) }
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
        ((authInfo ?? []).secrets + unreadSecrets).filter { secret in
            secret.byteCount >= Redactor.shortestSecret && !secret.isMask
        }
    }
}

extension UInt8 {
    /// As bytes are compared: capitals as small letters, and control characters as the blanks that are shown for them.
    fileprivate var folded: UInt8 { self < 0x20 || self == 0x7F ? 0x20 : lowercased }
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

    /// The spellings of a secret and of its long lines, as bytes are compared.
    ///
    /// - Parameters:
    ///   - secret: what to spell.
    ///   - length: bytes of the text that they are looked for in: it has no room for longer ones.
    static func spellings(of secret: Secret, within length: Int) -> [[UInt8]] {
        var text = secret.reveal()
        guard text.withUTF8({ $0.contains { $0 <= 0x20 } }) else { return spellings(of: text, within: length) }
        let lines = text.split(whereSeparator: \.isNewline).filter { $0.utf8.count >= shortestFolded }
        let trimmed = text.unicodeScalars.drop { $0.value <= 0x20 }.reversed().drop { $0.value <= 0x20 }.reversed()
        return ([text, String(String.UnicodeScalarView(trimmed))] + lines.map(String.init)).flatMap {
            spellings(of: $0, within: length)
        }
    }

    /// Those of a text that may have other blanks in it than it should.
    private static func spellings(of text: String, within length: Int) -> [[UInt8]] {
        func fits(_ bytes: Int) -> Bool { min(bytes, longestSpelling) <= length }
        var text = text
        let leastSize = text.withUTF8 { $0.count { $0 > 0x20 } }
        guard leastSize > 0, fits(leastSize) else { return [] }
        text = String(text.unicodeScalars.prefix(longestSpelling))
        let size = text.utf8.count
        var all = [Array(text.utf8)]
        if fits(size * 4 / 3) { all += base64(text) }
        if fits(size * 2) { all.append(hexadecimal(text, before: "")) }
        if fits(size * 3) { all.append(hexadecimal(text, before: "%")) }
        if fits(text.utf16.count * 6) { all.append(text.unicodeScalars.flatMap(escape)) }
        if text.percentEncoded() != text { all += json(text) + percent(text) + html(text) }
        return all.map { $0.prefix(longestSpelling).map(\.folded) }
    }

    /// Of ways to treat some characters, the first one and those that make a difference to the text.
    private static func ways(_ ways: [String], in text: String) -> [String] {
        ways.prefix(1) + ways.dropFirst().filter { $0.unicodeScalars.contains(where: text.unicodeScalars.contains) }
    }

    /// The inside of a JSON string, with more characters escaped than must be.
    private static func json(_ text: String) -> [[UInt8]] {
        var spellings: [[UInt8]] = []
        for slash in ways(["/", "\\/"], in: text) {
            for allowsOnlyASCII in text.utf8.contains(where: { $0 >= 0x80 }) ? [false, true] : [false] {
                for avoided in ways(["", "&<>", "&<>'"], in: text) {
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
        ways(["", "/", "!'()*", "/!'()*"], in: text).flatMap { kept in
            let encoded = text.percentEncoded(keeping: kept)
            let plus = text.utf8.contains(0x20) ? [encoded.replacing("%20", with: "+")] : []
            return ([encoded, encoded.percentEncoded()] + plus).map { Array($0.utf8) }
        }
    }

    private static func html(_ text: String) -> [[UInt8]] {
        let quotes = text.utf8.contains(UInt8(ascii: "\"")) ? ["\"", "&quot;", "&#34;"] : [""]
        let apostrophes = text.utf8.contains(UInt8(ascii: "'")) ? ["'", "&#39;", "&#039;", "&#x27;", "&apos;"] : [""]
        return quotes.flatMap { quote in
            apostrophes.map { apostrophe in
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
        func forURL(_ digit: UInt8) -> UInt8 {
            digit == UInt8(ascii: "+") ? UInt8(ascii: "-") : digit == UInt8(ascii: "/") ? UInt8(ascii: "_") : digit
        }
        return [padded, digits].flatMap { spelling in [spelling, spelling.map(forURL)] }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}

extension Job {
    /// The secret of its credentials, also as HTTP writes a login, those of the DNS provider, and those of its file.
    var secrets: [Secret] {
        let secrets: [Secret] =
            switch credentials {
            case .token(let token): [token]
            case .client(let id, let secret): [secret, Secret("\(id):\(secret.reveal())")]
            }
        return secrets + (edit.authInfo ?? []).secrets + (edit.file?.secrets ?? [])
    }
}
