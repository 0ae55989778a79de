import Glibc

/// The bytes of an input, from a path or from standard input.
///
/// A kept input is copied into memory of the kernel first, so that nothing done to the file during a run matters and
/// its rows can be read again, from any thread. One that is not kept can be read once, from front to back, by one thread.
package final class InputFile: Sendable {
    /// What problems call it: the path as given, `-` for standard input.
    package let name: String
    /// Whether the bytes can be read again.
    let isKept: Bool
    private let descriptor: FileDescriptor

    private init(name: String, isKept: Bool, descriptor: consuming FileDescriptor) {
        self.name = name
        self.isKept = isKept
        self.descriptor = descriptor
    }

    /// Opens an input, and copies it when it is to be kept. Blocks until standard input is at its end in that case.
    ///
    /// - Parameters:
    ///   - path: a path, or `-` for standard input.
    ///   - kept: whether rows will be read again.
    /// - Throws: ``InputError`` when there is no such file, or it is a folder or must not be read.
    package static func open(_ path: String, kept: Bool) throws(InputError) -> InputFile {
        let source = path == "-" ? try FileDescriptor.standardInput() : try FileDescriptor.open(path)
        guard kept else { return InputFile(name: path, isKept: false, descriptor: source) }
        let copy = try FileDescriptor.memory(for: path)
        try source.drain(name: path) { piece throws(InputError) in try copy.append(piece, name: path) }
        return InputFile(name: path, isKept: true, descriptor: copy)
    }

    /// Whether neither group nor others can read the file it was opened from; only for one that is not kept.
    var isPrivate: Bool { descriptor.mode & (S_IRGRP | S_IROTH) == 0 }

    /// The folder that `file:` references are relative to.
    package var folder: String { Self.folder(of: name) }

    static func folder(of name: String) -> String {
        guard name != "-", let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == name.startIndex ? "/" : String(name[..<slash])
    }

    /// Calls `body` with the raw bytes, slice after slice. The input must be a kept one.
    ///
    /// - Throws: ``InputError`` when the bytes cannot be read, and what `body` throws.
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
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(InputError) -> Int {
        try isKept
            ? descriptor.read(at: offset, into: buffer, name: name)
            : descriptor.read(into: buffer, name: name)
    }
}
