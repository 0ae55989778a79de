package import Platform
import Glibc

/// The directory a run leaves behind, locked for as long as the value lives.
///
/// The lock is the kernel's: it ends with the process however that ends, and names the process to others. The file
/// `lock` it hangs on stays behind, and only tells that a run was begun here.
package final class RunDirectory: Sendable {
    /// What the directory is opened for.
    package enum Purpose: Hashable, Sendable {
        /// A run of its own; the directory is created, or holds no run yet.
        case newRun
        /// Continuing the run that is in it, even when that one was killed before it wrote anything.
        case resumedRun
    }

    /// Where its files are.
    package let folder: Folder
    private let lock: FileDescriptor

    /// Creates the directory if need be, and locks it. The directory above it must be there.
    ///
    /// - Throws: ``ToolError``: of kind `usage` when it holds a run already (or none, to be resumed) or is no directory,
    ///   broken when another process has it or it cannot be written.
    package init(path: String, for purpose: Purpose) throws(ToolError) {
        let path = RunDirectory.trimmed(path)
        switch purpose {
        case .newRun: try RunDirectory.create(path)
        case .resumedRun: guard RunDirectory.isDirectory(path) else { throw .holdsNoRun(path) }
        }
        folder = try Folder(path)
        try RunDirectory.check(folder, for: purpose)
        lock = try folder.open(RunDirectory.lock, flags: O_RDWR | O_CREAT | FileDescriptor.continued)
        try RunDirectory.acquire(lock, of: path)
        // Another process may have run and ended here before the lock was ours.
        if purpose == .newRun { try RunDirectory.check(folder, for: purpose) }
    }

    /// Makes a directory in the current folder that is named by the time.
    ///
    /// - Returns: its path, which no other run has.
    package static func makeNew(at time: WallTime) throws(ToolError) -> String {
        let name = "certfleet-\(time.compact)"
        var path = name
        var number = 1
        while mkdir(path, 0o777) != 0 {
            guard errno == EEXIST else { throw ToolError.cannot("create", path, code: errno) }
            number += 1
            path = "\(name)-\(number)"
        }
        return path
    }

    /// As it was given, without a final slash; another one when it was moved since.
    package var path: String { folder.currentPath }

    /// The path of a file in the directory.
    package func file(_ name: String) -> String { folder.path(of: name) }

    static let ledger = "ledger.jsonl"
    private static let lock = "lock"
    /// What a run leaves beside its ledger, and never without one.
    private static let traces = ["result.csv", "result.jsonl", RunSummary.fileName, undo]

    /// Whether another process is at work in a directory. Not to be asked by a process that has the directory's lock
    /// itself: it would lose it.
    static func isLocked(_ folder: Folder) -> Bool {
        guard let file = try? folder.open(lock, flags: O_RDONLY | FileDescriptor.continued) else { return false }
        var request = flock()
        request.l_type = Int16(F_WRLCK)
        request.l_whence = Int16(SEEK_SET)
        return fcntl(file.number, F_GETLK, &request) == 0 && request.l_type != Int16(F_UNLCK)
    }

    /// Whether a run was here, whatever its ledger says.
    var holdsTraces: Bool { RunDirectory.holdsTraces(folder) }

    private static func holdsTraces(_ folder: Folder) -> Bool { traces.contains(where: folder.contains) }

    private static func check(_ folder: Folder, for purpose: Purpose) throws(ToolError) {
        switch (purpose, folder.contains(ledger), holdsTraces(folder)) {
        case (.newRun, false, false), (.resumedRun, true, _): return
        case (.newRun, _, _): throw .holdsRun(folder.path)
        case (.resumedRun, false, true): throw .lostLedger(folder.path)
        case (.resumedRun, false, false): guard folder.contains(lock) else { throw .holdsNoRun(folder.path) }
        }
    }

    private static func create(_ path: String) throws(ToolError) {
        guard SystemText.withPath(path, { mkdir($0, 0o777) }) != 0 else { return try Folder(containing: path).sync() }
        guard errno == EEXIST else {
            let error = ToolError.cannot("create", path, code: errno)
            throw errno == ENOENT
                ? error.hinting("create the directory above it, or choose another one with --out") : error
        }
        guard isDirectory(path) else { throw .notADirectory(path) }
    }

    private static func isDirectory(_ path: String) -> Bool {
        FileDescriptor.mode(of: path).map { $0 & S_IFMT == S_IFDIR } ?? false
    }

    private static func acquire(_ lock: borrowing FileDescriptor, of path: String) throws(ToolError) {
        var request = flock()
        request.l_type = Int16(F_WRLCK)
        request.l_whence = Int16(SEEK_SET)
        guard fcntl(lock.number, F_SETLK, &request) != 0 else { return }
        guard errno == EACCES || errno == EAGAIN else { throw .cannot("lock", path, code: errno) }
        let isKnown = fcntl(lock.number, F_GETLK, &request) == 0 && request.l_pid > 0
        throw .locked(path, by: isKnown ? request.l_pid : nil)
    }

    private static func trimmed(_ path: String) -> String {
        var path = path[...]
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        return String(path)
    }
}

extension ToolError {
    static func holdsRun(_ path: String) -> ToolError {
        ToolError(
            .usage, "'\(path)' already holds a run",
            hint: "choose another directory with --out, or continue that run with --resume")
    }

    static func holdsNoRun(_ path: String) -> ToolError {
        ToolError(
            .usage, "'\(path)' holds no run to continue",
            hint: "name the directory of the run with --out, or leave out --resume to start a new one")
    }

    static func lostLedger(_ path: String) -> ToolError {
        ToolError(
            .usage, "'\(path)' holds a run without its ledger, so nobody knows what was sent",
            hint: "put ledger.jsonl back, or choose another directory with --out and leave out --resume")
    }

    static func notADirectory(_ path: String) -> ToolError {
        ToolError(.usage, "'\(path)' is not a directory", hint: "choose another directory with --out")
    }

    /// - Parameter pid: the process that holds the lock; nil when it is out of sight, as in another container.
    static func locked(_ path: String, by pid: Int32?) -> ToolError {
        let owner = pid.map { "process \($0)" } ?? "another process"
        return ToolError(
            .broken, "'\(path)' is in use by \(owner)",
            hint: "wait until it has ended, or choose another directory with --out")
    }
}
