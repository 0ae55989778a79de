@preconcurrency import Dispatch
import FleetModel
import JSONText
import Logging
import Pacing
import Platform
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
        let isOnTerminal = Say.isTerminal && messages.format == .text
        guard messages.progress == .always || messages.progress == .auto && isOnTerminal && !messages.isQuiet else {
            return
        }
        let interval = DispatchTimeInterval.milliseconds(isOnTerminal ? 200 : 10_000)
        timer.schedule(deadline: .now() + interval, repeating: interval)
        timer.setEventHandler { [self] in isOnTerminal ? Say.showStatus(line.text) : say() }
    }

    func stop() {
        timer.cancel()
        // A line that is being shown must not come after it was taken away.
        queue.sync { Say.showStatus("") }
    }

    /// Says it once; whoever asked for it wants it also when nothing but errors is said.
    ///
    /// - Parameter waits: whether a reader that is slow may be waited for.
    func say(waits: Bool = true) {
        let line = line
        Say.say(.notice, line.text, text: line.text, fields: line.fields, waits: waits, insists: true)
    }

    private var line: ProgressLine {
        ProgressLine(tally: recorder.tally, rows: rows, resumed: resumed, elapsed: clock.now() - begin)
    }
}

/// `214/1200 ok 209 failed 5 | 48 rows/s | eta 3m25s`
struct ProgressLine {
    let tally: OutcomeTally
    let rows: Int
    let resumed: Int
    let elapsed: Duration

    var text: String {
        let counts = RowStatus.allCases.filter { tally[$0] > 0 }.map { " \($0.rawValue) \(tally[$0])" }.joined()
        let rateText = rate >= 10 ? String(Int(rate)) : String((rate * 10).rounded() / 10)
        let end = timeLeft.map { " | eta \(DurationText($0))" } ?? ""
        return "\(tally.rows)/\(rows)\(counts) | \(rateText) rows/s\(end)"
    }

    /// The same for programs: `done` of `rows`, each status that there is, and `eta_s`.
    var fields: [JSONMember] {
        let counts = RowStatus.allCases.filter { tally[$0] > 0 }.map { ($0.rawValue, tally[$0]) }
        let end = timeLeft.map { [("eta_s", Int($0.components.seconds))] } ?? []
        return ([("done", tally.rows), ("rows", rows)] + counts + end).map {
            JSONMember(key: $0.0, value: JSONValue($0.1))
        }
    }

    /// Rows a second.
    private var rate: Double { Double(tally.rows - resumed) / max(0.001, elapsed / .seconds(1)) }

    /// Nil when nothing is known of it, and at the end.
    private var timeLeft: Duration? {
        guard tally.rows > resumed, tally.rows < rows else { return nil }
        return .seconds(Int64(Double(rows - tally.rows) / rate))
    }
}
