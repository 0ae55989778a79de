import Glibc

/// Why the run directory cannot be used: either the run is refused, or the record of the run is broken.
package struct RunRecordError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The two classes of trouble, which end in different exit codes.
    package enum Class: Hashable, Sendable {
        /// What was asked for must not be done; exit code 64.
        case refused
        /// The tool's own files failed; exit code 1.
        case broken
    }

    /// Which of the two it is.
    package let errorClass: Class
    /// What is wrong and why, one clause that names the path.
    package let message: String
    /// What to do about it, one clause.
    package let hint: String

    /// The message without the hint.
    package var description: String { message }

    static func holdsRun(_ path: String) -> RunRecordError {
        RunRecordError(
            errorClass: .refused, message: "'\(path)' already holds a run",
            hint: "choose another directory with --out, or continue that run with --resume")
    }

    static func holdsNoRun(_ path: String) -> RunRecordError {
        RunRecordError(
            errorClass: .refused, message: "'\(path)' holds no run to continue",
            hint: "name the directory of the run with --out, or leave out --resume to start a new one")
    }

    static func lostLedger(_ path: String) -> RunRecordError {
        RunRecordError(
            errorClass: .refused, message: "'\(path)' holds a run without its ledger, so nobody knows what was sent",
            hint: "put ledger.jsonl back, or choose another directory with --out and leave out --resume")
    }

    static func notADirectory(_ path: String) -> RunRecordError {
        RunRecordError(
            errorClass: .refused, message: "'\(path)' is not a directory",
            hint: "choose another directory with --out")
    }

    /// - Parameter pid: the process that holds the lock; nil when it is out of sight, as in another container.
    static func locked(_ path: String, by pid: Int32?) -> RunRecordError {
        let owner = pid.map { "process \($0)" } ?? "another process"
        return RunRecordError(
            errorClass: .broken, message: "'\(path)' is in use by \(owner)",
            hint: "wait until it has ended, or choose another directory with --out")
    }

    static func damagedLedger(_ path: String, line: Int, _ reason: String) -> RunRecordError {
        RunRecordError(
            errorClass: .broken, message: "\(path):\(line): damaged line: \(reason)",
            hint: "take that line out and use --resume again; a row it speaks of may be sent once more")
    }

    /// A failed system call.
    ///
    /// - Parameters:
    ///   - act: the verb, like `write`.
    ///   - path: what it was done to.
    ///   - code: the value of `errno`.
    static func cannot(_ act: String, _ path: String, code: Int32) -> RunRecordError {
        RunRecordError(
            errorClass: .broken, message: "cannot \(act) '\(path)': \(cause(code))", hint: remedy(code))
    }

    private static func cause(_ code: Int32) -> String {
        let text = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    private static func remedy(_ code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "make room on the disk, then continue with --resume"
        case EFBIG: "raise the limit on the size of a file (ulimit -f), then continue with --resume"
        case EACCES, EPERM, EROFS: "make it accessible, or choose another directory with --out"
        case ENOENT: "create the directory above it, or choose another one with --out"
        case EMFILE, ENFILE: "raise the limit on open files (ulimit -n), then continue with --resume"
        default: "mend the cause, or choose another directory with --out"
        }
    }
}
