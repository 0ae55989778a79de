import FleetModel
import TestSupport

/// Rows given by their host numbers, in file order; nil for a row that is not to run.
struct FleetSource: JobSource {
    let hosts: [Int?]

    var rowCount: Int { hosts.count }
    var hostCount: Int { (hosts.compactMap { $0 }.max() ?? -1) + 1 }
    func host(ofRow row: Int) -> Int? { hosts[row] }

    func job(row: Int) -> Job {
        .make(
            row: row + 1, host: "127.0.0.\(1 + (hosts[row] ?? 0))",
            edit: CertificateEdit(id: Int64(row + 1), autoRenewal: false))
    }
}
