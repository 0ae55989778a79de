@preconcurrency import Dispatch
import FleetModel
import Glibc
import JSONText
import Logging
import Pacing
import Platform
import RunRecord

/// Shows how far a run has come: on a terminal a line that renews itself, elsewhere a line now and then.
final class ProgressReporter: Sendable {
    /// What a line tells of the run beside its rows.
    struct Scope: Sendable {
        /// Rows of the run, those done by an earlier one among them.
        let rows: Int
        /// Hosts of these rows.
        let hosts: Int
        /// When the window ends, as people read it; nil without one.
        let windowEnd: String?
    }

    private let recorder: RunRecorder
    private let scope: Scope
    private let hosts: @Sendable () -> (done: Int, down: Int)
    private let clock: any RunClock
    private let messages: Messages
    private let begin: Duration
    /// Rows that were done before the run began.
    private let resumed: Int
    private let queue = DispatchQueue(label: "certfleet.progress", qos: .userInteractive)
    private let timer: any DispatchSourceTimer

    /// - Parameters:
    ///   - recorder: knows what is done.
    ///   - scope: what there is to do.
    ///   - clock: the run's clock.
    ///   - messages: whether a line is shown, and how lines are written.
    ///   - hosts: hosts that are done so far, and how many of them never answered; called from any thread.
    init(
        recorder: RunRecorder, scope: Scope, clock: any RunClock, messages: Messages,
        hosts: @escaping @Sendable () -> (done: Int, down: Int)
    ) {
        self.recorder = recorder
        self.scope = scope
        self.hosts = hosts
        self.clock = clock
        self.messages = messages
        begin = clock.now()
        timer = DispatchSource.makeTimerSource(queue: queue)
        resumed = recorder.resumed
        // An idle timer costs nothing, and Dispatch forbids to drop one that was never activated.
        timer.activate()
    }

    func start() {
        guard messages.progress != .never, !messages.isQuiet else { return }
        let isOnTerminal = Say.isTerminal && messages.format == .text
        let interval = isOnTerminal ? 200 : messages.progress == .always ? 10_000 : 30_000
        timer.schedule(deadline: .now() + .milliseconds(interval), repeating: .milliseconds(interval))
        timer.setEventHandler { [self] in
            guard isOnTerminal else { return say() }
            Say.showStatus(line.text(width: TerminalSize.columns - 1, style: messages.style))
        }
    }

    func stop() {
        timer.cancel()
        // A line that is being shown must not come after it was taken away.
        queue.sync { Say.showStatus("") }
    }

    /// Says it once.
    ///
    /// - Parameter waits: whether a reader that is slow may be waited for.
    func say(waits: Bool = true) {
        let line = line
        Say.say(.notice, line.text(), text: line.text(), fields: line.fields, waits: waits)
    }

    private var line: ProgressLine {
        ProgressLine(
            tally: recorder.tally, scope: scope, resumed: resumed, hosts: hosts(), elapsed: clock.now() - begin)
    }
}

/// `214/1200 rows  ok 209  failed 5  48 rows/s  hosts 31/180 (2 down)  eta 3m25s  window ends 02:00`
struct ProgressLine {
    let tally: OutcomeTally
    let scope: ProgressReporter.Scope
    let resumed: Int
    let hosts: (done: Int, down: Int)
    let elapsed: Duration

    /// A piece of the line: the higher its rank, the sooner it gives way where there is no room for it.
    private struct Piece {
        let text: String
        let rank: Int
        var status: RowStatus?
    }

    /// The line as far as there is room for it.
    ///
    /// - Parameters:
    ///   - width: columns that there are.
    ///   - style: how a terminal shows it.
    func text(width: Int = .max, style: TextStyle = TextStyle(isColored: false)) -> String {
        var pieces = pieces
        while length(pieces) > width, let rank = pieces.map(\.rank).max(), rank > 0 {
            pieces.removeAll { $0.rank == rank }
        }
        guard length(pieces) <= width else { return String(pieces[0].text.prefix(max(0, width))) }
        return pieces.map { piece in piece.status.map { style.paint(piece.text, $0) } ?? piece.text }
            .joined(separator: "  ")
    }

    private func length(_ pieces: [Piece]) -> Int { pieces.reduce(-2) { $0 + 2 + $1.text.count } }

    private var pieces: [Piece] {
        let counts = RowStatus.allCases.filter { tally[$0] > 0 }.map { status in
            // Where there is little room, what went wrong is told before what went well.
            Piece(text: "\(status.rawValue) \(tally[status])", rank: status.isGood ? 3 : 1, status: status)
        }
        let rateText = rate >= 10 ? String(Int(rate)) : String((rate * 10).rounded() / 10)
        let down = hosts.down > 0 ? " (\(hosts.down) down)" : ""
        return [Piece(text: "\(tally.rows)/\(counted(scope.rows, "row"))", rank: 0)] + counts + [
            Piece(text: "\(rateText) rows/s", rank: 4),
            Piece(text: "hosts \(hosts.done)/\(scope.hosts)\(down)", rank: 5),
        ]
            + [
                timeLeft.map { Piece(text: "eta \(DurationText($0))", rank: 2) },
                scope.windowEnd.map { Piece(text: "window ends \($0)", rank: 6) },
            ].compactMap(\.self)
    }

    /// The same for programs: `done` of `rows`, each status that there is, hosts and `eta_s`.
    var fields: [JSONMember] {
        let counts = RowStatus.allCases.filter { tally[$0] > 0 }.map { ($0.rawValue, tally[$0]) }
        let end = timeLeft.map { [("eta_s", Int($0.components.seconds))] } ?? []
        let places = [("hosts_done", hosts.done), ("hosts", scope.hosts), ("hosts_down", hosts.down)]
        return ([("done", tally.rows), ("rows", scope.rows)] + counts + places + end).map {
            JSONMember(key: $0.0, value: JSONValue($0.1))
        }
    }

    /// Rows a second.
    private var rate: Double { Double(tally.rows - resumed) / max(0.001, elapsed / .seconds(1)) }

    /// Nil when nothing is known of it, and at the end.
    private var timeLeft: Duration? {
        guard tally.rows > resumed, tally.rows < scope.rows else { return nil }
        return .seconds(Int64(Double(scope.rows - tally.rows) / rate))
    }
}

/// How large the terminal behind standard error is.
enum TerminalSize {
    /// Its columns at the moment; 80 when it does not tell.
    static var columns: Int {
        var size = winsize()
        let isKnown = withUnsafeMutablePointer(to: &size) { ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), $0) == 0 }
        return isKnown && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// How many lines above the cursor a text fills that was longer than the terminal is wide by now.
    ///
    /// - Parameter text: one line, with or without colors.
    static func linesAbove(_ text: String) -> Int {
        let length = text.split(separator: "\u{1B}", omittingEmptySubsequences: false).enumerated().reduce(0) {
            $0 + ($1.offset == 0 ? $1.element.count : $1.element.drop { $0 != "m" }.dropFirst().count)
        }
        return max(0, length - 1) / columns
    }
}
