import Platform
import Dispatch
import Glibc
import FleetModel
import JSONText
import Logging
import Synchronization

/// What standard error shows, and how.
package struct Messages: Sendable {
    /// When a progress line is shown.
    package enum Progress: String, CaseIterable, Sendable {
        /// On a terminal.
        case auto
        case always, never
    }

    /// How log lines are written.
    package enum Format: String, CaseIterable, Sendable {
        case text, json
    }

    /// When a progress line is shown.
    package var progress = Progress.auto
    /// How log lines are written.
    package var format = Format.text
    /// Whether every row is logged.
    package var isVerbose = false
    /// Whether nothing but errors is said.
    package var isQuiet = false
    /// Whether a terminal gets no colors; the variable `NO_COLOR` means the same.
    package var isPlain = false

    /// What is shown when nothing else was asked for.
    package init() {}

    /// A logger that writes as it is wanted.
    var logger: Logger { logger(from: isQuiet ? .error : isVerbose ? .debug : .info) }

    /// A logger for what `--quiet` does not silence.
    var insistentLogger: Logger { logger(from: .notice) }

    private func logger(from level: Logger.Level) -> Logger {
        Logger(label: "certfleet") { [format] _ in ConsoleLogHandler(isJSON: format == .json, logLevel: level) }
    }

    var style: TextStyle {
        let isColored = !isPlain && Console.isTerminal && (ProcessEnvironment.variables["NO_COLOR"] ?? "").isEmpty
        return TextStyle(isColored: isColored)
    }
}

/// The two streams of the process. Texts from many threads come out whole; nothing is buffered.
enum Console {
    private struct ErrorStream {
        /// What stands on the last line of the terminal and has to be wiped away before other text.
        var status = ""
        /// Held by the text that is written last until somebody has taken it.
        var writing = DispatchGroup()
        /// Texts that were left out since then.
        var lost = 0
    }

    private static let errorStream = Lock(ErrorStream())
    private static let isErrorTerminal = isatty(STDERR_FILENO) == 1
    /// Where texts are written, because writing to a terminal that stands still never ends.
    private static let writers = (
        output: DispatchQueue(label: "certfleet.stdout", qos: .userInteractive),
        errors: DispatchQueue(label: "certfleet.stderr", qos: .userInteractive)
    )
    /// Why a text does not wait until somebody takes it; it does when there is no reason.
    private static let isRunning = Atomic(false)
    private static let isCut = Atomic(false)

    /// Writes to standard output: what the command was asked for. Waits until somebody takes it, or ``stopWaiting()``.
    ///
    /// - Throws: `ToolError` when it cannot be written; ``ExitCode/broken`` when its reader went away, which
    ///   nobody needs to be told of.
    static func output(_ text: String) throws {
        let writing = DispatchGroup()
        let code = Lock(Int32(0))
        writers.output.async(group: writing) {
            let result = write(text, to: STDOUT_FILENO)
            code.withLock { $0 = result }
        }
        _ = wait(for: writing, tenths: 10) { isCut.load(ordering: .relaxed) }
        switch code.withLock({ $0 }) {
        case 0: return
        case EPIPE: throw ExitCode.broken
        case let code: throw ToolError(.broken, "cannot write to standard output: \(ToolError.systemText(code))")
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

    /// Lets no reader of standard error hold up what `body` does, be it a terminal that stands still or a pager: while
    /// nobody takes a text for a second, others are left out, and counted.
    static func withoutWaiting<Result>(_ body: () throws -> Result) rethrows -> Result {
        isRunning.store(true, ordering: .relaxed)
        defer { isRunning.store(false, ordering: .relaxed) }
        return try body()
    }

    /// Lets no reader hold anything up for more than a second from now on.
    static func stopWaiting() {
        isCut.store(true, ordering: .relaxed)
    }

    /// Whether standard error is a terminal that moves its cursor.
    static var isTerminal: Bool { isErrorTerminal && ProcessEnvironment.variables["TERM"] != "dumb" }

    private static func wipe(_ status: String) -> String { status.isEmpty ? "" : "\r\u{1B}[K" }

    private static func show(_ text: String, on stream: inout ErrorStream) {
        let isHasty = { isRunning.load(ordering: .relaxed) || isCut.load(ordering: .relaxed) }
        guard wait(for: stream.writing, tenths: 0, isHasty: isHasty) else {
            stream.lost += 1
            return
        }
        let lost = stream.lost == 0 ? "" : "certfleet: \(stream.lost) texts were left out here: nobody read them\n"
        stream.lost = 0
        stream.writing = DispatchGroup()
        writers.errors.async(group: stream.writing) { _ = write(lost + text, to: STDERR_FILENO) }
        _ = wait(for: stream.writing, tenths: 10, isHasty: isHasty)
    }

    /// Waits until a text is written; in haste for so many tenths of a second.
    ///
    /// - Returns: whether it is.
    private static func wait(for writing: DispatchGroup, tenths: Int, isHasty: () -> Bool) -> Bool {
        var waited = 0
        while writing.wait(timeout: .now()) == .timedOut {
            if waited >= tenths, isHasty() { return false }
            _ = writing.wait(timeout: .now() + .milliseconds(100))
            waited += 1
        }
        return true
    }

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

/// Writes log lines to standard error: `certfleet: warning: …`, or one JSON object a line.
struct ConsoleLogHandler: LogHandler {
    let isJSON: Bool
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        Console.log(isJSON ? json(event) : text(event))
    }

    private func text(_ event: LogEvent) -> String {
        let label = event.level >= .warning ? "\(event.level): " : ""
        return "certfleet: \(label)\(event.message)"
    }

    private func json(_ event: LogEvent) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("time", SystemClock().wallTime().description)
        writer.member("level", event.level.rawValue)
        writer.member("message", event.message.description)
        for (key, value) in event.metadata ?? [:] { writer.member(key, value.description) }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
