import Platform
import FleetModel
import PBXClient
import Pacing
import RunRecord

/// What a run comes to, for a person, within 80 columns.
struct SummaryTable {
    private let summary: RunSummary
    private let style: TextStyle

    init(_ summary: RunSummary, style: TextStyle) {
        self.summary = summary
        self.style = style
    }

    /// Without a line end after the last line.
    var text: String {
        let head = line("status", "errcode", "meaning", "rows")
        let groups = summary.rows.groups.sorted { left, right in
            (order(left.key.status), -left.value, left.key.errcode ?? 0) < (
                order(right.key.status), -right.value, right.key.errcode ?? 0
            )
        }
        return ([head] + groups.map { row($0.key, $0.value) } + [footer]).joined(separator: "\n")
    }

    private func row(_ group: OutcomeGroup, _ rows: Int) -> String {
        let errcode = group.errcode.map(String.init) ?? "-"
        let name = group.errcode.map { PBXErrorCode.name(of: $0) ?? "not documented" }
        let plain = line(group.status.rawValue, errcode, name ?? group.errorClass?.rawValue ?? "", String(rows))
        return style.paint(plain, group.status)
    }

    private func line(_ status: String, _ errcode: String, _ meaning: String, _ rows: String) -> String {
        pad(status, 14) + lead(errcode, 8) + "  " + pad(meaning, 40) + lead(rows, 9)
    }

    /// The counts of the run in one line.
    var footer: String {
        let time = summary.finishedAt.milliseconds - summary.run.startedAt.milliseconds
        let hosts = summary.hosts
        var facts = ["\(summary.rows.rows) rows", "\(hosts.total) hosts", "\(summary.requests) requests"]
        if summary.retries > 0 { facts.append("\(summary.retries) of them retries") }
        if hosts.stopped > 0 { facts.append("\(hosts.stopped) hosts stopped") }
        if hosts.unreachable > 0 { facts.append("\(hosts.unreachable) hosts unreachable") }
        return facts.joined(separator: ", ") + " in \(DurationText(.milliseconds(time)))"
    }

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
