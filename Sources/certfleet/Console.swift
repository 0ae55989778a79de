import Glibc
import JobModel
import Synchronization

/// The two streams of the process. Texts from many threads come out whole; nothing is buffered.
enum Console {
    private struct ErrorStream {
        /// What stands on the last line of the terminal and has to be wiped away before other text.
        var status = ""
        /// Whether nobody took what was written last.
        var isStalled = false
        /// Texts that were left out since then.
        var lost = 0
    }

    private static let errorStream = Lock(ErrorStream())
    private static let isErrorTerminal = isatty(STDERR_FILENO) == 1
    /// Why texts on standard error do not wait until somebody takes them; they do when there is no reason.
    private static let isRunning = Atomic(false)
    private static let isCut = Atomic(false)

    /// Writes to standard output: what the command was asked for.
    ///
    /// - Throws: ``Complaint`` when it cannot be written; ``ExitStatus/broken`` when its reader went away, which
    ///   nobody needs to be told of.
    static func output(_ text: String) throws {
        switch write(Array(text.utf8)[...], to: STDOUT_FILENO) {
        case 0: return
        case EPIPE: throw ExitStatus.broken
        case let code: throw Complaint.broken("cannot write to standard output: \(cause(code))")
        }
    }

    /// Writes to standard error, above the status line if there is one.
    static func log(_ text: String) {
        errorStream.withLock { stream in
            show(wipe(stream.status) + text + "\n" + stream.status, on: &stream)
        }
    }

    /// Replaces the status line; an empty text takes it away.
    static func showStatus(_ text: String) {
        errorStream.withLock { stream in
            let line = wipe(stream.status) + text
            stream.status = text
            show(line, on: &stream)
        }
    }

    /// Says why the command does not go on.
    static func error(_ message: String, hint: String? = nil) {
        log("certfleet: error: \(message)" + (hint.map { "\nhint: \($0)" } ?? ""))
    }

    /// Lets no reader of standard error hold up what `body` does, be it a terminal that stands still or a pager: texts that
    /// nobody takes within a second are left out, and counted.
    static func withoutWaiting<Result>(_ body: () -> Result) -> Result {
        isRunning.store(true, ordering: .relaxed)
        defer { isRunning.store(false, ordering: .relaxed) }
        return body()
    }

    /// Lets no reader of standard error hold anything up any more.
    static func stopWaiting() {
        isCut.store(true, ordering: .relaxed)
    }

    /// Whether standard error is a terminal that moves its cursor.
    static var isTerminal: Bool { isErrorTerminal && CommandEnvironment.variables["TERM"] != "dumb" }

    private static func wipe(_ status: String) -> String { status.isEmpty ? "" : "\r\u{1B}[K" }

    private static func cause(_ code: Int32) -> String { String(cString: strerror(code)).lowercased() }

    private static func show(_ text: String, on stream: inout ErrorStream) {
        let lost = stream.lost == 0 ? "" : "certfleet: \(stream.lost) texts were left out here: nobody read them\n"
        var bytes = Array((lost + text).utf8)[...]
        while !bytes.isEmpty {
            guard isTaken(afterStall: stream.isStalled) else {
                stream.isStalled = true
                stream.lost += 1
                return
            }
            // A pipe that takes anything takes so much.
            guard write(bytes.prefix(4096), to: STDERR_FILENO) == 0 else { break }
            bytes = bytes.dropFirst(4096)
        }
        stream.isStalled = false
        stream.lost = 0
    }

    /// Whether standard error takes a text; waits for that.
    private static func isTaken(afterStall isStalled: Bool) -> Bool {
        var stream = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        var tenths = 0
        while true {
            let isHasty = isRunning.load(ordering: .relaxed) || isCut.load(ordering: .relaxed)
            let mayWait = !isHasty || !isStalled && tenths < 10
            // Errors, too, are what the write is to find.
            if poll(&stream, 1, mayWait ? 100 : 0) != 0 { return true }
            if !mayWait { return false }
            tenths += 1
        }
    }

    /// - Returns: 0, or the `errno` that kept the bytes from being written to their end.
    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int32 {
        var bytes = bytes
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
