import Foundation
import Testing

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
