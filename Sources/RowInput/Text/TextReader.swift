import Platform
import FleetModel

/// The text of an input as UTF-8, slice after slice, from front to back.
///
/// Confined to one thread. Slices are borrowed: each is good until the next call.
final class TextReader {
    /// Bytes of the largest slice.
    static let sliceSize = 1 << 17

    let encoding: InputShape.Encoding
    /// Whether the input starts with a byte order mark; it is no part of the text.
    let hasByteOrderMark: Bool
    /// Where rows can be read again.
    let kept: KeptText
    /// Offset of the next slice in the kept text.
    private(set) var textOffset: Int

    private let source: RawReader
    private let largestSlice: Int
    private var buffer = SliceBuffer(capacity: TextReader.sliceSize)
    private var transcoder: Transcoder?
    private let startFault: TextFault?

    /// - Parameters:
    ///   - input: what to read.
    ///   - choice: how its bytes are text.
    ///   - sliceSize: bytes of the largest slice, at least 1.
    init(
        _ input: InputFile, encoding choice: InputSettings.EncodingChoice = .automatic,
        sliceSize: Int = TextReader.sliceSize
    ) throws(ToolError) {
        largestSlice = sliceSize
        source = RawReader(input, largestRead: sliceSize)
        let head = try source.head(TextEncoding.headLength)
        let start = head.withUnsafeBufferPointer { TextEncoding(head: $0, choice: choice) }
        source.skip(start.markLength)
        encoding = start.encoding
        hasByteOrderMark = start.markLength > 0
        startFault = start.fault
        let isUTF8 = start.encoding == .utf8
        textOffset = isUTF8 ? start.markLength : 0
        kept = try KeptText(of: input, isCopied: !isUTF8)
        if !isUTF8 { transcoder = try Transcoder(from: start.encoding.iconvName) }
    }

    /// The next slice of the text; nil at its end.
    func next() throws(ToolError) -> Bytes? {
        if buffer.waiting.isEmpty { try fill() }
        let slice = Bytes(rebasing: buffer.waiting.prefix(largestSlice))
        take(slice.count)
        return slice.isEmpty ? nil : slice
    }

    /// The text to come, at least `count` bytes of it if there are so many, without taking it.
    func prefix(_ count: Int) throws(ToolError) -> Bytes {
        while buffer.waiting.count < count, try fill() {}
        return buffer.waiting
    }

    /// Takes text that was looked at.
    func take(_ count: Int) {
        buffer.drop(count)
        textOffset += count
    }

    /// Why the text ends where it does, when that is not the end of the input.
    ///
    /// - Parameter line: the line on which it ends.
    func fault(onLine line: Int) -> TextFault? {
        if let startFault { return startFault }
        guard transcoder?.hasFailed == true else { return nil }
        return TextFault(
            code: .encodingInvalid, line: line, message: "there are bytes here that are no \(encoding.title)")
    }

    /// Returns whether there is more text now.
    @discardableResult
    private func fill() throws(ToolError) -> Bool {
        guard startFault == nil else { return false }
        if encoding == .utf8 {
            let count = try source.read(into: buffer.room(1))
            buffer.add(count)
            return count > 0
        }
        return try fillTranscoded()
    }

    private func fillTranscoded() throws(ToolError) -> Bool {
        while transcoder?.hasFailed == false, case let piece = try source.next(), !piece.isEmpty {
            let room = buffer.room(Transcoder.room(for: piece.count))
            let count = transcoder?.turn(piece, into: room) ?? 0
            try kept.append(UnsafeRawBufferPointer(rebasing: room[..<count]))
            buffer.add(count)
            if count > 0 { return true }
        }
        transcoder?.finish()
        return false
    }
}
