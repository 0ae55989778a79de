import Platform
@preconcurrency import Dispatch
import FleetModel
import Logging
import Pacing
import RunRecord

/// Shows how far a run has come: on a terminal a line that renews itself, elsewhere a line now and then.
final class ProgressReporter: Sendable {
    private let recorder: RunRecorder
    private let rows: Int
    private let clock: any RunClock
    private let messages: Messages
    private let begin: Duration
    /// Rows that were done before the run began.
    private let resumed: Int
    private let queue = DispatchQueue(label: "certfleet.progress", qos: .userInteractive)
    private let timer: any DispatchSourceTimer

    /// - Parameters:
    ///   - recorder: knows what is done.
    ///   - rows: rows of the run, those done by an earlier one among them.
    ///   - clock: the run's clock.
    ///   - messages: whether a line is shown, and how lines are written.
    init(recorder: RunRecorder, rows: Int, clock: any RunClock, messages: Messages) {
        self.recorder = recorder
        self.rows = rows
        self.clock = clock
        self.messages = messages
        begin = clock.now()
        timer = DispatchSource.makeTimerSource(queue: queue)
        resumed = recorder.resumed
        // An idle timer costs nothing, and Dispatch forbids to drop one that was never activated.
        timer.activate()
    }

    func start() {
        let isOnTerminal = Console.isTerminal && messages.format == .text
        guard messages.progress == .always || messages.progress == .auto && isOnTerminal && !messages.isQuiet else {
            return
        }
        let interval = DispatchTimeInterval.milliseconds(isOnTerminal ? 200 : 10_000)
        timer.schedule(deadline: .now() + interval, repeating: interval)
        timer.setEventHandler { [self] in isOnTerminal ? Console.showStatus(line) : printOnce() }
    }

    func stop() {
        timer.cancel()
        // A line that is being shown must not come after it was taken away.
        queue.sync { Console.showStatus("") }
    }

    func printOnce() {
        if messages.format == .json { messages.insistentLogger.notice("\(line)") } else { Console.log(line) }
    }

    private var line: String {
        let tally = recorder.tally
        return ProgressLine(tally: tally, rows: rows, resumed: resumed, elapsed: clock.now() - begin).text
    }
}

/// `214/1200 ok 209 failed 5 | 48/s | eta 3m25s`
struct ProgressLine {
    let tally: OutcomeTally
    let rows: Int
    let resumed: Int
    let elapsed: Duration

    var text: String {
        let counts = RowStatus.allCases.filter { tally[$0] > 0 }.map { " \($0.rawValue) \(tally[$0])" }.joined()
        let done = tally.rows - resumed
        let seconds = max(0.001, elapsed / .seconds(1))
        let rate = Double(done) / seconds
        let rateText = rate >= 10 ? String(Int(rate)) : String((rate * 10).rounded() / 10)
        guard done > 0, tally.rows < rows else { return "\(tally.rows)/\(rows)\(counts) | \(rateText)/s" }
        let left = Duration.seconds(Int64(Double(rows - tally.rows) / rate))
        return "\(tally.rows)/\(rows)\(counts) | \(rateText)/s | eta \(DurationText(left))"
    }
}
