import Platform

/// The text of an input as UTF-8, slice after slice, from front to back.
///
/// Confined to one thread. Slices are borrowed: each is good until the next call.
final class TextReader {
    /// Bytes of the largest slice.
    static let sliceSize = 1 << 17

    let encoding: TableShape.Encoding
    /// Whether the input starts with a byte order mark; it is no part of the text.
    let hasByteOrderMark: Bool
    /// Where rows can be read again.
    let spool: Spool
    /// Offset of the next slice in the spool.
    private(set) var textOffset: Int

    private let source: RawReader
    private let largestSlice: Int
    private var buffer = SliceBuffer(capacity: TextReader.sliceSize)
    private var transcoder: Transcoder?
    private let refusal: Diagnostic?

    /// - Parameters:
    ///   - input: what to read.
    ///   - choice: how its bytes are text.
    ///   - sliceSize: bytes of the largest slice, at least 1.
    init(
        _ input: InputFile, encoding choice: TableChoices.Encoding = .automatic,
        sliceSize: Int = TextReader.sliceSize
    ) throws(ToolError) {
        largestSlice = sliceSize
        source = RawReader(input, largestRead: sliceSize)
        let head = try source.head(TextEncoding.headLength)
        let start = head.withUnsafeBufferPointer { TextEncoding(head: $0, choice: choice) }
        source.skip(start.markLength)
        encoding = start.encoding
        hasByteOrderMark = start.markLength > 0
        refusal = start.diagnostic
        let isUTF8 = start.encoding == .utf8
        textOffset = isUTF8 ? start.markLength : 0
        spool = try Spool(of: input, isCopied: !isUTF8)
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
    func diagnostic(onLine line: Int) -> Diagnostic? {
        if let refusal { return refusal }
        guard transcoder?.hasFailed == true else { return nil }
        return Diagnostic(
            .encodingInvalid, severity: .file, line: line, "there are bytes here that are no \(encoding.title)")
    }

    /// Returns whether there is more text now.
    @discardableResult
    private func fill() throws(ToolError) -> Bool {
        guard refusal == nil else { return false }
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
            try spool.append(UnsafeRawBufferPointer(rebasing: room[..<count]))
            buffer.add(count)
            if count > 0 { return true }
        }
        transcoder?.finish()
        return false
    }
}

/// The bytes of an input from front to back, its head looked at first.
private final class RawReader {
    private let input: InputFile
    private var buffer = SliceBuffer(capacity: 1 << 16)
    private var offset = 0
    private let largestRead: Int

    /// - Parameters:
    ///   - input: what to read.
    ///   - largestRead: bytes to read at most at once, at least 1.
    init(_ input: InputFile, largestRead: Int) {
        self.input = input
        self.largestRead = largestRead
    }

    /// The first bytes, at least `count` of them if there are so many, without taking them.
    func head(_ count: Int) throws(ToolError) -> [UInt8] {
        while buffer.waiting.count < count, try fill() {}
        return Array(buffer.waiting.prefix(count))
    }

    /// Takes bytes that were looked at.
    func skip(_ count: Int) { buffer.drop(count) }

    /// The next bytes, borrowed until the next call; none at the end.
    func next() throws(ToolError) -> UnsafeRawBufferPointer {
        if buffer.waiting.isEmpty { _ = try fill() }
        let piece = UnsafeRawBufferPointer(buffer.waiting)
        buffer.drop(piece.count)
        return piece
    }

    /// Reads bytes into a place of the caller's.
    ///
    /// - Returns: how many; 0 at the end.
    func read(into room: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        let waiting = buffer.waiting.prefix(room.count)
        if !waiting.isEmpty {
            room.copyMemory(from: UnsafeRawBufferPointer(Bytes(rebasing: waiting)))
            buffer.drop(waiting.count)
            return waiting.count
        }
        return try read(room)
    }

    private func fill() throws(ToolError) -> Bool {
        let count = try read(buffer.room(1))
        buffer.add(count)
        return count > 0
    }

    private func read(_ room: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        let count = try input.read(
            at: offset, into: UnsafeMutableRawBufferPointer(rebasing: room.prefix(largestRead)))
        offset += count
        return count
    }
}

/// Bytes that were read and not handed out yet, in one buffer that grows when more must be looked at together.
private struct SliceBuffer: ~Copyable {
    private var bytes: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var range = 0..<0

    /// - Parameter capacity: bytes to make room for at once, at least 1.
    init(capacity: Int) {
        self.capacity = capacity
        bytes = .allocate(capacity: capacity)
    }

    deinit {
        bytes.deallocate()
    }

    /// What waits to be handed out, borrowed until the next change.
    var waiting: Bytes { Bytes(start: bytes + range.lowerBound, count: range.count) }

    /// Room behind what waits, at least `count` bytes of it.
    mutating func room(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if range.isEmpty { range = 0..<0 }
        if capacity - range.upperBound < count { grow(by: count) }
        return UnsafeMutableRawBufferPointer(start: bytes + range.upperBound, count: capacity - range.upperBound)
    }

    /// Notes that so many bytes were put into the room.
    mutating func add(_ count: Int) { range = range.lowerBound..<range.upperBound + count }

    /// Takes bytes from the front.
    mutating func drop(_ count: Int) { range = range.lowerBound + count..<range.upperBound }

    private mutating func grow(by count: Int) {
        capacity = max(capacity * 2, range.count + count)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.initialize(from: bytes + range.lowerBound, count: range.count)
        bytes.deallocate()
        bytes = larger
        range = 0..<range.count
    }
}
