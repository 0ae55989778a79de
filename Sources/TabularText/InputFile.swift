import Glibc
package import Platform
import Synchronization

/// The bytes of an input, from a path or from standard input.
///
/// A kept input is copied into memory of the kernel as it is read for the first time, so that nothing done to the file
/// during a run matters and its rows can be read again, from any thread. One that is not kept can be read once, from
/// front to back, by one thread. The copy takes as much memory as the input is large, twice that for an input that is no
/// UTF-8, because on a disk the secrets in it would stand in the clear.
package final class InputFile: Sendable {
    /// What diagnostics call it: the path as given, `-` for standard input.
    package let name: String
    /// Whether the bytes can be read again.
    let isKept: Bool
    /// Where the bytes come from; nil once it is at its end.
    private let source: Lock<FileDescriptor?>
    /// What was read of a kept input so far.
    private let copy: FileDescriptor?
    private let mode: mode_t
    /// Bytes of the file it was opened from; nil where nobody knows that, as for a pipe.
    package let size: Int?
    private let count = Atomic(0)

    private init(name: String, source: consuming FileDescriptor, copy: consuming FileDescriptor?, isKept: Bool) {
        self.name = name
        self.isKept = isKept
        mode = source.mode
        size = source.size
        self.source = Lock(source)
        self.copy = copy
    }

    /// Opens an input.
    ///
    /// - Parameters:
    ///   - path: a path, or `-` for standard input.
    ///   - kept: whether rows will be read again.
    /// - Throws: ``ToolError`` when there is no such file, or it is a folder or must not be read.
    package static func open(_ path: String, kept: Bool) throws(ToolError) -> InputFile {
        let source = try FileDescriptor.input(path)
        let copy = kept ? try FileDescriptor.memory(for: path) : nil
        return InputFile(name: path, source: source, copy: copy, isKept: kept)
    }

    /// Whether neither group nor others can read the file it was opened from; only for one that is not kept.
    package var isPrivate: Bool { mode & (S_IRGRP | S_IROTH) == 0 }

    /// Bytes that were read for the first time so far. Waits for nothing, whoever is reading.
    package var bytesRead: Int { count.load(ordering: .relaxed) }

    /// The folder that `file:` references are relative to.
    package var folder: String { Self.folder(of: name) }

    static func folder(of name: String) -> String {
        guard name != "-", let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == name.startIndex ? "/" : String(name[..<slash])
    }

    /// Calls `body` with the raw bytes, slice after slice. The input must be a kept one.
    ///
    /// - Throws: ``ToolError`` when the bytes cannot be read, and what `body` throws.
    package func forEachSlice(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        precondition(isKept, "only a kept input can be read again")
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        var offset = 0
        while case let count = try read(at: offset, into: buffer), count > 0 {
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += count
        }
    }

    /// Reads some bytes; 0 at the end. An input that is not kept ignores the offset and goes on where it stands.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        guard isKept else { return try readSource(into: buffer) }
        while true {
            let count = try copy?.read(at: offset, into: buffer) ?? 0
            if count > 0 { return count }
            // Behind what was read so far, or at the end.
            guard try readSource(into: buffer) > 0 else { return 0 }
        }
    }

    /// Reads what comes next, and adds it to the copy.
    private func readSource(into buffer: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        try source.withLock { source throws(ToolError) in
            let count = try source?.read(into: buffer) ?? 0
            // A terminal and a file that grows would have more after their end.
            if count == 0 { source = nil }
            self.count.add(count, ordering: .relaxed)
            try copy?.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            return count
        }
    }
}

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
