import Glibc
import JSONText
import Logging
import Platform
import Synchronization

/// The one place through which everything goes that the process says: on standard error as text or as JSON lines, and
/// on standard output what the command was asked for.
package enum Say {
    /// Whether a run is under way, and which signal wants the process to end, 0 for none: nobody is waited for then.
    private static let isRunning = Atomic(false)
    private static let endingSignal = Atomic<Int32>(0)
    private static var isEnding: Bool { endingSignal.load(ordering: .relaxed) != 0 }

    private static let output = StreamWriter(STDOUT_FILENO) { isEnding }
    private static let errors = StreamWriter(STDERR_FILENO) { isRunning.load(ordering: .relaxed) || isEnding }
    /// What stands on the last line of the terminal and has to be wiped away before other text.
    private static let status = Lock("")
    private static let chosen = Lock(Messages())
    private static let isErrorTerminal = isatty(STDERR_FILENO) == 1

    /// What standard error shows, and how; the command says so once it knows.
    package static var messages: Messages {
        get { chosen.withLock { $0 } }
        set { chosen.withLock { $0 = newValue } }
    }

    /// Makes ready to say anything.
    ///
    /// - Returns: false when the machine has no threads for it.
    static func start() -> Bool { output.start() && errors.start() }

    /// Says something on standard error, above the status line if there is one.
    ///
    /// - Parameters:
    ///   - level: how grave it is.
    ///   - message: what is said, in lower case without a full stop.
    ///   - text: how people read it, without a line end after the last line; nil for the message behind the tool's name.
    ///   - fields: what programs read beside the message.
    ///   - waits: whether a reader that is slow may be waited for.
    ///   - insists: whether it is said also when nothing but errors is wanted.
    static func say(
        _ level: Logger.Level, _ message: String, text: String? = nil, fields: [JSONMember] = [], waits: Bool = true,
        insists: Bool = false
    ) {
        let messages = messages
        guard insists || level >= messages.leastLevel else { return }
        let line =
            switch messages.format {
            case .text: text ?? Self.text(level, message)
            case .json: object(level, message, fields)
            }
        guard errors.hasRoom(waits: waits) else { return }
        let lost = errors.takeLost()
        let note = lost == 0 ? "" : lostNote(lost) + "\n"
        _ = status.withLock { status in
            errors.post(wipe(status) + note + line + "\n" + status)
        }
    }

    /// Says what a command is good for, and the command on a line of its own, where it is to be copied from.
    ///
    /// - Parameters:
    ///   - sentence: the beginning of a sentence of which the command is the end.
    ///   - arguments: what the command line has behind the tool's name.
    ///   - isApart: whether an empty line stands before it.
    static func advise(_ sentence: String, _ arguments: [String], isApart: Bool = false) {
        let command = CommandLineText.of(arguments)
        let text = folded("certfleet: \(sentence):").joined(separator: "\n") + "\n    \(command)"
        say(
            .notice, "\(sentence): \(command)", text: (isApart ? "\n" : "") + text,
            fields: [JSONMember(key: "command", value: .string(command))])
    }

    /// Says why the command does not go on.
    static func error(_ message: String, hint: String? = nil) {
        say(
            .error, message, text: text(.error, message) + (hint.map { "\nhint: \($0)" } ?? ""),
            fields: hint.map { [JSONMember(key: "hint", value: .string($0))] } ?? [])
    }

    /// Replaces the status line; an empty text takes it away.
    static func showStatus(_ text: String) {
        guard errors.hasRoom() else { return }
        status.withLock { status in
            if !status.isEmpty || !text.isEmpty { errors.post(wipe(status) + text) }
            status = text
        }
    }

    /// Writes to standard output: what the command was asked for. Waits until somebody takes it, or ``stopWaiting(for:)``.
    ///
    /// - Throws: `ToolError` when it cannot be written; ``ExitCode/broken`` when its reader went away, and
    ///   ``ExitCode/signal(_:)`` when a signal came before it took everything, which nobody needs to be told of.
    static func print(_ text: String) throws {
        if isOutputTerminal { showStatus("") }
        errors.flush()
        let delivery = output.post(text)
        output.flush()
        if let error = ExitCode.failure(toPrint: delivery.code, endingSignal.load(ordering: .relaxed)) { throw error }
    }

    /// Lets no reader of standard error hold up what `body` does.
    static func withoutWaiting<Result>(_ body: () throws -> Result) rethrows -> Result {
        isRunning.store(true, ordering: .relaxed)
        defer { isRunning.store(false, ordering: .relaxed) }
        return try body()
    }

    /// Lets no reader hold anything up for more than a second from now on.
    ///
    /// - Parameter signal: the number of the one that wants the process to end.
    static func stopWaiting(for signal: Int32) {
        endingSignal.store(signal, ordering: .relaxed)
    }

    /// Waits until everything is written that was said.
    static func finish() {
        errors.flush()
        output.flush()
    }

    /// Whether standard output is a terminal.
    static let isOutputTerminal = isatty(STDOUT_FILENO) == 1

    /// Whether standard error is a terminal that moves its cursor.
    static var isTerminal: Bool { isErrorTerminal && ProcessEnvironment.variables["TERM"] != "dumb" }

    /// What takes the status line away, all of it when the terminal has become narrower than it.
    private static func wipe(_ status: String) -> String {
        guard !status.isEmpty else { return "" }
        let lines = TerminalSize.linesAbove(status)
        return lines == 0 ? "\r\u{1B}[K" : "\r\u{1B}[\(lines)A\u{1B}[J"
    }

    private static func lostNote(_ lost: Int) -> String {
        let texts = lost == 1 ? "1 text was" : "\(lost) texts were"
        let message = "\(texts) left out here: nobody read them"
        return messages.format == .text ? text(.notice, message) : object(.notice, message, [])
    }

    private static func text(_ level: Logger.Level, _ message: String) -> String {
        "certfleet: \(level >= .warning ? "\(level): " : "")\(message)"
    }

    private static func object(_ level: Logger.Level, _ message: String, _ fields: [JSONMember]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("time", SystemClock().wallTime().description)
        writer.member("level", level.rawValue)
        writer.member("message", message)
        for field in fields { writer.member(field.key, field.value) }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// What standard error shows, and how.
package struct Messages: Sendable {
    /// When a progress line is shown.
    package enum Progress: String, CaseIterable, Sendable {
        /// On a terminal.
        case auto
        case always, never
    }

    /// How everything is written.
    package enum Format: String, CaseIterable, Sendable {
        case text
        /// A JSON object a line.
        case json
    }

    /// When a progress line is shown.
    package var progress = Progress.auto
    /// How everything is written.
    package var format = Format.text
    /// Whether every row is logged.
    package var isVerbose = false
    /// Whether nothing but errors is said.
    package var isQuiet = false
    /// Whether a terminal gets no colors; the variable `NO_COLOR` means the same.
    package var isPlain = false

    /// What is shown when nothing else was asked for.
    package init() {}

    /// What is shown of a command line that may turn out to be wrong: the format, and whether it is only errors.
    ///
    /// - Parameters:
    ///   - arguments: the command line.
    ///   - variables: the environment.
    package init(guessedFrom arguments: [String], _ variables: [String: String]) {
        let flag = "--log-format"
        let value =
            arguments.last { $0.hasPrefix("\(flag)=") }.map { String($0.dropFirst(flag.count + 1)) }
            ?? arguments.lastIndex(of: flag).flatMap { arguments.dropFirst($0 + 1).first }
            ?? variables["CERTFLEET_LOG_FORMAT"]
        format = value.flatMap(Format.init) ?? .text
        isQuiet = arguments.contains("-q") || arguments.contains("--quiet")
    }

    /// How grave something must be to be said.
    var leastLevel: Logger.Level { isQuiet ? .error : isVerbose ? .debug : .info }

    /// Says what is said now and then, unless it is not wanted.
    var logger: Logger { Logger(label: "certfleet") { _ in SayingLogHandler(logLevel: leastLevel) } }

    /// How standard error shows text.
    var style: TextStyle { style(onTerminal: Say.isTerminal) }

    /// How standard output shows text.
    var outputStyle: TextStyle {
        style(onTerminal: Say.isOutputTerminal && ProcessEnvironment.variables["TERM"] != "dumb")
    }

    private func style(onTerminal isTerminal: Bool) -> TextStyle {
        TextStyle(isColored: !isPlain && isTerminal && (ProcessEnvironment.variables["NO_COLOR"] ?? "").isEmpty)
    }
}

/// Says every log line, with its metadata as fields.
private struct SayingLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { key, value in
            JSONMember(key: key, value: Self.value(value))
        }
        Say.say(event.level, event.message.description, fields: fields)
    }

    private static func value(_ value: Logger.Metadata.Value) -> JSONValue {
        switch value {
        case .stringConvertible(let number as any BinaryInteger): .number(number.description)
        default: .string(value.description)
        }
    }
}

/// The words of a sentence on lines of at most 80 columns.
///
/// - Parameters:
///   - sentence: shown with what a terminal would not show as text escaped.
///   - indents: what the first line begins with, and what the others do.
func folded(_ sentence: String, indents: (first: String, others: String) = ("", "  ")) -> [String] {
    var lines: [String] = []
    var line = indents.first
    var isEmpty = true
    for word in Quotation.escaped(sentence).split(separator: " ") {
        if !isEmpty, line.count + 1 + word.count > 80 {
            lines.append(line)
            (line, isEmpty) = (indents.others, true)
        }
        line += isEmpty ? word : " \(word)"
        isEmpty = false
    }
    return lines + [line]
}

/// A number with what it counts: `1 row`, `3 rows`.
func counted(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
