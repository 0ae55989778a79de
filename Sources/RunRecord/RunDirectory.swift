package import Platform
import Glibc

/// The directory a run leaves behind, locked for as long as the value lives.
///
/// The lock is the kernel's: it ends with the process however that ends, and names the process to others. The file
/// `lock` it hangs on stays behind and means nothing by itself.
package final class RunDirectory: Sendable {
    /// What the directory is opened for.
    package enum Purpose: Hashable, Sendable {
        /// A run of its own; the directory is created, or holds no run yet.
        case newRun
        /// Continuing the run that is in it, even when that one was killed before it wrote anything.
        case resumedRun
    }

    /// As it was given, without a final slash.
    package let path: String
    private let lock: FileDescriptor

    /// Creates the directory if need be, and locks it. The directory above it must be there.
    ///
    /// - Throws: ``ToolError``: refused when it holds a run already (or none, to be resumed) or is no directory,
    ///   broken when another process has it or it cannot be written.
    package init(path: String, for purpose: Purpose) throws(ToolError) {
        self.path = RunDirectory.trimmed(path)
        switch purpose {
        case .newRun:
            try RunDirectory.create(self.path)
            try RunDirectory.refuseRun(in: self.path)
        case .resumedRun:
            try RunDirectory.requireRun(in: self.path)
        }
        lock = try FileDescriptor("\(self.path)/lock", flags: O_RDWR | O_CREAT | FileDescriptor.continued)
        try RunDirectory.acquire(lock, of: self.path)
        // Another process may have run and ended here before the lock was ours.
        if purpose == .newRun { try RunDirectory.refuseRun(in: self.path) }
    }

    /// The path of a file in the directory.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Waits until files created or renamed in the directory are there to stay.
    func sync() throws(ToolError) {
        try FileDescriptor(path, flags: O_RDONLY | O_DIRECTORY).sync()
    }

    private static func create(_ path: String) throws(ToolError) {
        guard mkdir(path, 0o777) != 0 else {
            return try FileDescriptor(parent(of: path), flags: O_RDONLY | O_DIRECTORY).sync()
        }
        guard errno == EEXIST else {
            let error = ToolError.cannot("create", path, code: errno)
            throw errno == ENOENT
                ? error.hinting("create the directory above it, or choose another one with --out") : error
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw ToolError.cannot("open", path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw ToolError.notADirectory(path) }
    }

    private static let ledger = "ledger.jsonl"
    /// What a run that came to its end leaves beside its ledger.
    private static let endings = ["result.csv", "result.jsonl", "summary.json"]

    private static func refuseRun(in path: String) throws(ToolError) {
        for name in [ledger] + endings where exists("\(path)/\(name)") { throw ToolError.holdsRun(path) }
    }

    private static func requireRun(in path: String) throws(ToolError) {
        guard !exists("\(path)/\(ledger)") else { return }
        if endings.contains(where: { exists("\(path)/\($0)") }) { throw ToolError.lostLedger(path) }
        guard exists("\(path)/lock") else { throw ToolError.holdsNoRun(path) }
    }

    private static func acquire(_ lock: borrowing FileDescriptor, of path: String) throws(ToolError) {
        var request = flock()
        request.l_type = Int16(F_WRLCK)
        request.l_whence = Int16(SEEK_SET)
        guard fcntl(lock.number, F_SETLK, &request) != 0 else { return }
        guard errno == EACCES || errno == EAGAIN else { throw ToolError.cannot("lock", path, code: errno) }
        let isKnown = fcntl(lock.number, F_GETLK, &request) == 0 && request.l_pid > 0
        throw ToolError.locked(path, by: isKnown ? request.l_pid : nil)
    }

    private static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    private static func trimmed(_ path: String) -> String {
        var path = path[...]
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        return String(path)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
