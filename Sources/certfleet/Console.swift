import Glibc
import JobModel

/// The two streams of the process. Texts from many threads come out whole; nothing is buffered.
enum Console {
    /// What stands on the last line of the terminal and has to be wiped away before other text.
    private static let status = Lock("")
    private static let isErrorTerminal = isatty(STDERR_FILENO) == 1

    /// Writes to standard output: what the command was asked for.
    ///
    /// - Throws: ``Complaint`` when it cannot be written; ``ExitStatus/broken`` when its reader went away, which
    ///   nobody needs to be told of.
    static func output(_ text: String) throws {
        switch write(text, to: STDOUT_FILENO) {
        case 0: return
        case EPIPE: throw ExitStatus.broken
        case let code: throw Complaint.broken("cannot write to standard output: \(cause(code))")
        }
    }

    /// Writes to standard error, above the status line if there is one.
    static func log(_ text: String) {
        status.withLock { status in
            _ = write(wipe(status) + text + "\n" + status, to: STDERR_FILENO)
        }
    }

    /// Replaces the status line; an empty text takes it away.
    static func showStatus(_ text: String) {
        status.withLock { status in
            _ = write(wipe(status) + text, to: STDERR_FILENO)
            status = text
        }
    }

    /// Says why the command does not go on.
    static func error(_ message: String, hint: String? = nil) {
        log("certfleet: error: \(message)" + (hint.map { "\nhint: \($0)" } ?? ""))
    }

    /// Whether standard error is a terminal that moves its cursor.
    static var isTerminal: Bool { isErrorTerminal && CommandEnvironment.variables["TERM"] != "dumb" }

    private static func wipe(_ status: String) -> String { status.isEmpty ? "" : "\r\u{1B}[K" }

    private static func cause(_ code: Int32) -> String { String(cString: strerror(code)).lowercased() }

    /// - Returns: 0, or the `errno` that kept the text from being written to its end.
    private static func write(_ text: String, to descriptor: Int32) -> Int32 {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 {
                guard canGoOn(writingTo: descriptor, after: errno) else { return errno }
                continue
            }
            bytes.removeFirst(written)
        }
        return 0
    }

    /// Whether a write that failed is to be made again. A stream that another program made non-blocking is waited for.
    private static func canGoOn(writingTo descriptor: Int32, after code: Int32) -> Bool {
        if code == EAGAIN {
            var stream = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            return poll(&stream, 1, -1) >= 0 || errno == EINTR
        }
        return code == EINTR
    }
}
