import Platform
import Glibc
import FleetModel

/// Makes texts from a PBX fit to be shown: without the secrets that it was given or gave, without control characters, and
/// not long. It may write any of them into any later answer, so the last ones are kept.
struct Redactor: Sendable {
    /// The most characters of a text that are kept.
    static let longest = 500

    /// Bytes of a text that are looked at; what is kept comes from there.
    private static let window = 8192
    /// Shorter secrets are not kept, because they stand in too many texts that do not mean them.
    private static let shortestSecret = 4
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
        let candidates = own.filter { $0.byteCount <= length } + secrets.filter { $0.byteCount <= length }
        if candidates.isEmpty, length <= Self.longest, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        let spellings = Set(candidates.flatMap(Self.spellings))
        // The bytes behind the window are there for a secret that begins in it.
        let masked = Self.mask(spellings, in: Array(text.utf8.prefix(Self.window + Self.longestSpelling)))
        var scalars = String.UnicodeScalarView()
        for scalar in String(decoding: masked, as: UTF8.self).unicodeScalars.prefix(Self.longest) {
            scalars.append(scalar.isShowable ? scalar : " ")
        }
        return String(scalars)
    }

    /// Masks before anything is cut, because half a secret would not be found; stops when there is enough.
    ///
    /// Secrets that overlap, or follow one another at once, become one mask.
    private static func mask(_ spellings: Set<[UInt8]>, in text: [UInt8]) -> [UInt8] {
        let folded = text.map(\.lowercased)
        let byFirst = Dictionary(grouping: spellings) { $0[0] }.mapValues { $0.sorted { $0.count > $1.count } }
        var shown: [UInt8] = []
        var (end, wasHidden) = (0, false)
        for position in 0..<min(text.count, window) where shown.count < longest * 4 {
            let found = byFirst[folded[position]]?.first { folded.has($0, at: position) }
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
