import FleetInput
import FleetModel
import Logging
import RunRecord

/// The rows of an input that ``RunRecord/History`` leaves to be done.
struct ResumedSource: JobSource {
    private let catalog: RowCatalog
    private let history: History
    private var isDone: [Bool]
    private var inDoubt: Set<Int> = []
    /// Those of them of which nobody knows the certificate.
    private var lost: Set<Int> = []
    /// Rows whose certificate was edited otherwise since.
    private var superseded: [Int] = []
    /// The certificates of rows that name none by its id and found it in an earlier run, also of those that are done.
    private(set) var found: [Int: Int64] = [:]
    /// Rows that an earlier run has done.
    private(set) var doneCount = 0
    /// How many rows the result has: those that are to run, and of the others those that the history knows.
    private(set) var resultCount: Int
    /// Rows that are left out of this run, and of which the result says something that is not good.
    private(set) var badRowsLeftOut = 0
    /// Rows that can run, and those of them that the history knows.
    private var (rows, known) = (0, 0)

    /// - Parameter outcomes: takes over the outcomes of the earlier run.
    /// - Throws: when the input can no longer be read.
    init(_ catalog: RowCatalog, _ history: History, into outcomes: inout OutcomeStore) throws {
        self.catalog = catalog
        self.history = history
        isDone = [Bool](repeating: false, count: catalog.rowCount)
        resultCount = catalog.selectedRowCount
        for row in 0..<catalog.rowCount {
            if catalog.host(ofRow: row) != nil {
                try take(row, into: &outcomes)
            } else if !catalog.isSelected(row) {
                try leaveOut(row, into: &outcomes)
            }
        }
        doneCount = outcomes.resumed
    }

    private mutating func take(_ row: Int, into outcomes: inout OutcomeStore) throws {
        let job = try catalog.job(row: row)
        let standing = history.standing(of: job)
        outcomes.adopt(standing, row: job.position.row)
        if standing == .inDoubt {
            inDoubt.insert(row)
            if history.isLost(job) { lost.insert(row) }
        }
        if standing == .superseded { superseded.append(row) }
        rows += 1
        if standing != .neverSent { known += 1 }
        isDone[row] = !standing.isSentAgain
        found[row] = history.certificate(foundBy: job)
    }

    /// A row that is no part of this run keeps what it has.
    private mutating func leaveOut(_ row: Int, into outcomes: inout OutcomeStore) throws {
        guard catalog.isLeftOut(row) else { return outcomes.leaveOut(row: catalog.position(ofRow: row).row) }
        let job = try catalog.job(row: row)
        let (standing, outcome) = (history.standing(of: job), history.outcome(of: job))
        if standing != .neverSent || outcome != nil { resultCount += 1 }
        outcomes.keep(standing, outcome, row: job.position.row)
        if outcomes[job.position.row]?.status.isGood == false { badRowsLeftOut += 1 }
    }

    /// Names the rows that are sent again although an edit of theirs may have been made, and tells when the input is
    /// hardly known.
    func say(of input: InputIdentity, _ logger: Logger) {
        name(
            inDoubt.subtracting(lost).sorted(), logger,
            "may have been sent before, and is sent again unless its values are there",
            "may have been sent before, and are sent again unless their values are there")
        name(
            lost.sorted(), logger,
            "may have been sent before to a certificate that the ledger does not name, and is not sent",
            "may have been sent before to certificates that the ledger does not name, and are not sent")
        name(
            superseded, logger, "its certificate was edited otherwise since, and is edited again",
            "have certificates that were edited otherwise since, and are edited again")
        if !history.inputs.contains(input.sha256), known * 2 < rows {
            logger.warning("the earlier run knows \(known) of \(counted(rows, "row")): is this the input that it had?")
        }
    }

    /// Says something of one or several rows, in one line itself.
    private func name(_ rows: [Int], _ logger: Logger, _ ofOne: String, _ ofSeveral: String) {
        let lines = rows.prefix(20).map { String(catalog.position(ofRow: $0).line) }
        if rows.count == 1 { return logger.notice("line \(lines[0]): \(ofOne)") }
        guard rows.count > 1 else { return }
        let more = rows.count > 20 ? " and \(rows.count - 20) more" : ""
        logger.notice("\(rows.count) rows \(ofSeveral): lines \(lines.joined(separator: ", "))\(more)")
    }

    var rowCount: Int { catalog.rowCount }
    var hostCount: Int { catalog.hostCount }

    func host(ofRow row: Int) -> Int? { isDone[row] ? nil : catalog.host(ofRow: row) }

    func job(row: Int) throws -> Job {
        var job = try catalog.job(row: row)
        if let id = found[row] { job = job.found(id: id) }
        return isInDoubt(row) ? job.inDoubt(isLost: lost.contains(row)) : job
    }

    /// Whether an earlier run may have made a row's edit.
    func isInDoubt(_ row: Int) -> Bool { inDoubt.contains(row) }
}
