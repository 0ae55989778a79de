import Glibc

/// Why a command was refused or broke off, as the operator reads it. Holds no secret.
package struct ToolError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the error means for the command; the exit code follows from it.
    package enum Kind: Hashable, Sendable {
        /// The command line, or a file or a variable that it names, cannot be used; nothing was sent.
        case usage
        /// The input has no row that is to run.
        case noRows
        /// The tool, its own files or the machine failed.
        case broken
    }

    /// What it means for the command.
    package let kind: Kind
    /// What is wrong: one clause in lower case without a full stop.
    package let message: String
    /// What to do about it, one clause; nil when the message says it all.
    package let hint: String?
    /// Whether this machine lacks something: open files, memory.
    package let isLack: Bool

    /// - Parameters:
    ///   - kind: what it means for the command.
    ///   - message: what is wrong, in lower case without a full stop.
    ///   - hint: what to do about it.
    ///   - isLack: whether this machine lacks something.
    package init(_ kind: Kind, _ message: String, hint: String? = nil, isLack: Bool = false) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.isLack = isLack
    }

    /// A system call on a file that failed: `cannot write 'result.csv': no space left on device`.
    ///
    /// - Parameters:
    ///   - act: the verb, like `write`.
    ///   - path: what it was done to; its control characters are escaped.
    ///   - code: the value of `errno`.
    ///   - kind: `usage` for a file that the command line names, before anything was sent.
    package static func cannot(_ act: String, _ path: String, code: Int32, kind: Kind = .broken) -> ToolError {
        file("cannot \(act) '\(Quotation.escaped(path))'", code: code, kind: kind)
    }

    /// The same with words of one's own before the system's.
    package static func file(_ words: String, code: Int32, kind: Kind) -> ToolError {
        ToolError(
            kind, "\(words): \(systemText(code))", hint: hint(code), isLack: [EMFILE, ENFILE, ENOMEM].contains(code))
    }

    /// The system's words for a value of `errno`, in lower case: `no such file or directory`.
    package static func systemText(_ code: Int32) -> String {
        guard let text = strerror(code).map({ String(cString: $0) }) else { return "error \(code)" }
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    /// The message and, behind it, the hint.
    package var description: String { hint.map { "\(message): \($0)" } ?? message }

    /// The same error with another hint.
    package func hinting(_ hint: String?) -> ToolError { ToolError(kind, message, hint: hint, isLack: isLack) }

    /// The same error about a file that the command line names.
    package var ofUsage: ToolError { ToolError(.usage, message, hint: hint, isLack: isLack) }

    private static func hint(_ code: Int32) -> String? {
        switch code {
        case ENOENT, ENOTDIR: "check the name and the folder it is in"
        case EACCES, EPERM, EROFS: "make it accessible to this user, or name another one"
        case ENOSPC, EDQUOT: "make room on the disk"
        case EFBIG: "raise the limit on the size of a file (ulimit -f)"
        case EMFILE, ENFILE: "raise the limit on open files (ulimit -n)"
        default: nil
        }
    }
}
