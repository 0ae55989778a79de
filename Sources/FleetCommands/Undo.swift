import FleetInput
import FleetModel
import Logging
import PBXClient
import Platform
import RunRecord
import TabularText

/// `certfleet undo`: the input that would put back what a run changed.
package struct Undo: Sendable {
    /// Path of the run directory.
    package let directory: String
    /// Path of the file that gets the input, for its owner only; nil prints it.
    package var output: String?
    /// Whether nothing is read, and what somebody changed since the run is put back, too.
    package var insists = false
    /// Where credentials come from, and what may be spoken to.
    package var input: InputRequest
    /// How PBXs are asked.
    package var work = WorkSettings()

    /// An undo of the run in a directory with nothing else asked for.
    package init(directory: String) {
        self.directory = directory
        input = InputRequest(path: "\(directory)/undo.csv")
    }

    /// Reads what the run left behind and what the PBXs hold now, and writes the input. Blocks.
    ///
    /// - Throws: what keeps it from starting or breaks it; ``ExitCode/rowsFailed`` when something is left out.
    package func run() throws {
        Say.messages = work.messages
        let file = try output.map { path throws(ToolError) in try OutputFile(path) }
        // Says what is wrong with a directory in words that fit a run that is over.
        _ = try RecordedRun(path: directory)
        let list = try UndoList(RunDirectory(path: directory, for: .resumedRun))
        guard !list.items.isEmpty else {
            try requireAllKept(list)
            throw ToolError(.noRows, "the run in '\(directory)' changed nothing that could be put back")
        }
        let (items, code) = insists ? (list.items.map { ($0, .putBack) }, .success) : try judged(list)
        var writer = RowWriter.plain(EditRow.columns)
        var isComplete = true
        var rows = 0
        for (item, judgement) in items {
            switch judgement {
            case .same: break
            case .putBack where item.isEmpty: break
            case .putBack:
                writer.append(item.cells)
                rows += 1
            case .leftOut(let reason):
                isComplete = false
                say(item, "left out: \(reason)")
            }
            guard !item.lost.isEmpty else { continue }
            isComplete = false
            say(item, "cannot be put back, because the PBX does not tell it: \(item.lost.joined(separator: ", "))")
        }
        if rows == 0, isComplete, code == .success {
            try requireAllKept(list)
            throw ToolError(.noRows, "nothing is left to put back: all is as it was before the run in '\(directory)'")
        }
        try write(writer.take(), rows, to: file)
        try requireAllKept(list)
        if code != .success { throw code }
        if !isComplete { throw ExitCode.rowsFailed }
    }

    /// - Throws: `ToolError` when rows that the run may have made have no values in `undo.csv`.
    private func requireAllKept(_ list: UndoList) throws(ToolError) {
        guard list.lostRows > 0 else { return }
        throw ToolError(
            .broken,
            "'\(directory)/undo.csv' lacks the values of \(counted(list.lostRows, "row")) that the run may have changed",
            hint: "it was cut or replaced, or a part of the run was made without --undo")
    }

    private func say(_ item: UndoList.Item, _ message: String) {
        Say.say(.warning, "row \(item.row), \(item.cells[0]), certificate \(item.cells[6]): \(message)", insists: true)
    }

    /// What becomes of a certificate that the run changed.
    private enum Judgement {
        case putBack
        /// It is as it was before already.
        case same
        case leftOut(String)
    }

    private func judged(_ list: UndoList) throws -> ([(UndoList.Item, Judgement)], ExitCode) {
        var sheet = RowWriter.plain(EditRow.columns)
        // One with nothing left to set would be no row.
        let items = list.items.filter { !$0.isEmpty }
        for item in items { sheet.append(item.cells) }
        let file = try InputFile.holding(sheet.take(), name: input.path)
        let catalog = try ValidatedInput(input, file: file).catalog
        let findings = try ReadingSession(work, for: .plan).run(catalog)
        let judged = try zip(items, 0..<catalog.rowCount).map { item, row in
            let job = try catalog.job(row: row)
            return (item, judgement(of: item, job, findings.outcomes[job.position.row], list))
        }
        return (judged + list.items.filter(\.isEmpty).map { ($0, .putBack) }, findings.exitCode())
    }

    private func judgement(of item: UndoList.Item, _ job: Job, _ outcome: Outcome?, _ list: UndoList) -> Judgement {
        if outcome?.status == .noChange { return .same }
        guard let state = outcome?.reading?.certificates.first else {
            return .leftOut(outcome?.error ?? "the command was stopped before it was read")
        }
        let changed = list.changedSince(item, state, job)
        if changed.isEmpty { return .putBack }
        return .leftOut("changed since the run: \(changed.joined(separator: ", ")) (--force insists)")
    }

    private func write(_ bytes: [UInt8], _ rows: Int, to file: OutputFile?) throws {
        guard let file else { return try Say.print(String(decoding: bytes, as: UTF8.self)) }
        try file.write(bytes)
        file.say(counted(rows, "row"), next: rows == 0 ? nil : ["run", file.path] + input.followingFlags)
    }
}
