import FleetModel
import Logging
import FleetInput
import RunRecord

/// The rows of an input without those that an earlier run has done.
struct ResumedSource: JobSource {
    private let catalog: RowCatalog
    private var isDone: [Bool]
    /// Rows that an earlier run has done.
    private(set) var resumed = 0

    /// Hands the outcomes of the earlier run over to the recorder, and names the rows whose outcome nobody knows.
    ///
    /// - Throws: when the input can no longer be read.
    init(_ catalog: RowCatalog, history: History?, recorder: RunRecorder, logger: Logger) throws {
        self.catalog = catalog
        isDone = []
        guard let history else { return }
        isDone = [Bool](repeating: false, count: catalog.rowCount)
        for row in 0..<catalog.rowCount where catalog.isLeftOut(row) {
            let job = try catalog.job(row: row)
            recorder.keep(history.standing(of: job), history.outcome(of: job), job)
        }
        for row in 0..<catalog.rowCount where catalog.host(ofRow: row) != nil {
            let job = try catalog.job(row: row)
            let standing = history.standing(of: job)
            recorder.adopt(standing, row: job.position.row)
            switch standing {
            case .inDoubt:
                logger.notice("line \(job.position.line): may have been sent before, and is sent again")
            case .superseded:
                logger.notice(
                    "line \(job.position.line): its certificate was edited otherwise since, and is edited again")
            case .neverSent, .done: break
            }
            isDone[row] = !standing.isSentAgain
        }
        resumed = recorder.resumed
    }

    var rowCount: Int { catalog.rowCount }
    var hostCount: Int { catalog.hostCount }

    func host(ofRow row: Int) -> Int? {
        if !isDone.isEmpty, isDone[row] { return nil }
        return catalog.host(ofRow: row)
    }

    func job(row: Int) throws -> Job { try catalog.job(row: row) }
}
