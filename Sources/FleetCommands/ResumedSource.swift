import FleetModel
import Logging
import FleetInput
import RunRecord

/// The rows of an input without those that ``RunRecord/History`` says are done.
struct ResumedSource: JobSource {
    private let catalog: RowCatalog
    private var isDone: [Bool]
    private var isInDoubt: Set<Int> = []
    /// The certificates of rows that name none by its id and found it in an earlier run.
    private(set) var found: [Int: Int64] = [:]
    /// Rows that an earlier run has done.
    private(set) var resumed = 0

    /// Takes over the outcomes of the earlier run, and names the rows that are sent again although an edit of theirs may
    /// have been made.
    ///
    /// - Throws: when the input can no longer be read.
    init(
        _ catalog: RowCatalog, _ input: InputIdentity, history: History?, into outcomes: inout OutcomeStore,
        logger: Logger
    ) throws {
        self.catalog = catalog
        isDone = []
        guard let history else { return }
        isDone = [Bool](repeating: false, count: catalog.rowCount)
        for row in 0..<catalog.rowCount where !catalog.isSelected(row) {
            guard catalog.isLeftOut(row) else {
                outcomes.leaveOut(row: catalog.number(ofRow: row))
                continue
            }
            let job = try catalog.job(row: row)
            outcomes.keep(history.standing(of: job), history.outcome(of: job), row: job.position.row)
        }
        var (inDoubt, superseded): ([Int], [Int]) = ([], [])
        var (known, rows) = (0, 0)
        for row in 0..<catalog.rowCount where catalog.host(ofRow: row) != nil {
            let job = try catalog.job(row: row)
            let standing = history.standing(of: job)
            outcomes.adopt(standing, row: job.position.row)
            switch standing {
            case .inDoubt:
                isInDoubt.insert(row)
                inDoubt.append(job.position.line)
            case .superseded: superseded.append(job.position.line)
            case .neverSent, .done: break
            }
            rows += 1
            if standing != .neverSent { known += 1 }
            isDone[row] = !standing.isSentAgain
            found[row] = history.certificate(foundBy: job)
        }
        Self.name(
            inDoubt, logger, "may have been sent before, and is sent again unless its values are there",
            "may have been sent before, and are sent again unless their values are there")
        Self.name(
            superseded, logger, "its certificate was edited otherwise since, and is edited again",
            "have certificates that were edited otherwise since, and are edited again")
        if !history.inputs.contains(input.sha256), known * 2 < rows {
            logger.warning("the earlier run knows \(known) of \(counted(rows, "row")): is this the input that it had?")
        }
        resumed = outcomes.resumed
    }

    /// How many rows the result has: those that are to run, and of the others those that the history knows.
    static func resultRows(_ catalog: RowCatalog, _ history: History?) throws -> Int {
        guard let history, catalog.selectedRowCount < catalog.rowCount else { return catalog.rowCount }
        let kept = try (0..<catalog.rowCount).reduce(0) { count, row in
            guard catalog.isLeftOut(row) else { return count }
            let job = try catalog.job(row: row)
            let isKnown = history.standing(of: job) != .neverSent || history.outcome(of: job) != nil
            return count + (isKnown ? 1 : 0)
        }
        return catalog.selectedRowCount + kept
    }

    /// Says something of one or several lines, in one line itself.
    private static func name(_ lines: [Int], _ logger: Logger, _ ofOne: String, _ ofSeveral: String) {
        guard lines.count > 1 else { return lines.forEach { logger.notice("line \($0): \(ofOne)") } }
        let shown = lines.prefix(20).map(String.init).joined(separator: ", ")
        let more = lines.count > 20 ? " and \(lines.count - 20) more" : ""
        logger.notice("\(lines.count) rows \(ofSeveral): lines \(shown)\(more)")
    }

    var rowCount: Int { catalog.rowCount }
    var hostCount: Int { catalog.hostCount }

    func host(ofRow row: Int) -> Int? {
        if !isDone.isEmpty, isDone[row] { return nil }
        return catalog.host(ofRow: row)
    }

    func job(row: Int) throws -> Job {
        var job = try catalog.job(row: row)
        if let id = found[row] { job = job.found(id: id) }
        return isInDoubt.contains(row) ? job.inDoubt() : job
    }
}
