import FleetInput
import FleetModel
import Glibc
import Platform
import RunEngine
import RunRecord

// How an error becomes an exit code: every way in which a command can end, and the one number that stands for it.

/// How the process ends. Thrown by a command that has no more to say; one that returns has succeeded.
package enum ExitCode: Error, Hashable, Sendable {
    /// Every row is as it was wanted.
    case success
    /// The tool or its files failed.
    case broken
    /// The run finished, and some rows are not as they were wanted.
    case rowsFailed
    /// The input is invalid; nothing was sent.
    case inputInvalid
    /// `--halt-after` or `--canary` stopped the run.
    case halted
    /// The input has no rows.
    case noRows
    /// The window ended with rows left.
    case windowOver
    /// The command line, or a file that it names.
    case usage
    /// A signal stopped the command.
    case signal(Int32)

    /// What the shell gets.
    package var number: Int32 {
        switch self {
        case .success: 0
        case .broken: 1
        case .rowsFailed: 2
        case .inputInvalid: 3
        case .halted: 4
        case .noRows: 9
        case .windowOver: 10
        case .usage: 64
        case .signal(let number): 128 + number
        }
    }

    /// The exit code of a run that had begun: whatever breaks it is the tool's failure by then, unless its code is known.
    init(breakingRun error: any Error) { self = error as? ExitCode ?? .broken }

    /// What ends a command whose answer standard output did not take; nil when it took it.
    ///
    /// - Parameters:
    ///   - code: the value of `errno`, 0 for none; nil when a signal came before everything was taken.
    ///   - signal: that signal.
    static func failure(toPrint code: Int32?, _ signal: Int32) -> (any Error)? {
        switch code {
        case 0: nil
        case EPIPE: ExitCode.broken
        case nil: ExitCode.signal(signal)
        case let code?: ToolError(.broken, "cannot write to standard output: \(ToolError.systemText(code))")
        }
    }

    /// Keeps a command from going on with an input that is not fit for it, before anything is sent.
    ///
    /// - Parameters:
    ///   - catalog: what was read.
    ///   - request: what was asked for.
    ///   - skipsInvalid: whether valid rows are enough.
    /// - Throws: ``inputInvalid``, or a `ToolError` that says why there are no rows.
    static func refuse(
        _ catalog: RowCatalog, of request: InputRequest, skipsInvalid: Bool = false
    ) throws {
        if catalog.isFileInvalid || catalog.invalidRowCount > 0 && !skipsInvalid { throw ExitCode.inputInvalid }
        if catalog.selectedRowCount == 0 { throw request.noRows }
    }

    /// Says what an error means: on standard error, or what help was asked for on standard output.
    ///
    /// - Returns: the exit code that goes with it.
    package static func telling(_ error: any Error) -> ExitCode {
        do {
            if case ParserReply.answer(let text) = error {
                try Say.print(text + "\n")
                return .success
            }
            throw error
        } catch let code as ExitCode {
            return code
        } catch {
            let error = CommandError(error)
            Say.error(error.message, hint: error.hint)
            return error.code
        }
    }
}

/// What the command line's parser has to say instead of a command.
package enum ParserReply: Error {
    /// Help or the version was asked for; the text, without a line end after the last line.
    case answer(String)
    /// The command line is wrong, and why; what to do about it, nil to see the help of the command, if one was named.
    case refusal(String, help: String?, command: String? = nil)

    /// A command that there is not.
    package static func noCommand(_ name: String, of commands: [String]) -> ParserReply {
        let help = "'certfleet --help' lists the commands"
        if name.hasPrefix("-") {
            return .refusal("no command stands before '\(name)'", help: "write 'certfleet run INPUT \(name)'; \(help)")
        }
        let nearest = EditDistance.nearest(to: name, in: commands, atMost: 2).map { "did you mean '\($0)'?" }
        return .refusal(
            "there is no command \(Quotation.of(name.utf8))",
            help: nearest ?? "\(help); 'certfleet run INPUT' runs an input")
    }
}

/// Why a command was refused or broke off, as the operator reads it on standard error.
struct CommandError: Error, Hashable {
    let code: ExitCode
    /// What is wrong: one sentence in lower case without a full stop.
    let message: String
    /// What to do about it; nil when there is nothing to say.
    let hint: String?

    /// What an error means before anything was sent.
    init(_ error: any Error) {
        switch error {
        case let error as CommandError: self = error
        case let error as ToolError: self.init(error)
        case ParserReply.refusal(let why, let help, let command): self.init(refusal: why, help: help, command)
        default: self.init(code: .broken, message: String(describing: error), hint: nil)
        }
    }

    /// What broke a run that had begun.
    init(breakingRun error: any Error) {
        let cause = CommandError(error)
        self.init(code: ExitCode(breakingRun: error), message: cause.message, hint: cause.hint)
    }

    /// Ends a run that had begun.
    ///
    /// - Throws: a ``CommandError``, or an ``ExitCode`` when nobody is left to be told.
    static func endingRun<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            throw error is ExitCode ? error : CommandError(breakingRun: error)
        }
    }

    private init(code: ExitCode, message: String, hint: String?) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    private init(_ error: ToolError) {
        let code: ExitCode =
            switch error.kind {
            // What the machine lacks is no fault of the command line's.
            case .usage: error.isLack ? .broken : .usage
            case .noRows: .noRows
            case .broken: .broken
            }
        self.init(code: code, message: error.message, hint: error.hint)
    }

    private init(refusal: String, help: String?, _ command: String?) {
        let (message, advice) = Self.parts(of: refusal)
        var hint = advice ?? help
        // What says what to do by itself needs no more.
        if hint == nil, !message.contains(": ") { hint = "see 'certfleet \(command.map { "\($0) " } ?? "")--help'" }
        self.init(
            code: .usage, message: message.prefix(1).lowercased() + message.dropFirst(), hint: hint.map(Self.clause))
    }

    /// What the parser says is wrong, and its advice unless that is far-fetched.
    private static func parts(of refusal: String) -> (message: Substring, advice: String?) {
        if let range = refusal.firstRange(of: ". Did you mean ") {
            let names = refusal.split(separator: "'", omittingEmptySubsequences: false).map(String.init)
            let isNear = names.count == 5 && EditDistance.nearest(to: names[1], in: [names[3]], atMost: 2) != nil
            return (refusal[..<range.lowerBound], isNear ? String(refusal[range.lowerBound...].dropFirst(2)) : nil)
        }
        guard let range = refusal.firstRange(of: ". Please ") else { return (refusal[...], nil) }
        return (refusal[..<range.lowerBound], String(refusal[range.lowerBound...].dropFirst(2)))
    }

    /// The text with a small letter at the start and without a full stop at the end.
    private static func clause(_ text: String) -> String {
        let text = text.hasSuffix(".") ? text.dropLast() : text[...]
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

/// How a run ended, and what that is called.
struct Conclusion {
    /// In the order in which they came up; empty when every row was tried and recorded.
    let stopReasons: [StopReason]
    /// What broke the run; nil when nothing did.
    let failure: (any Error)?
    /// The row that tripped `--halt-after` or `--canary`, as a message names it; nil when none did.
    let trippingRow: String?

    /// - Parameters:
    ///   - stopReasons: why rows were left.
    ///   - failure: what broke the run; it is a reason of its own also when no row was left.
    ///   - trippingRow: the row that tripped `--halt-after` or `--canary`.
    init(stopReasons: [StopReason], failure: (any Error)?, trippingRow: String? = nil) {
        self.trippingRow = trippingRow
        let isNamed = failure == nil || stopReasons.contains(.broken)
        self.stopReasons = isNamed ? stopReasons : stopReasons + [.broken]
        self.failure = failure
    }

    /// The exit code of a run with these rows; of several reasons to stop the gravest counts.
    ///
    /// - Parameters:
    ///   - rows: what became of them.
    ///   - hasResult: whether the result file could be written.
    ///   - isAsWanted: whether nothing else is amiss: for a command that reads, in what it read and in its input.
    func exitCode(rows: OutcomeTally, hasResult: Bool = true, isAsWanted: Bool = true) -> ExitCode {
        guard hasResult else { return .broken }
        return switch gravest {
        case .broken: .broken
        case .signal(let number): .signal(number)
        case .halt, .canary: .halted
        case .window: .windowOver
        case nil: rows.bad == 0 && isAsWanted ? .success : .rowsFailed
        }
    }

    /// One word for `summary.json`; nil when every row was tried.
    var word: String? {
        switch gravest {
        case nil: nil
        case .broken: "error"
        case .signal(let number): Signals.name(of: number)
        case .halt: "halt-after"
        case .canary: "canary"
        case .window: "window"
        }
    }

    /// Why there are rows that were not attempted.
    var sentence: String {
        switch gravest {
        case nil: "every row was tried"
        case .broken: "the run broke off because the tool or its files failed"
        case .signal(let number): "the run was stopped by \(Signals.name(of: number))"
        case .halt: "the run was stopped by --halt-after: too many rows went wrong, the last one \(tripping)"
        case .canary: "the run was stopped by --canary: \(tripping) was not ok"
        case .window: "too little of the window was left: no request starts later than --timeout before its end"
        }
    }

    /// What another run is good for, as the beginning of a sentence; nil when every row is good.
    ///
    /// - Parameters:
    ///   - rows: what became of them.
    ///   - leftOut: those of them that are not good and no part of the run.
    func advice(rows: OutcomeTally, leftOut: Int = 0) -> String? {
        if word != nil { return "to go on" }
        let others = rows.bad - leftOut
        guard others > 0 else { return nil }
        let isInvalid = others == rows[.invalid]
        let isRefused = rows.groups.keys.contains { $0.errorClass == .auth && !$0.status.isGood }
        let first =
            isInvalid
            ? " mend the input first;"
            : isRefused
                ? " where it names a login, mend the credentials first (five that fail block this machine's address);"
                : ""
        return "\(counted(others, "row")) not ok: result.error says why;\(first) to try again"
    }

    private var tripping: String { trippingRow ?? "a row of the first hosts" }

    /// The reason that decides about the exit code: the first of the gravest.
    private var gravest: StopReason? {
        let rank = stopReasons.map(rank).max()
        return stopReasons.first { self.rank($0) == rank }
    }

    private func rank(_ reason: StopReason) -> Int {
        switch reason {
        case .broken: 4
        case .signal: 3
        case .halt, .canary: 2
        case .window: 1
        }
    }
}
