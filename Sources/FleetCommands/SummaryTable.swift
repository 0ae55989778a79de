import FleetModel
import JSONText
import Logging
import Pacing
import Platform
import RunRecord

/// What a run comes to, for a person, within 80 columns.
struct SummaryTable {
    private let summary: RunSummary
    private let elapsed: Duration
    private let style: TextStyle

    /// - Parameters:
    ///   - summary: what the run comes to.
    ///   - elapsed: how long it took.
    ///   - style: how a terminal shows it.
    init(_ summary: RunSummary, elapsed: Duration, style: TextStyle) {
        self.summary = summary
        self.elapsed = elapsed
        self.style = style
    }

    /// Says it on standard error: the table, or an object for each of its lines.
    func say() {
        guard Say.messages.format == .json else { return Say.say(.info, footer, text: text) }
        for (line, rows) in lines {
            let words = [line.status.rawValue, line.errcode.map(String.init), line.meaning].compactMap(\.self)
            Say.say(.info, "\(words.joined(separator: " ")): \(counted(rows, "row"))", fields: fields(line, rows))
        }
        Say.say(.info, footer, fields: totals)
    }

    /// Without a line end after the last line.
    var text: String {
        let head = text("status", "errcode", "meaning", "rows")
        return ([head] + lines.map(text) + [footer]).joined(separator: "\n")
    }

    /// What a line of the table tells of its rows.
    private struct Line: Hashable {
        let status: RowStatus
        let errcode: Int?
        /// What the errcode is called, or else the kind of cause; nil for good rows without one.
        let meaning: String?

        init(_ group: OutcomeGroup) {
            status = group.status
            errcode = group.errcode
            meaning =
                group.errcode.map { PBXErrorCode($0).name ?? "not documented" } ?? group.errorClass?.rawValue
        }
    }

    /// The lines with their rows, the gravest last; groups of rows that would look the same are one line.
    private var lines: [(line: Line, rows: Int)] {
        let rows = Dictionary(summary.rows.groups.map { (Line($0.key), $0.value) }, uniquingKeysWith: +)
        return rows.map { ($0.key, $0.value) }.sorted { left, right in
            (order(left.line.status), -left.rows, left.line.errcode ?? 0) < (
                order(right.line.status), -right.rows, right.line.errcode ?? 0
            )
        }
    }

    private func text(_ line: Line, _ rows: Int) -> String {
        let plain = text(
            line.status.rawValue, line.errcode.map(String.init) ?? "-", line.meaning ?? "", String(rows))
        return style.paint(plain, line.status)
    }

    private func text(_ status: String, _ errcode: String, _ meaning: String, _ rows: String) -> String {
        pad(status, 14) + lead(errcode, 8) + "  " + pad(meaning, 40) + lead(rows, 9)
    }

    private func fields(_ line: Line, _ rows: Int) -> [JSONMember] {
        [
            JSONMember(key: "status", value: .string(line.status.rawValue)),
            JSONMember(key: "errcode", value: line.errcode.map { JSONValue($0) } ?? .null),
            JSONMember(key: "meaning", value: line.meaning.map { .string($0) } ?? .null),
            JSONMember(key: "rows", value: JSONValue(rows)),
        ]
    }

    /// The counts of the run in one line.
    var footer: String {
        let hosts = summary.hosts
        var facts = [
            counted(summary.rows.rows, "row"), counted(hosts.total, "host"), counted(summary.requests, "request"),
        ]
        if summary.retries == 1 { facts.append("1 of them a retry") }
        if summary.retries > 1 { facts.append("\(summary.retries) of them retries") }
        if hosts.stopped > 0 { facts.append("\(counted(hosts.stopped, "host")) stopped") }
        if hosts.unreachable > 0 { facts.append("\(counted(hosts.unreachable, "host")) unreachable") }
        return facts.joined(separator: ", ") + " in \(DurationText(.milliseconds(milliseconds)))"
    }

    private var totals: [JSONMember] {
        let hosts = summary.hosts
        return [
            ("rows", summary.rows.rows), ("hosts", hosts.total), ("requests", summary.requests),
            ("retries", summary.retries), ("hosts_stopped", hosts.stopped), ("hosts_unreachable", hosts.unreachable),
            ("ms", milliseconds),
        ].map { JSONMember(key: $0.0, value: JSONValue($0.1)) }
    }

    private var milliseconds: Int { Int(elapsed / .milliseconds(1)) }

    private func order(_ status: RowStatus) -> Int { RowStatus.allCases.firstIndex(of: status) ?? 0 }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private func lead(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

/// Colors for a terminal, or none.
struct TextStyle {
    let isColored: Bool

    /// The text in the color of a status: green for what is good, red for what is not, yellow for what was not done.
    func paint(_ text: String, _ status: RowStatus) -> String {
        guard isColored else { return text }
        let color =
            switch status {
            case .ok, .noChange: 32
            case .failed, .unknown, .invalid: 31
            case .skipped, .notAttempted: 33
            }
        return "\u{1B}[\(color)m\(text)\u{1B}[0m"
    }
}
