import FleetInput
import FleetModel
import HTTPTransport
import JSONText
import Logging
import PBXClient
import Platform
import TabularText

/// How a command that reads writes its answer.
package enum AnswerFormat: String, CaseIterable, Sendable {
    /// For people.
    case text
    case csv, jsonl
}

/// `certfleet plan`: what a run of the input would change, row by row; no edit is sent.
package struct Plan: Sendable {
    /// The rows.
    package var input: InputRequest
    /// Whether the valid rows are read although others are invalid.
    package var skipsInvalid = false
    /// How PBXs are asked.
    package var work = WorkSettings()
    /// How the answer is written; nil for text on a terminal, else as the input is.
    package var format: AnswerFormat?

    /// A plan of an input with nothing else asked for.
    package init(_ input: InputRequest) {
        self.input = input
    }

    /// Reads each row's certificate and prints what would change. Blocks.
    ///
    /// - Throws: what keeps it from starting or breaks it; ``ExitCode/rowsFailed`` when something would change, or a
    ///   certificate cannot be read.
    package func run() throws {
        Say.messages = work.messages
        let session = try Survey(work, for: .plan)
        let catalog = try ValidatedInput(input, skipsInvalid: skipsInvalid).catalog
        let format = format ?? (Say.isOutputTerminal ? .text : catalog.shape.format == .csv ? .csv : .jsonl)
        if format == .csv, catalog.shape.format == .jsonl {
            throw ToolError(.usage, "JSON lines cannot be written as CSV", hint: "say --as jsonl or --as text")
        }
        let findings = try session.run(catalog)
        let report = PlanReport(catalog: catalog, outcomes: findings.outcomes, pin: work.transport.pin)
        switch format {
        case .text: try report.printText(style: work.messages.outputStyle)
        case .csv, .jsonl:
            try report.printTable(format == .csv ? .csv : .jsonl)
            for doubt in try report.doubts { work.messages.logger.warning("\(doubt)") }
            Say.say(.notice, report.totals)
        }
        try findings.throwCode(isAsWanted: findings.outcomes.values.allSatisfy { $0.status == .noChange })
    }
}

/// What a plan says, for programs and for people.
private struct PlanReport {
    let catalog: RowCatalog
    let outcomes: [Int: Outcome]
    /// The pin of `--pin`.
    let pin: String?

    /// Bytes that are gathered before they are printed.
    private static let chunk = 1 << 16

    /// Prints the input's rows with `plan.*`.
    func printTable(_ format: TableShape.Format) throws {
        var shape = catalog.shape
        // What is printed is text for a terminal or a pipe, whatever bytes the input has.
        (shape.format, shape.encoding, shape.hasByteOrderMark) = (format, .utf8, false)
        var writer = RowWriter(shape, columns: ["action", "changes", "expiration", "error"], under: "plan")
        try catalog.forEachRow { row in
            writer.append(content(of: row, as: format)) { add(row, to: &$0) }
            if writer.count >= Self.chunk { try Say.print(String(decoding: writer.take(), as: UTF8.self)) }
        }
        try Say.print(String(decoding: writer.take(), as: UTF8.self))
    }

    private func content(of row: PassThroughRow, as format: TableShape.Format) -> PassThroughRow.Content {
        guard format == .jsonl, case .cells(let cells) = row.content else { return row.content }
        var writer = JSONWriter()
        var names: Set<String> = []
        for (name, cell) in zip(catalog.shape.header, cells) {
            let name = String(decoding: name, as: UTF8.self)
            if names.insert(name).inserted { writer.member(name, String(decoding: cell, as: UTF8.self)) }
        }
        return .members(writer.bytes)
    }

    private func add(_ row: PassThroughRow, to writer: inout RowWriter) {
        let outcome = outcomes[row.row]
        let reading = outcome?.reading
        writer.add(action(of: outcome).rawValue)
        writer.add(reading?.changes.map(\.description).joined(separator: "; ") ?? "")
        writer.add(reading?.certificates.first?.expiration ?? "")
        writer.add(outcome?.error ?? row.reason ?? "the plan was stopped before this row was read")
    }

    private enum Action: String {
        case change, none, error
    }

    private func action(of outcome: Outcome?) -> Action {
        switch outcome?.status {
        case .ok: .change
        case .noChange: Action.none
        default: .error
        }
    }

    /// Prints the rows by PBX, and the totals.
    func printText(style: TextStyle) throws {
        var text = ""
        for rows in catalog.rowsByHost {
            var pinned: Int?
            for (index, row) in rows.enumerated() {
                let job = try catalog.job(row: row)
                if index == 0 { text += "\(job.address.host)\n" }
                text += lines(of: job, style)
                if mayChangeKey(job) { pinned = pinned ?? index }
            }
            if let pinned, try isPinned(rows[(pinned + 1)...]) { text += "  ! \(Self.keyDoubt)\n" }
            if text.utf8.count >= Self.chunk {
                try Say.print(text)
                text = ""
            }
        }
        try Say.print(text + "Plan: \(totals)\n")
    }

    private func lines(of job: Job, _ style: TextStyle) -> String {
        let outcome = outcomes[job.position.row]
        let state = outcome?.reading?.certificates.first
        let facts = [state?.name, state?.expiration.map { "expires \($0)" }].compactMap { $0 }.filter { !$0.isEmpty }
        let id = job.match == nil ? job.edit.id : state?.id
        let subject = id.map { "certificate \($0)" } ?? "the certificate that is to be found"
        let title = ([subject] + facts).joined(separator: ", ")
        var lines = ["  \(title) (line \(job.position.line))"]
        switch action(of: outcome) {
        case .none: lines.append("    = nothing changes")
        case .error: lines.append(style.paint("    ! \(outcome?.error ?? "not read: the plan was stopped")", .failed))
        case .change: lines += (outcome?.reading?.changes ?? []).map { style.paint("    \($0.line)", $0.status) }
        }
        lines += (outcome?.reading?.doubts ?? []).map { style.paint("    ! \($0)", .skipped) }
        return lines.map { $0 + "\n" }.joined()
    }

    /// `214 to change, 12 unchanged, 3 cannot be read`
    var totals: String {
        var counts: [Action: Int] = [:]
        for outcome in outcomes.values { counts[action(of: outcome), default: 0] += 1 }
        let missing = catalog.selectedRowCount - outcomes.count
        let parts = [
            "\(counts[.change] ?? 0) to change", "\(counts[Action.none] ?? 0) unchanged",
            "\((counts[.error] ?? 0) + missing) cannot be read",
        ]
        return parts.joined(separator: ", ")
    }
}

/// What an edit cannot do, or may do beside what it is meant for.
extension PlanReport {
    private static let keyDoubt =
        "an edit of 'name' may change the key of this PBX, and rows behind it pin the key that it has now"

    /// A sentence for each doubt, with the line that it is about.
    var doubts: [String] {
        get throws {
            var doubts: [String] = []
            for rows in catalog.rowsByHost {
                for (index, row) in rows.enumerated() {
                    let job = try catalog.job(row: row)
                    let place = "line \(job.position.line), \(job.address.host)"
                    let own = outcomes[job.position.row]?.reading?.doubts ?? []
                    doubts += own.map { "\(place): \($0)" }
                    if mayChangeKey(job), try isPinned(rows[(index + 1)...]) {
                        doubts.append("\(place): \(Self.keyDoubt)")
                    }
                }
            }
            return doubts
        }
    }

    private func mayChangeKey(_ job: Job) -> Bool {
        outcomes[job.position.row]?.reading?.changes.contains { $0.field == "name" } ?? false
    }

    private func isPinned(_ rows: ArraySlice<Int>) throws -> Bool {
        try rows.contains { try pin != nil || catalog.job(row: $0).tlsPin != nil }
    }
}

extension FieldChange {
    /// How a change is drawn: `~ auto_renewal 0 → 1`, `+ auth.KEY ***`, `- auth.KEY ***`.
    fileprivate var line: String {
        if isCertain, new == nil { return "- \(field) \(old ?? "")" }
        if isCertain, old == nil { return "+ \(field) \(new ?? "")" }
        return "~ \(field) \(isCertain ? Self.shown(old) : "?") → \(Self.shown(new))"
    }

    /// Whose color it has: green for what comes, red for what goes, yellow for what changes.
    fileprivate var status: RowStatus {
        if isCertain, new == nil { return .failed }
        return isCertain && old == nil ? .ok : .skipped
    }
}
