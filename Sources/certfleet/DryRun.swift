import JobModel
import PBXClient
import RowInput

/// Prints the requests of a run in input order, secrets masked, and makes none.
struct DryRun {
    let catalog: RowCatalog

    func printAll() throws {
        for row in 0..<catalog.rowCount where catalog.host(ofRow: row) != nil {
            let job = try catalog.job(row: row)
            let request = UpdateRequest(job)
            Console.output("line \(job.position.line): POST \(request.maskedURL) \(request.maskedBody)\n")
        }
    }
}
