import FleetModel
import Foundation
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
            let isToldWhy = !isGood || row["result.verified"] == "no"
            #expect((row["result.error_class"] == "") == isGood && (row["result.error"] == "") != isToldWhy, "\(row)")
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

/// Reads a result file the way a user's own script would, independent of the code under test.
struct Records {
    /// Each row as column → cell.
    let rows: [[String: String]]

    init(csv path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        var records = Records.parse(text)
        let header = records.removeFirst()
        rows = records.map { Dictionary(uniqueKeysWithValues: zip(header, $0)) }
    }

    /// Reads JSON lines; the members of `result` come as `result.…`.
    init(jsonLines path: String) throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        rows = try text.split(separator: "\n").map { line in
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let result = try #require(object["result"] as? [String: Any])
            let own = object.filter { $0.key != "result" }.mapValues { "\($0)" }
            let verdict = result.filter { !($0.value is NSNull) }.map { ("result.\($0.key)", "\($0.value)") }
            return own.merging(verdict) { $1 }
        }
    }

    /// The cells of one column, from top to bottom.
    subscript(column: String) -> [String] { rows.map { $0[column] ?? "" } }

    private static func parse(_ text: String) -> [[String]] {
        var records: [[String]] = [[]]
        var cell: [UInt8] = []
        var isQuoted = false
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if isQuoted {
                if byte != 0x22 {
                    cell.append(byte)
                } else if index + 1 < bytes.count, bytes[index + 1] == 0x22 {
                    cell.append(byte)
                    index += 1
                } else {
                    isQuoted = false
                }
            } else {
                switch byte {
                case 0x22: isQuoted = true
                case 0x2C, 0x0A:
                    records[records.count - 1].append(String(decoding: cell, as: UTF8.self))
                    cell = []
                    if byte == 0x0A { records.append([]) }
                case 0x0D: break
                default: cell.append(byte)
                }
            }
            index += 1
        }
        return records.filter { !$0.isEmpty }
    }
}

/// The ledger as another program would read it.
struct Ledger {
    /// The events of all whole lines.
    let events: [[String: Any]]

    /// - Throws: when a line other than a torn last one is no JSON object.
    init(_ path: String) throws {
        let data = (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data()
        let whole = data.prefix(upTo: (data.lastIndex(of: 0x0A) ?? -1) + 1)
        events = try whole.split(separator: 0x0A).map { line in
            try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
        }
    }

    func rows(_ event: String) -> [Int] {
        events.filter { $0["event"] as? String == event }.compactMap { $0["row"] as? Int }
    }
}
