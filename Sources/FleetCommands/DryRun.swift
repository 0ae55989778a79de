import HTTPTransport
import FleetModel
import PBXClient
import RowInput
import RunRecord

/// Prints the requests of a run, secrets masked, and makes none.
///
/// The hosts come in the order of their first row, each with what would be sent to it in that order.
struct DryRun {
    let catalog: RowCatalog
    let transport: TransportSettings
    /// Path of the run directory whose done rows are left out; nil for a new run.
    let resumed: String?

    /// - Throws: what would keep the run from starting, and what standard output throws.
    func printAll() throws {
        _ = try HTTPTransport(transport)
        let directory = try resumed.map { try RunDirectory(path: $0, for: .resumedRun) }
        let history = try directory?.readLedger()
        for rows in lanes {
            var printer = LanePrinter()
            for row in rows {
                let job = try catalog.job(row: Int(row))
                if !isDone(job, history) { try printer.print(job) }
            }
            try printer.finish()
        }
    }

    /// The rows of each host.
    private var lanes: [[Int32]] {
        var lanes = [[Int32]](repeating: [], count: catalog.hostCount)
        for row in 0..<catalog.rowCount {
            if let host = catalog.host(ofRow: row) { lanes[host].append(Int32(row)) }
        }
        return lanes
    }

    private func isDone(_ job: Job, _ history: LedgerHistory?) -> Bool {
        guard let history, let salt = history.salt else { return false }
        return history.goodOutcome(of: RowKey(job, salt: salt)) != nil
    }
}

/// Prints the requests to one host, each with the line of the row for which it is made.
private struct LanePrinter {
    /// The row that logged in last, until its session is ended.
    private var session: Job?
    private var last: Job?

    mutating func print(_ job: Job) throws {
        if case .client(let id, let secret) = job.credentials, session?.credentials != job.credentials {
            try endSession(at: job)
            let login = LoginRequest(to: job.address, id: id, secret: secret)
            try print("POST \(login.maskedURL) \(login.maskedBody)", at: job)
            session = job
        }
        let update = UpdateRequest(job)
        try print("POST \(update.maskedURL) \(update.maskedBody)", at: job)
        last = job
    }

    mutating func finish() throws {
        if let last { try endSession(at: last) }
    }

    private mutating func endSession(at job: Job) throws {
        guard let session else { return }
        try print("GET \(RevokeRequest(to: session.address).maskedURL)", at: job)
        self.session = nil
    }

    private func print(_ request: String, at job: Job) throws {
        try Console.output("line \(job.position.line): \(request)\n")
    }
}
