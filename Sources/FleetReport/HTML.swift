import JSONText

/// A piece of a page. What is written as a literal is markup; whatever is put into it is text, and is escaped.
///
/// It goes by bytes: a sign with a combining mark behind it is one character to Swift, and still ends a tag to a browser.
struct HTML: ExpressibleByStringInterpolation, Sendable {
    private(set) var bytes: [UInt8] = []

    init(stringLiteral text: String) {
        bytes = Array(text.utf8)
    }

    init(stringInterpolation: Interpolation) {
        bytes = stringInterpolation.bytes
    }

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var bytes: [UInt8] = []

        init(literalCapacity: Int, interpolationCount: Int) {
            bytes.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ markup: String) { bytes += markup.utf8 }
        mutating func appendInterpolation(_ piece: HTML) { bytes += piece.bytes }
        mutating func appendInterpolation(_ pieces: [HTML]) { for piece in pieces { bytes += piece.bytes } }
        mutating func appendInterpolation(_ text: String) { bytes.appendEscaped(text) }
        /// A number for people: `12,345`.
        mutating func appendInterpolation(_ number: Int) { bytes += grouped(number).utf8 }
        /// A number for programs: `12345`.
        mutating func appendInterpolation(plain number: some BinaryInteger) { bytes.appendDecimal(Int64(number)) }
    }
}

/// `12,345` for 12345.
func grouped(_ number: Int) -> String {
    let digits = String(number.magnitude)
    var text = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
        text.append(digit)
    }
    return text
}

extension [UInt8] {
    /// Appends a text so that it shows as what it is, within an element and within a quoted attribute.
    fileprivate mutating func appendEscaped(_ text: String) {
        var text = text
        let isPlain = text.withUTF8 { bytes in
            guard !bytes.contains(where: { isSpecial[Int($0)] }) else { return false }
            append(contentsOf: bytes)
            return true
        }
        guard !isPlain else { return }
        for scalar in text.unicodeScalars { appendEscaped(scalar) }
    }

    private mutating func appendEscaped(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "&": self += "&amp;".utf8
        case "<": self += "&lt;".utf8
        case ">": self += "&gt;".utf8
        case "\"": self += "&quot;".utf8
        case "'": self += "&#39;".utf8
        case "\t", "\n": append(UInt8(scalar.value))
        case "\u{0}"..."\u{1F}", "\u{7F}":
            // The picture of a control character: ␛ for the one that begins a terminal's commands.
            let picture = scalar.value == 0x7F ? 0x2421 : 0x2400 + scalar.value
            self += Unicode.Scalar(picture).map { Array(String($0).utf8) } ?? []
        case _ where scalar.turnsText: self += "[U+\(String(scalar.value, radix: 16, uppercase: true))]".utf8
        default: self += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        }
    }
}

/// Bytes that are escaped, or begin a character that may be.
private let isSpecial: [Bool] = {
    let leads: [UInt8] = [0x7F, 0xC2, 0xD8, 0xE2]
    let special = Set(leads + "&<>\"'".utf8)
    return (UInt8.min...UInt8.max).map { $0 < 0x20 || special.contains($0) }
}()

extension Unicode.Scalar {
    /// Whether it is a control character, or one that changes in which direction other text runs.
    fileprivate var turnsText: Bool {
        switch self {
        case "\u{80}"..."\u{9F}", "\u{61C}", "\u{200E}", "\u{200F}", "\u{2028}"..."\u{202E}", "\u{2066}"..."\u{2069}":
            true
        default: false
        }
    }
}
