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

    /// An input that is open already; it is not kept.
    package convenience init(_ source: consuming FileDescriptor) {
        self.init(name: source.name, source: source, copy: nil, isKept: false)
    }

    /// An input that stands in memory and was no file; it is kept.
    ///
    /// - Parameters:
    ///   - bytes: what it holds.
    ///   - name: what diagnostics call it; paths in it are relative to its folder.
    /// - Throws: ``ToolError`` when the machine has no memory for it.
    package static func holding(_ bytes: [UInt8], name: String) throws(ToolError) -> InputFile {
        let source = try FileDescriptor.memory(for: name)
        // It may hold secrets, and nobody else can open it.
        fchmod(source.number, S_IRUSR | S_IWUSR)
        try source.write(bytes)
        lseek(source.number, 0, SEEK_SET)
        return InputFile(name: name, source: source, copy: try .memory(for: name), isKept: true)
    }

    /// Whether neither group nor others can read the file it was opened from.
    package var isPrivate: Bool { mode & (S_IRGRP | S_IROTH) == 0 }

    /// Whether it is a file that others than its owner can read.
    package var isExposed: Bool { size != nil && !isPrivate }

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

/// The UTF-8 text of an input, for reading records again by their spans, from any thread.
///
/// The input itself when that is UTF-8, else a copy in memory of the kernel, written while the input is read.
package final class Spool: Sendable {
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
    fileprivate func bytes(at offset: Int, count: Int) throws(ToolError) -> [UInt8] {
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

    /// The line end behind a record: CRLF, LF or CR; LF when it has none, or when the text cannot be read again.
    func lineEnding(after span: RecordSpan) throws(ToolError) -> [UInt8] {
        // From the byte before the last to the one behind: a slice may have cut a CRLF in two.
        let start = max(0, span.offset + span.length - 2)
        let bytes = try bytes(at: start, count: 3)
        let last = span.offset + span.length - 1 - start
        guard last >= 0, last < bytes.count else { return [0x0A] }
        switch bytes[last] {
        case 0x0A: return last > 0 && bytes[last - 1] == 0x0D ? [0x0D, 0x0A] : [0x0A]
        case 0x0D: return last + 1 < bytes.count && bytes[last + 1] == 0x0A ? [0x0D, 0x0A] : [0x0D]
        default: return [0x0A]
        }
    }
}

/// Reads records of a spool again, one after the other, best in their order. Confined to one thread at a time.
package struct SpoolReader: ~Copyable {
    private let spool: Spool
    private var parser: CSVParser
    /// A part of the text, read ahead, because records are mostly wanted in their order.
    private var window: [UInt8] = []
    private var windowStart = 0
    private static let windowSize = 1 << 14

    /// - Parameters:
    ///   - spool: what to read.
    ///   - delimiter: the byte between the cells of a CSV.
    package init(_ spool: Spool, delimiter: UInt8) {
        self.spool = spool
        parser = CSVParser(delimiter: delimiter)
    }

    /// A record of a CSV, borrowed until the next one is read.
    ///
    /// - Returns: nil when there is none any more; the reader is of no use then.
    /// - Throws: ``ToolError`` when the spool cannot be read.
    package mutating func record(at span: RecordSpan) throws(ToolError) -> Record? {
        guard let bytes = try line(at: span) else { return nil }
        do throws(CSVError) {
            let isWhole = try bytes.withUnsafeBufferPointer { text throws(CSVError) in try parser.feed(text) }
            // The last record of a text may lack its line end.
            if !isWhole { guard try parser.finish() else { return nil } }
        } catch {
            return nil
        }
        return parser.record
    }

    /// The bytes of a record, a line of JSON lines, its line end with it; nil when they are not there any more.
    ///
    /// - Throws: ``ToolError`` when the spool cannot be read.
    package mutating func line(at span: RecordSpan) throws(ToolError) -> ArraySlice<UInt8>? {
        if span.offset < windowStart || span.offset + span.length > windowStart + window.count {
            window = try spool.bytes(at: span.offset, count: max(span.length, Self.windowSize))
            windowStart = span.offset
        }
        let bytes = window[(span.offset - windowStart)...].prefix(span.length)
        return bytes.count == span.length ? bytes : nil
    }
}
