import Glibc

/// An open file, closed when the value goes.
struct Descriptor: ~Copyable, Sendable {
    let number: Int32
    let path: String

    /// Flags for a file that continues an earlier run: a link to elsewhere is refused, and no pipe is waited for.
    static let continued = O_NOFOLLOW | O_NONBLOCK

    /// - Parameters:
    ///   - path: what to open; named in errors.
    ///   - flags: as for `open`; close-on-exec is always added.
    ///   - mode: permissions of a file that is created, before the process's mask.
    /// - Throws: ``RunRecordError`` when it cannot be opened.
    init(_ path: String, flags: Int32, mode: mode_t = 0o666) throws(RunRecordError) {
        let number = retrying { open(path, flags | O_CLOEXEC, mode) }
        guard number >= 0 else { throw RunRecordError.cannot("open", path, code: errno) }
        self.number = number
        self.path = path
    }

    deinit {
        close(number)
    }

    /// Writes all bytes; after an error some of them may be written.
    func write(_ bytes: [UInt8]) throws(RunRecordError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                retrying { Glibc.write(number, buffer.baseAddress?.advanced(by: written), buffer.count - written) }
            }
            guard count >= 0 else { throw RunRecordError.cannot("write", path, code: errno) }
            written += count
        }
    }

    /// Replaces the buffer's content by the next bytes of the file, at most its count; leaves it empty at the end.
    func read(into buffer: inout [UInt8]) throws(RunRecordError) {
        let count = buffer.withUnsafeMutableBytes { bytes in
            retrying { Glibc.read(number, bytes.baseAddress, bytes.count) }
        }
        guard count >= 0 else { throw RunRecordError.cannot("read", path, code: errno) }
        buffer.removeLast(buffer.count - count)
    }

    /// Cuts the file to a length in bytes.
    func truncate(to length: Int) throws(RunRecordError) {
        guard retrying({ ftruncate(number, length) }) == 0 else {
            throw RunRecordError.cannot("shorten", path, code: errno)
        }
    }

    /// Waits until the content, and the length to find it by, are on disk.
    func syncData() throws(RunRecordError) {
        guard retrying({ fdatasync(number) }) == 0 else { throw RunRecordError.cannot("write", path, code: errno) }
    }

    /// Waits until everything about the file, or about a directory's entries, is on disk.
    func sync() throws(RunRecordError) {
        // A file system that has nothing to sync for a directory says EINVAL.
        guard retrying({ fsync(number) }) == 0 || errno == EINVAL else {
            throw RunRecordError.cannot("write", path, code: errno)
        }
    }
}

/// Calls again what a signal interrupted.
func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}
