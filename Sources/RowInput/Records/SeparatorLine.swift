import Platform

/// The line `sep=;` that Excel reads at the top of a CSV and other programs write for it.
struct SeparatorLine {
    /// The byte that it names as the delimiter.
    let delimiter: UInt8
    /// Its bytes, line end included.
    let length: Int

    /// Bytes of the longest such line, and one more.
    static let limit = 16

    /// Reads the line at the start of a text; nil when there is none.
    ///
    /// - Throws: ``TextFault`` when there is one that names no delimiter known here.
    init?(_ start: Bytes) throws(TextFault) {
        let isQuoted = start.first == UInt8(ascii: "\"")
        let body = start.part((isQuoted ? 1 : 0)..<start.count)
        guard body.count >= 4, body.part(0..<4).equalsIgnoringCase("sep=") else { return nil }
        let rest = body.part(4..<body.count)
        guard let delimiter = rest.first, Dialect.delimiters.contains(delimiter),
            let tail = Self.tailLength(rest.part(1..<rest.count), isQuoted: isQuoted)
        else {
            throw TextFault(
                code: .separatorUnknown, line: 1,
                message: "the line 'sep=' names none of the delimiters comma, semicolon, tab and pipe")
        }
        self.delimiter = delimiter
        length = (isQuoted ? 1 : 0) + 5 + tail
    }

    /// Length of what follows the delimiter: the closing quote and the line end; nil when there is anything else.
    private static func tailLength(_ tail: Bytes, isQuoted: Bool) -> Int? {
        var index = 0
        if isQuoted {
            guard tail.first == UInt8(ascii: "\"") else { return nil }
            index = 1
        }
        guard index < tail.count else { return index }
        switch tail[index] {
        case 0x0A: return index + 1
        case 0x0D: return index + (index + 1 < tail.count && tail[index + 1] == 0x0A ? 2 : 1)
        default: return nil
        }
    }
}
