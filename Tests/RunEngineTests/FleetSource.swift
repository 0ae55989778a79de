import FleetModel
import TestSupport

/// Rows given by their host numbers, in file order; nil for a row that is not to run.
struct FleetSource: JobSource {
    struct Unreadable: Error {}

    let hosts: [Int?]
    /// A row that cannot be read, from 0.
    var unreadableRow: Int?

    var rowCount: Int { hosts.count }
    var hostCount: Int { (hosts.compactMap { $0 }.max() ?? -1) + 1 }
    func host(ofRow row: Int) -> Int? { hosts[row] }

    func job(row: Int) throws -> Job {
        if row == unreadableRow { throw Unreadable() }
        return .make(
            row: row + 1, host: "127.0.0.\(1 + (hosts[row] ?? 0))",
            edit: CertificateEdit(id: Int64(row + 1), autoRenewal: false))
    }
}
