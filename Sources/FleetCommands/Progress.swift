import Dispatch
import FleetModel
import Glibc
import JSONText
import Logging
import Pacing
import Platform
import RunRecord
import TabularText

/// Shows how far a command has come: on a terminal a line that renews itself, elsewhere a line now and then.
final class ProgressReporter: Sendable {
    private let messages: Messages
    private let line: @Sendable () -> ProgressLine
    private let isOver = Alarm()
    private let threads = DispatchGroup()

    /// - Parameters:
    ///   - messages: whether a line is shown, and how lines are written.
    ///   - line: what it says at the moment; called from any thread.
    init(_ messages: Messages, line: @escaping @Sendable () -> ProgressLine) {
        self.messages = messages
        self.line = line
    }

    /// Begins to show it, unless it is not wanted or the machine has no thread for it.
    func start() {
        guard messages.progress != .never, !messages.isQuiet else { return }
        let isOnTerminal = Say.isTerminal && messages.format == .text
        let interval = Duration.milliseconds(isOnTerminal ? 200 : messages.progress == .always ? 10_000 : 30_000)
        threads.enter()
        let thread: Void? = try? startThread(stackSize: 512 << 10) { [self] in
            while !isOver.wait(for: interval) {
                if isOnTerminal { showStatus() } else { say() }
            }
            threads.leave()
        }
        if thread == nil { threads.leave() }
    }

    func stop() {
        isOver.ring()
        // A line that is being shown must not come after it was taken away.
        threads.wait()
        Say.showStatus("")
    }

    private func showStatus() {
        Say.showStatus(line().text(width: TerminalSize.columns - 1, style: messages.style))
    }

    /// Says it once.
    ///
    /// - Parameters:
    ///   - waits: whether a reader that is slow may be waited for.
    ///   - insists: whether it is said also when nothing but errors is wanted.
    func say(waits: Bool = true, insists: Bool = false) {
        let line = line()
        Say.say(.notice, line.text(), fields: line.fields, waits: waits, insists: insists)
    }
}

/// What is told of a command's progress, in pieces.
struct ProgressLine {
    /// A piece of the line: the higher its rank, the sooner it gives way where there is no room for it.
    fileprivate struct Piece {
        let text: String
        let rank: Int
        var status: RowStatus?
    }

    fileprivate let pieces: [Piece]
    /// The same for programs.
    let fields: [JSONMember]

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
}

/// `214/1200 rows  ok 209  failed 5  48 rows/s  hosts 31/180 (2 down)  eta 3m25s  window ends 02:00`
extension ProgressLine {
    /// What there is to do.
    struct Scope {
        /// Rows, those done by an earlier run among them.
        let rows: Int
        /// Hosts of these rows.
        let hosts: Int
        /// When the window ends, as people read it; nil without one.
        let windowEnd: String?
    }

    /// - Parameters:
    ///   - tally: rows that are done.
    ///   - scope: what there is to do.
    ///   - resumed: rows that were done before.
    ///   - hosts: hosts that are done, and how many of them never answered.
    ///   - elapsed: since the beginning.
    init(tally: OutcomeTally, scope: Scope, resumed: Int = 0, hosts: (done: Int, down: Int), elapsed: Duration) {
        let rate = Double(tally.rows - resumed) / max(0.001, elapsed / .seconds(1))
        let rateText = rate >= 10 ? String(Int(rate)) : String((rate * 10).rounded() / 10)
        let timeLeft = Self.timeLeft(done: tally.rows - resumed, left: scope.rows - tally.rows, elapsed)
        let counts = RowStatus.allCases.filter { tally[$0] > 0 }.map { ($0, tally[$0]) }
        let down = hosts.down > 0 ? " (\(hosts.down) down)" : ""
        pieces =
            [Piece(text: "\(tally.rows)/\(counted(scope.rows, "row"))", rank: 0)]
            + counts.map { status, rows in
                // Where there is little room, what went wrong is told before what went well.
                Piece(text: "\(status.rawValue) \(rows)", rank: status.isGood ? 3 : 1, status: status)
            } + [
                Piece(text: "\(rateText) rows/s", rank: 4),
                Piece(text: "hosts \(hosts.done)/\(scope.hosts)\(down)", rank: 5),
            ]
            + [
                timeLeft.map { Piece(text: "eta \(DurationText($0))", rank: 2) },
                scope.windowEnd.map { Piece(text: "window ends \($0)", rank: 6) },
            ].compactMap(\.self)
        let places = [("hosts_done", hosts.done), ("hosts", scope.hosts), ("hosts_down", hosts.down)]
        let end = timeLeft.map { [("eta_s", Int($0.components.seconds))] } ?? []
        fields = ([("done", tally.rows), ("rows", scope.rows)] + counts.map { ($0.rawValue, $1) } + places + end).map {
            JSONMember(key: $0.0, value: JSONValue($0.1))
        }
    }

    /// `reading 'fleet.csv': 1048576 of 8388608 bytes  eta 3s`
    ///
    /// - Parameters:
    ///   - file: what is read.
    ///   - elapsed: since the beginning.
    init(reading file: InputFile, elapsed: Duration) {
        let (bytes, size) = (file.bytesRead, file.size)
        let timeLeft = Self.timeLeft(done: bytes, left: (size ?? bytes) - bytes, elapsed)
        let text = "reading '\(Quotation.escaped(file.name))': \(bytes)\(size.map { " of \($0)" } ?? "") bytes"
        pieces =
            [Piece(text: text, rank: 0)]
            + (timeLeft.map { [Piece(text: "eta \(DurationText($0))", rank: 1)] } ?? [])
        fields =
            [JSONMember(key: "bytes", value: JSONValue(bytes))]
            + (size.map { [JSONMember(key: "size", value: JSONValue($0))] } ?? [])
    }

    /// In whole seconds; nil when nothing is known of it, and at the end.
    private static func timeLeft(done: Int, left: Int, _ elapsed: Duration) -> Duration? {
        guard done > 0, left > 0 else { return nil }
        return .seconds(Int64(Double(left) * (elapsed / .seconds(1)) / Double(done)))
    }
}

extension ProgressLine.Scope {
    /// - Parameters:
    ///   - rows: those done by an earlier run among them.
    ///   - hosts: of these rows.
    ///   - windowEnd: by the calendar; nil without a window.
    init(rows: Int, hosts: Int, until windowEnd: WallTime?) {
        self.init(
            rows: rows, hosts: hosts, windowEnd: windowEnd.map { String($0.localText().dropFirst(11).prefix(5)) })
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
