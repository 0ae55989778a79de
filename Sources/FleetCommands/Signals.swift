import Glibc
import Platform
import RunEngine

/// Answers the signals that end a command, and USR1, from the first moment of the process to its last.
///
/// A thread that exists from the start waits for them, so that they are answered whatever the machine runs out of and
/// whoever holds everybody else up. A HUP that is ignored when the process starts, as under `nohup`, stays ignored.
enum Signals {
    /// What the signals do.
    struct Answers: Sendable {
        /// Called at the first signal that ends the command, with its number, and must not wait; nil when nothing was
        /// sent yet, so that the process ends at once.
        var stop: (@Sendable (Int32) -> Void)?
        /// What is added when the process ends at once.
        var note = ""
        /// Called at every later one; must not wait.
        var cut: @Sendable () -> Void = {}
        /// Called at every USR1; must not wait.
        var report: @Sendable () -> Void = {}
    }

    private struct State {
        var answers = Answers()
        var isStopped = false
        var isEnding = false
    }

    private static let names: [Int32: String] = [
        SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP", SIGQUIT: "SIGQUIT",
    ]
    private static let state = Lock(State())

    /// Takes the signals over. To be called before any other thread is there.
    ///
    /// - Returns: false when the machine has no thread for it.
    static func start() -> Bool {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in names.keys where number != SIGHUP || !isIgnored(SIGHUP) { sigaddset(&signals, number) }
        sigaddset(&signals, SIGUSR1)
        // Every later thread inherits that, so none but the one that waits gets a signal.
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        let thread: Void? = try? startThread(stackSize: 512 << 10) { [signals] in
            while true { answer(next(of: signals)) }
        }
        return thread != nil
    }

    /// Changes what the signals do. When one is just ending the process, this does not return.
    static func set(_ answers: Answers) {
        let isEnding = state.withLock { state in
            state.answers = answers
            return state.isEnding
        }
        while isEnding { pause() }
    }

    /// `SIGINT` for 2, and so on.
    static func name(of number: Int32) -> String { names[number] ?? "signal \(number)" }

    private static func next(of signals: sigset_t) -> Int32 {
        var (signals, number) = (signals, Int32(0))
        while sigwait(&signals, &number) != 0 {}
        return number
    }

    private static func answer(_ number: Int32) {
        let (answers, isFirst) = state.withLock { state in
            guard number != SIGUSR1 else { return (state.answers, false) }
            defer { state.isStopped = true }
            if state.answers.stop == nil { state.isEnding = true }
            return (state.answers, !state.isStopped)
        }
        if number == SIGUSR1 {
            answers.report()
        } else if let stop = answers.stop {
            if isFirst { stop(number) } else { answers.cut() }
        } else {
            end(by: number, answers.note)
        }
    }

    private static func end(by number: Int32, _ note: String) -> Never {
        Say.stopWaiting(for: number)
        Say.error("stopped by \(name(of: number))\(note)")
        Say.finish()
        _exit(ExitCode.signal(number).number)
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

/// Carries what a run is told from outside to the run; what comes before the run is made waits for it.
final class EventRelay: Sendable {
    typealias Event = @Sendable (Runner, ProgressReporter) -> Void

    private let state = Lock((run: (Runner, ProgressReporter)?.none, waiting: [Event]()))

    /// Does something to the run, now or when it is there.
    func report(_ event: @escaping Event) {
        let run = state.withLock { state in
            if state.run == nil { state.waiting.append(event) }
            return state.run
        }
        if let (runner, progress) = run { event(runner, progress) }
    }

    /// Takes the run to which all is done that was reported so far, and that will be.
    func connect(_ runner: Runner, _ progress: ProgressReporter) {
        let events = state.withLock { state in
            state.run = (runner, progress)
            return state.waiting
        }
        for event in events { event(runner, progress) }
    }

    /// What a signal does from now on.
    ///
    /// - Parameter stopped: told the number of a signal that stops the run.
    func listen(_ stopped: @escaping @Sendable (Int32) -> Void = { _ in }) {
        Signals.set(
            Signals.Answers(
                stop: { [self] number in
                    Say.stopWaiting(for: number)
                    report { runner, _ in runner.stop(.signal(number)) }
                    stopped(number)
                },
                cut: { [self] in report { runner, _ in runner.cut() } },
                report: { [self] in report { _, progress in progress.say(waits: false) } }))
    }
}
