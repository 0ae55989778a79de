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
    private let lock: Descriptor

    /// Creates the directory if need be, and locks it. The directory above it must be there.
    ///
    /// - Throws: ``RunRecordError``: refused when it holds a run already (or none, to be resumed) or is no directory,
    ///   broken when another process has it or it cannot be written.
    package init(path: String, for purpose: Purpose) throws(RunRecordError) {
        self.path = RunDirectory.trimmed(path)
        switch purpose {
        case .newRun:
            try RunDirectory.create(self.path)
            try RunDirectory.refuseRun(in: self.path)
        case .resumedRun:
            try RunDirectory.requireRun(in: self.path)
        }
        lock = try Descriptor("\(self.path)/lock", flags: O_RDWR | O_CREAT | Descriptor.continued)
        try RunDirectory.acquire(lock, of: self.path)
        // Another process may have run and ended here before the lock was ours.
        if purpose == .newRun { try RunDirectory.refuseRun(in: self.path) }
    }

    /// The path of a file in the directory.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Waits until files created or renamed in the directory are there to stay.
    func sync() throws(RunRecordError) {
        try Descriptor(path, flags: O_RDONLY | O_DIRECTORY).sync()
    }

    private static func create(_ path: String) throws(RunRecordError) {
        guard mkdir(path, 0o777) != 0 else {
            return try Descriptor(parent(of: path), flags: O_RDONLY | O_DIRECTORY).sync()
        }
        guard errno == EEXIST else { throw RunRecordError.cannot("create", path, code: errno) }
        var status = stat()
        guard stat(path, &status) == 0 else { throw RunRecordError.cannot("open", path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw RunRecordError.notADirectory(path) }
    }

    private static let ledger = "ledger.jsonl"
    /// What a run that came to its end leaves beside its ledger.
    private static let endings = ["result.csv", "result.jsonl", "summary.json"]

    private static func refuseRun(in path: String) throws(RunRecordError) {
        for name in [ledger] + endings where exists("\(path)/\(name)") { throw RunRecordError.holdsRun(path) }
    }

    private static func requireRun(in path: String) throws(RunRecordError) {
        guard !exists("\(path)/\(ledger)") else { return }
        if endings.contains(where: { exists("\(path)/\($0)") }) { throw RunRecordError.lostLedger(path) }
        guard exists("\(path)/lock") else { throw RunRecordError.holdsNoRun(path) }
    }

    private static func acquire(_ lock: borrowing Descriptor, of path: String) throws(RunRecordError) {
        var request = flock()
        request.l_type = Int16(F_WRLCK)
        request.l_whence = Int16(SEEK_SET)
        guard fcntl(lock.number, F_SETLK, &request) != 0 else { return }
        guard errno == EACCES || errno == EAGAIN else { throw RunRecordError.cannot("lock", path, code: errno) }
        let isKnown = fcntl(lock.number, F_GETLK, &request) == 0 && request.l_pid > 0
        throw RunRecordError.locked(path, by: isKnown ? request.l_pid : nil)
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
