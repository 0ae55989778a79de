import Platform

/// The three ways to end a line.
enum LineEnding {
    /// The line end behind a record; LF when it has none, or when the text cannot be read again.
    static func after(_ place: RecordPlace, in text: KeptText) throws(ToolError) -> [UInt8] {
        // From the byte before the last to the one behind: a slice may have cut a CRLF in two.
        let start = max(0, place.offset + place.length - 2)
        let bytes = try text.bytes(at: start, count: 3)
        let last = place.offset + place.length - 1 - start
        guard last >= 0, last < bytes.count else { return [0x0A] }
        switch bytes[last] {
        case 0x0A: return last > 0 && bytes[last - 1] == 0x0D ? [0x0D, 0x0A] : [0x0A]
        case 0x0D: return last + 1 < bytes.count && bytes[last + 1] == 0x0A ? [0x0D, 0x0A] : [0x0D]
        default: return [0x0A]
        }
    }
}
