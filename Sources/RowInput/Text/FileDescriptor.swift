import Glibc

/// An open file, closed when the value goes.
struct FileDescriptor: ~Copyable, Sendable {
    private let number: Int32

    private init(_ number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }

    /// Opens a file for reading.
    ///
    /// - Parameter isWaiting: whether opening and reading wait for what is not there yet, as in a pipe; else they fail.
    /// - Throws: ``InputError`` when it does not exist, is a folder or must not be read.
    static func open(_ path: String, isWaiting: Bool = true) throws(InputError) -> FileDescriptor {
        let number = Glibc.open(path, O_RDONLY | O_CLOEXEC | (isWaiting ? 0 : O_NONBLOCK))
        guard number >= 0 else { throw .cannotOpen(path, errno: errno) }
        let file = FileDescriptor(number)
        guard file.mode & S_IFMT != S_IFDIR else { throw .isFolder(path) }
        return file
    }

    /// A descriptor of its own on standard input, so that closing it leaves the process's alone.
    static func standardInput() throws(InputError) -> FileDescriptor {
        let number = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
        guard number >= 0 else { throw .cannotOpen("-", errno: errno) }
        let file = FileDescriptor(number)
        guard file.mode & S_IFMT != S_IFDIR else { throw .isFolder("-") }
        return file
    }

    /// An empty file without a name, in memory.
    static func memory(for name: String) throws(InputError) -> FileDescriptor {
        guard let create = memoryFileCreator else { throw .cannotKeep(name, errno: ENOSYS) }
        let closeOnExec: UInt32 = 1
        let number = create("input", closeOnExec)
        guard number >= 0 else { throw .cannotKeep(name, errno: errno) }
        return FileDescriptor(number)
    }

    /// `memfd_create`, which glibc has and its Swift module leaves out.
    private static let memoryFileCreator = dlsym(nil, "memfd_create").map { symbol in
        unsafeBitCast(symbol, to: (@convention(c) (UnsafePointer<CChar>, UInt32) -> Int32).self)
    }

    /// Type and permission bits.
    var mode: mode_t {
        var status = stat()
        return fstat(number, &status) == 0 ? status.st_mode : 0
    }

    /// Reads some bytes from where the file stands; 0 at its end.
    func read(into buffer: UnsafeMutableRawBufferPointer, name: String) throws(InputError) -> Int {
        while true {
            let count = Glibc.read(number, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw .cannotRead(name, errno: errno) }
        }
    }

    /// Reads some bytes from an offset, from any thread; 0 at the end.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer, name: String) throws(InputError) -> Int {
        while true {
            let count = pread(number, buffer.baseAddress, buffer.count, offset)
            if count >= 0 { return count }
            guard errno == EINTR else { throw .cannotRead(name, errno: errno) }
        }
    }

    /// Appends bytes where the file stands.
    func append(_ bytes: UnsafeRawBufferPointer, name: String) throws(InputError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = write(number, piece.baseAddress, piece.count)
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw .cannotKeep(name, errno: errno)
            }
        }
    }

    /// Reads the file slice after slice, to its end or until the body returns false.
    func drain(
        name: String, _ body: (UnsafeRawBufferPointer) throws(InputError) -> Bool
    ) throws(InputError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        while case let count = try read(into: buffer, name: name), count > 0 {
            guard try body(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return }
        }
    }
}
