package import Glibc

/// An open file, closed when the value goes. Calls that a signal interrupts are made again.
package struct FileDescriptor: ~Copyable, Sendable {
    /// The descriptor's number, for calls that stand nowhere here; good as long as the value is.
    package let number: Int32
    /// What messages call the file.
    package let name: String

    /// Flags for a file that continues an earlier run: a link to elsewhere is refused, and no pipe is waited for.
    package static let continued = O_NOFOLLOW | O_NONBLOCK

    private init(_ number: Int32, name: String) {
        self.number = number
        self.name = name
    }

    /// Takes over what a system call opened.
    ///
    /// - Parameters:
    ///   - number: what the call returned.
    ///   - name: what messages call it.
    /// - Throws: ``ToolError`` when the call failed.
    package init(opened number: Int32, name: String) throws(ToolError) {
        guard number >= 0 else { throw .cannot("open", name, code: errno) }
        self.init(number, name: name)
    }

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: what to open, by its bytes.
    ///   - flags: as for `open`; close-on-exec is always added.
    ///   - mode: permissions of a file that is created, before the process's mask.
    ///   - kind: what it means for the command when it cannot be opened.
    /// - Throws: ``ToolError`` when it cannot be opened.
    package init(
        _ path: String, flags: Int32, mode: mode_t = 0o666, kind: ToolError.Kind = .broken
    ) throws(ToolError) {
        let number = SystemText.withPath(path) { path in retrying { open(path, flags | O_CLOEXEC, mode) } }
        guard number >= 0 else { throw .cannot("open", path, code: errno, kind: kind) }
        self.init(number, name: path)
    }

    /// Opens a file of a folder that is open already; see ``Folder/open(_:flags:mode:)``.
    ///
    /// - Parameter path: what messages call the file.
    init(
        _ name: String, in folder: borrowing FileDescriptor, shownAs path: String, flags: Int32, mode: mode_t
    ) throws(ToolError) {
        let folder = folder.number
        let number = SystemText.withPath(name) { name in retrying { openat(folder, name, flags | O_CLOEXEC, mode) } }
        guard number >= 0 else { throw .cannot("open", path, code: errno) }
        self.init(number, name: path)
    }

    /// Opens what the command line names, for reading.
    ///
    /// - Parameters:
    ///   - path: a path, or `-` for a descriptor of its own on standard input.
    ///   - isWaiting: whether opening and reading wait for what is not there yet, as in a pipe; else they fail.
    /// - Throws: ``ToolError`` of kind `usage` when it does not exist, is a folder or must not be read.
    package static func input(_ path: String, isWaiting: Bool = true) throws(ToolError) -> FileDescriptor {
        let flags = O_RDONLY | O_CLOEXEC | (isWaiting ? 0 : O_NONBLOCK)
        let number =
            path == "-"
            ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
            : SystemText.withPath(path) { path in retrying { open(path, flags) } }
        guard number >= 0 else { throw .cannot("open", path, code: errno, kind: .usage) }
        let file = FileDescriptor(number, name: path)
        guard file.mode & S_IFMT != S_IFDIR else {
            throw ToolError(.usage, "'\(Quotation.escaped(path))' is a folder", hint: "name the file inside it")
        }
        return file
    }

    /// An empty file without a name, in memory.
    ///
    /// - Parameter name: what messages call it.
    /// - Throws: ``ToolError`` when the machine has no memory for it.
    package static func memory(for name: String) throws(ToolError) -> FileDescriptor {
        guard let create = memoryFileCreator else { throw .cannot("keep a copy of", name, code: ENOSYS) }
        let closeOnExec: UInt32 = 1
        let number = create("certfleet", closeOnExec)
        guard number >= 0 else { throw .cannot("keep a copy of", name, code: errno) }
        return FileDescriptor(number, name: name)
    }

    /// An empty file without a name, on the disk where temporary files are; in memory when there is no room for one.
    ///
    /// - Throws: ``ToolError`` when the machine has no memory for it.
    package static func temporary() throws(ToolError) -> FileDescriptor {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var path = Array("\(folder)/certfleet-XXXXXX".utf8CString)
        let number = mkstemp(&path)
        guard number >= 0 else { return try memory(for: "a temporary file") }
        unlink(path)
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        return FileDescriptor(number, name: "a temporary file in \(folder)")
    }

    /// `memfd_create`, which glibc has and its Swift module leaves out.
    private static let memoryFileCreator = dlsym(nil, "memfd_create").map { symbol in
        unsafeBitCast(symbol, to: (@convention(c) (UnsafePointer<CChar>, UInt32) -> Int32).self)
    }

    deinit {
        close(number)
    }

    /// Type and permission bits.
    package var mode: mode_t {
        var status = stat()
        return fstat(number, &status) == 0 ? status.st_mode : 0
    }

    /// Type and permission bits of what a path leads to, without opening it; nil when that is nothing.
    package static func mode(of path: String) -> mode_t? {
        var status = stat()
        return SystemText.withPath(path) { stat($0, &status) } == 0 ? status.st_mode : nil
    }

    /// Bytes of a regular file; nil for anything else.
    package var size: Int? {
        var status = stat()
        return fstat(number, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    /// Reads some bytes from where the file stands; 0 at its end.
    ///
    /// - Throws: ``ToolError`` when it cannot be read.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        let count = retrying { Glibc.read(number, buffer.baseAddress, buffer.count) }
        guard count >= 0 else { throw .cannot("read", name, code: errno) }
        return count
    }

    /// Reads some bytes from an offset, from any thread; 0 at the end.
    ///
    /// - Throws: ``ToolError`` when it cannot be read.
    package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(ToolError) -> Int {
        let count = retrying { pread(number, buffer.baseAddress, buffer.count, offset) }
        guard count >= 0 else { throw .cannot("read", name, code: errno) }
        return count
    }

    /// Replaces the buffer's content by the next bytes of the file, at most its count; leaves it empty at the end.
    ///
    /// - Throws: ``ToolError`` when it cannot be read.
    package func read(into buffer: inout [UInt8]) throws(ToolError) {
        let count = buffer.withUnsafeMutableBytes { bytes in
            retrying { Glibc.read(number, bytes.baseAddress, bytes.count) }
        }
        guard count >= 0 else { throw .cannot("read", name, code: errno) }
        buffer.removeLast(buffer.count - count)
    }

    /// Reads the file slice after slice, to its end or until the body returns false.
    ///
    /// - Throws: ``ToolError`` when it cannot be read, and what the body throws.
    package func drain(_ body: (UnsafeRawBufferPointer) throws(ToolError) -> Bool) throws(ToolError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try read(into: buffer), count > 0 {
            guard try body(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return }
        }
    }

    /// Writes all bytes where the file stands; after an error some of them may be written.
    ///
    /// - Throws: ``ToolError`` when they cannot be written.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(ToolError) {
        var written = 0
        while written < bytes.count {
            let count = retrying {
                Glibc.write(number, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            guard count >= 0 else { throw .cannot("write", name, code: errno) }
            written += count
        }
    }

    /// The same for an array.
    package func write(_ bytes: [UInt8]) throws(ToolError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(ToolError) in try write(bytes) }
        }
        try result.get()
    }

    /// Cuts the file to a length in bytes.
    ///
    /// - Throws: ``ToolError`` when that fails.
    package func truncate(to length: Int) throws(ToolError) {
        guard retrying({ ftruncate(number, length) }) == 0 else { throw .cannot("shorten", name, code: errno) }
    }

    /// Waits until the content, and the length to find it by, are on disk.
    ///
    /// - Throws: ``ToolError`` when the disk fails.
    package func syncData() throws(ToolError) {
        guard retrying({ fdatasync(number) }) == 0 else { throw .cannot("write", name, code: errno) }
    }

    /// Waits until everything about the file, or about a directory's entries, is on disk.
    ///
    /// - Throws: ``ToolError`` when the disk fails.
    package func sync() throws(ToolError) {
        // A file system that has nothing to sync for a directory says EINVAL.
        guard retrying({ fsync(number) }) == 0 || errno == EINVAL else { throw .cannot("write", name, code: errno) }
    }
}

/// Calls again what a signal interrupted.
package func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}
