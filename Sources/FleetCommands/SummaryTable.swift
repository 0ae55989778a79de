import FleetModel
import FleetReport
import JSONText
import Logging
import Pacing
import Platform
import RunRecord

/// What a run comes to, for a person, within 80 columns.
struct SummaryTable {
    private let groups: [OutcomeGroup: Int]
    /// The line of the first row of each group, where it is known.
    private let firstLines: [OutcomeGroup: Int]
    private let causes: [Cause]
    private let shownCauses: Int
    /// Where the causes stand that are not shown.
    private let placeOfOthers: String
    /// What is not counted, as a sentence; nil when nothing is missing.
    private let gap: String?
    private let totals: Totals
    private let style: TextStyle

    /// What is counted of a run beside its rows.
    private struct Totals {
        let rows: Int
        let hosts: RunSummary.Hosts
        var mayHaveMoreHosts = false
        /// Nil when nobody counted them.
        let requests: Int?
        let retries: Int
        /// Of what the requests are, where the rows tell of more than that; else empty.
        let scope: String
        /// Nil when nobody knows.
        let elapsed: Duration?
    }

    /// - Parameters:
    ///   - summary: what the run comes to.
    ///   - report: why rows are not good; nil when it could not be read.
    ///   - directory: path of the run directory.
    ///   - elapsed: how long it took.
    ///   - style: how a terminal shows it.
    init(_ summary: RunSummary, _ report: RunReport?, in directory: String, elapsed: Duration, style: TextStyle) {
        groups = summary.rows.groups
        firstLines = report?.firstLines ?? [:]
        causes = report?.causes ?? []
        (shownCauses, gap) = (5, nil)
        placeOfOthers = CommandLineText.of(["report", directory, "--as", "text"])
        totals = Totals(
            rows: summary.rows.rows, hosts: summary.hosts, requests: summary.requests, retries: summary.retries,
            scope: report?.isResumed ?? (summary.resumed > 0) ? " of this run" : "", elapsed: elapsed)
        self.style = style
    }

    /// The same of one run or several as their directories tell it.
    ///
    /// - Parameters:
    ///   - report: what they tell.
    ///   - shownCauses: how many causes are shown.
    ///   - style: how a terminal shows it.
    init(_ report: RunReport, shownCauses: Int, style: TextStyle) {
        self.shownCauses = shownCauses
        (placeOfOthers, gap) = ("see the report", report.gap)
        groups = report.tally.groups
        firstLines = report.firstLines
        causes = report.causes
        totals = Totals(
            rows: report.tally.rows, hosts: report.hosts, mayHaveMoreHosts: report.mayHaveMoreHosts,
            requests: report.requests, retries: report.retries,
            scope: report.isResumed ? " since the last resume" : "", elapsed: nil)
        self.style = style
    }

    /// Says it on standard error: the table, or an object for each of its lines.
    func say() {
        guard Say.messages.format == .json else { return Say.say(.info, footer, text: text) }
        for (line, rows) in lines {
            let words = [line.status.rawValue, line.errcode.map(String.init), line.meaning].compactMap(\.self)
            Say.say(.info, "\(words.joined(separator: " ")): \(counted(rows, "row"))", fields: fields(line, rows))
        }
        if let gap { Say.say(.warning, gap) }
        Say.say(.info, footer, fields: fields)
    }

    /// Without a line end after the last line.
    var text: String {
        let head = text("status", "errcode", "meaning", "rows", "first line")
        let gaps = gap.map { folded($0, indents: ("! ", "  ")) } ?? []
        return ([head] + lines.map(text) + reasons + gaps + folded(footer)).joined(separator: "\n")
    }

    /// The most frequent causes, folded over hosts.
    private var reasons: [String] {
        let shown = causes.prefix(shownCauses).flatMap { cause in
            let hosts = cause.hosts > 1 ? " on \(counted(cause.hosts, "host"))" : ""
            return folded("\(counted(cause.rows, "row"))\(hosts): \(cause.sentence)", indents: ("  ", "      "))
        }
        let rest = causes.count - shownCauses
        return shown + (rest > 0 ? ["  \(counted(rest, "rarer cause")): \(placeOfOthers)"] : [])
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
            meaning = group.errcodeName ?? group.errorClass?.rawValue
        }
    }

    /// The lines with their rows, the gravest last; groups of rows that would look the same are one line.
    private var lines: [(line: Line, rows: Int)] {
        let rows = Dictionary(groups.map { (Line($0.key), $0.value) }, uniquingKeysWith: +)
        return rows.map { ($0.key, $0.value) }.sorted { left, right in
            (order(left.line.status), -left.rows, left.line.errcode ?? 0) < (
                order(right.line.status), -right.rows, right.line.errcode ?? 0
            )
        }
    }

    private func text(_ line: Line, _ rows: Int) -> String {
        let first = firstLines.filter { Line($0.key) == line }.map(\.value).min()
        let plain = text(
            line.status.rawValue, line.errcode.map(String.init) ?? "-", line.meaning ?? "", String(rows),
            first.map(String.init) ?? "")
        return style.paint(plain, line.status)
    }

    private func text(_ status: String, _ errcode: String, _ meaning: String, _ rows: String, _ first: String) -> String
    {
        let text = pad(status, 14) + lead(errcode, 8) + "  " + pad(meaning, 33) + lead(rows, 9) + lead(first, 12)
        return String(text.reversed().drop { $0 == " " }.reversed())
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
        let hosts = totals.hosts
        let least = totals.mayHaveMoreHosts ? "at least " : ""
        var facts = [counted(totals.rows, "row"), least + counted(hosts.total, "host")]
        if let requests = totals.requests {
            facts.append(counted(requests, "request") + totals.scope)
        }
        if totals.retries == 1 { facts.append("1 of them a retry") }
        if totals.retries > 1 { facts.append("\(totals.retries) of them retries") }
        if hosts.stopped > 0 { facts.append("\(counted(hosts.stopped, "host")) stopped") }
        if hosts.unreachable > 0 { facts.append("\(counted(hosts.unreachable, "host")) unreachable") }
        let time = milliseconds.map { " in \(DurationText(.milliseconds($0)))" } ?? ""
        return facts.joined(separator: ", ") + time
    }

    private var fields: [JSONMember] {
        let hosts = totals.hosts
        return [
            ("rows", totals.rows), ("hosts", hosts.total), ("requests", totals.requests), ("retries", totals.retries),
            ("hosts_stopped", hosts.stopped), ("hosts_unreachable", hosts.unreachable), ("ms", milliseconds),
        ].compactMap { key, number in number.map { JSONMember(key: key, value: JSONValue($0)) } }
    }

    private var milliseconds: Int? { totals.elapsed.map { Int($0 / .milliseconds(1)) } }

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
