import Platform

/// A part of a kept text, read ahead, because rows are mostly wanted in their order.
struct TextWindow {
    private static let size = 1 << 14
    private var bytes: [UInt8] = []
    private var start = 0

    /// Some bytes of a text, always the same one; fewer only at its end, none when the input was not kept.
    mutating func bytes(at offset: Int, count: Int, of text: KeptText) throws(ToolError) -> ArraySlice<UInt8> {
        if offset < start || offset + count > start + bytes.count {
            bytes = try text.bytes(at: offset, count: max(count, Self.size))
            start = offset
        }
        return bytes[(offset - start)...].prefix(count)
    }
}
