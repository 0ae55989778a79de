import Foundation
import FleetModel
import TestSupport
import Testing

/// One `certfleet run` that came to its end, and everything it left behind.
///
/// Making one checks what holds for every run: the summary, the result file and the exit code tell the same story.
struct FinishedRun {
    let status: Int32
    /// Standard error.
    let errors: String
    let result: Records
    let summary: [String: Any]

    /// - Parameters:
    ///   - rows: the input.
    ///   - flags: what follows the names of input and run directory.
    init(_ rows: [InputRow], _ flags: String..., environment: [String: String] = [:]) throws {
        try self.init(rows, flags, environment: environment)
    }

    init(_ rows: [InputRow], _ flags: [String], environment: [String: String] = [:]) throws {
        let work = try WorkDirectory()
        try work.write("fleet.csv", InputRow.csv(rows))
        let run = try BuiltTool.run(
            ["run", "fleet.csv", "--out", "run"] + flags, environment: environment, in: work.path)
        (status, errors) = (run.status, run.errors)
        result = try #require(try? Records(csv: work.file("run/result.csv")), "\(run.errors)")
        let data = try Data(contentsOf: URL(fileURLWithPath: work.file("run/summary.json")))
        summary = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        expectOneStory(of: rows)
    }

    private func expectOneStory(of rows: [InputRow]) {
        #expect(result["id"] == rows.map { String($0.id) })
        #expect(summary["exit_code"] as? Int == Int(status))
        let counts = Dictionary(grouping: statuses, by: \.self).mapValues(\.count)
        let summed = (summary["counts"] as? [String: Int])?.filter { $0.value > 0 }
        #expect(summed == counts)
        for row in result.rows {
            let status = RowStatus(rawValue: row["result.status"] ?? "")
            let isGood = status == .ok || status == .noChange
            #expect((row["result.error_class"] == "") == isGood && (row["result.error"] == "") == isGood, "\(row)")
        }
    }

    /// Status, class, errcode, HTTP status and edit requests of a row (from 1), a dash for what is empty.
    func verdict(ofRow row: Int) -> String {
        let columns = ["status", "error_class", "errcode", "http_status", "attempts"]
        let cells = columns.map { result["result.\($0)"][row - 1] }
        return cells.map { $0.isEmpty ? "-" : $0 }.joined(separator: " ")
    }

    var statuses: [String] { result["result.status"] }
    var classes: [String] { result["result.error_class"] }
    var errcodes: [String] { result["result.errcode"] }
    /// Edit requests of each row.
    var attempts: [String] { result["result.attempts"] }
    var sentences: [String] { result["result.error"] }
    var requests: Int? { summary["requests"] as? Int }
    var retries: Int? { summary["retries"] as? Int }
    var stoppedBy: String? { summary["stopped_by"] as? String }
    var hosts: [String: Int]? { summary["hosts"] as? [String: Int] }
}
