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
        guard !list.items.isEmpty || !list.missing.isEmpty || !list.foreignLines.isEmpty else {
            throw ToolError(.noRows, "the run in '\(directory)' changed nothing that could be put back")
        }
        for line in list.foreignLines {
            let what = "the ledger names another PBX or certificate for its row"
            Say.say(.warning, "\(Quotation.escaped(input.path)), line \(line): left out: \(what)", insists: true)
        }
        for row in list.missing {
            say(
                row.row, row.host?.description, row.certificate,
                "left out: undo.csv does not hold its values (\(Self.cut))")
        }
        let (items, code) = insists ? (list.items.map { ($0, .putBack) }, .success) : try judged(list)
        let (sheet, rows, isWhole) = sheet(of: items)
        let isComplete = isWhole && list.missing.isEmpty && list.foreignLines.isEmpty
        if rows == 0, isComplete, code == .success {
            throw ToolError(.noRows, "nothing is left to put back: all is as it was before the run in '\(directory)'")
        }
        try write(sheet, rows, to: file)
        if code != .success { throw code }
        if !isComplete { throw ExitCode.rowsFailed }
    }

    /// The input, how many rows it has, and whether they put everything back; says what they leave out.
    private func sheet(of items: [(UndoList.Item, Judgement)]) -> (bytes: [UInt8], rows: Int, isWhole: Bool) {
        var writer = RowWriter.plain(EditRow.columns)
        var (rows, isWhole) = (0, true)
        for (item, judgement) in items {
            switch judgement {
            case .same: break
            case .putBack where item.isEmpty: break
            case .putBack:
                writer.append(item.cells)
                rows += 1
            case .leftOut(let reason):
                isWhole = false
                say(item, "left out: \(reason)")
            }
            guard !item.lost.isEmpty else { continue }
            isWhole = false
            say(item, "cannot be put back, \(Self.lost): \(item.lost.joined(separator: ", "))")
        }
        return (writer.take(), rows, isWhole)
    }

    private static let cut = "it was cut or replaced, or the run came to that row without --undo"
    private static let lost = "because the PBX does not tell it, or no input can hold it"

    private func say(_ item: UndoList.Item, _ message: String) {
        say(item.row, item.cells[.baseURL], Int64(item.cells[.id]), message)
    }

    private func say(_ row: Int, _ host: String?, _ certificate: Int64?, _ message: String) {
        let place = ["row \(row)", host, certificate.map { "certificate \($0)" }].compactMap(\.self)
        Say.say(.warning, "\(place.joined(separator: ", ")): \(message)", insists: true)
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
        let rest = list.items.filter(\.isEmpty).map { ($0, Judgement.putBack) }
        guard !items.isEmpty else { return (rest, .success) }
        let file = try InputFile.holding(sheet.take(), name: input.path)
        let advice = "set what the references of its credentials name, or give credentials by --credentials FILE"
        let catalog = try ValidatedInput(input, file: file, advice: advice).catalog
        let findings = try Survey(work, for: .plan).run(catalog)
        let judged = try zip(items, 0..<catalog.rowCount).map { item, row in
            let job = try catalog.job(row: row)
            return (item, judgement(of: item, job, findings.outcomes[job.position.row], list))
        }
        return (judged + rest, findings.exitCode())
    }

    private func judgement(of item: UndoList.Item, _ job: Job, _ outcome: Outcome?, _ list: UndoList) -> Judgement {
        if outcome?.status == .noChange { return .same }
        guard let reading = outcome?.reading else {
            return .leftOut(outcome?.error ?? "the command was stopped before it was read")
        }
        let (changed, untold) = list.changedSince(item, reading, job)
        let reasons = [("changed since the run", changed), ("not told by the PBX now", untold)]
            .filter { !$1.isEmpty }.map { "\($0): \($1.joined(separator: ", "))" }
        return reasons.isEmpty ? .putBack : .leftOut("\(reasons.joined(separator: "; ")) (--force insists)")
    }

    private func write(_ bytes: [UInt8], _ rows: Int, to file: OutputFile?) throws {
        guard let file else { return try Say.print(String(decoding: bytes, as: UTF8.self)) }
        try file.write(bytes)
        file.say(counted(rows, "row"), next: rows == 0 ? nil : ["run", file.path] + input.followingFlags)
    }
}
