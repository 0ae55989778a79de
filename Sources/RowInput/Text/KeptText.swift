import Platform

/// The UTF-8 text of an input, for reading rows again by their offsets, from any thread.
///
/// The input itself when that is UTF-8, else a copy in memory of the kernel, written while the input is read.
final class KeptText: Sendable {
    private let input: InputFile
    private let copy: FileDescriptor?

    /// - Parameters:
    ///   - input: whose text it is.
    ///   - isCopied: whether the text is not the input's own bytes.
    init(of input: InputFile, isCopied: Bool) throws(ToolError) {
        self.input = input
        copy = isCopied && input.isKept ? try FileDescriptor.memory(for: input.name) : nil
    }

    /// Adds to the copy, if there is one.
    func append(_ piece: UnsafeRawBufferPointer) throws(ToolError) {
        try copy?.write(piece)
    }

    /// Some bytes of the text; fewer only at its end, none when the input was not kept.
    func bytes(at offset: Int, count: Int) throws(ToolError) -> [UInt8] {
        guard input.isKept else { return [] }
        var failure: ToolError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(ToolError) {
                filled = try fill(UnsafeMutableRawBufferPointer(buffer), from: offset)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    private func fill(_ buffer: UnsafeMutableRawBufferPointer, from offset: Int) throws(ToolError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = try read(at: offset + filled, into: rest)
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    private func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        if let count = try copy?.read(at: offset, into: buffer) { return count }
        return try input.read(at: offset, into: buffer)
    }
}
