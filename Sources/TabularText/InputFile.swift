package import Platform
import Glibc
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
