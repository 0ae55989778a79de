/// How a piece of the input is shown inside a message: on one line, readable, and not too long.
package enum Quotation {
    /// Bytes of a cell that a message shows; the rest is cut.
    package static let limit = 60

    /// The bytes between single quotes, escaped and cut.
    package static func of(_ bytes: some Collection<UInt8>) -> String { "'\(escaped(bytes))'" }

    /// The text with everything that is no visible character escaped, at most `limit` bytes of it.
    package static func escaped(_ bytes: some Collection<UInt8>, limit: Int = limit) -> String {
        // A cut may fall inside a character: its bytes then show as escapes, which is ugly but true.
        let shown = bytes.prefix(limit)
        let text = escaped(String(decoding: shown, as: UTF8.self), raw: shown)
        return bytes.count > limit ? text + "…" : text
    }

    /// The text with line breaks and other control characters escaped.
    package static func escaped(_ text: String) -> String { escaped(text, raw: text.utf8) }

    private static func escaped(_ text: String, raw: some Collection<UInt8>) -> String {
        guard text.utf8.elementsEqual(raw) else { return raw.map(escape).joined() }
        return text.unicodeScalars.map(escape).joined()
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case _ where SystemText.isByte(scalar): return escape(UInt8(truncatingIfNeeded: scalar.value))
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            return "\\u{\(String(scalar.value, radix: 16))}"
        case .spaceSeparator where scalar != " ":
            return "\\u{\(String(scalar.value, radix: 16))}"
        default:
            return String(scalar)
        }
    }

    private static func escape(_ byte: UInt8) -> String {
        if byte >= 0x80 { return "\\x\(String(byte, radix: 16))" }
        return escape(Unicode.Scalar(byte))
    }
}
