import FleetModel
import Platform
import TestSupport

/// Rows given by their host numbers, in file order; nil for a row that is not to run.
struct FleetSource: JobSource {
    struct Unreadable: Error {}

    let hosts: [Int?]
    /// A row that cannot be read, from 0.
    var unreadableRow: Int?
    /// The number in the input of the first row.
    var first = 1
    /// The rows that were read, from 0.
    let reads = Lock<[Int]>([])

    var rowCount: Int { hosts.count }
    var hostCount: Int { (hosts.compactMap { $0 }.max() ?? -1) + 1 }
    func host(ofRow row: Int) -> Int? { hosts[row] }

    func job(row: Int) throws -> Job {
        if row == unreadableRow { throw Unreadable() }
        reads.withLock { $0.append(row) }
        return .make(
            row: first + row, host: "127.0.0.\(1 + (hosts[row] ?? 0))",
            edit: CertificateEdit(id: Int64(row + 1), autoRenewal: false))
    }
}
