import FleetModel
import Glibc
import TestSupport

@testable import FleetInput
@testable import TabularText

/// An input read to its end, with everything that was said about it.
struct Reading {
    let catalog: RowCatalog
    let diagnostics: [Diagnostic]
    private let directory: WorkDirectory

    /// Reads bytes as a file of a name; one that others can read has a file `key` of the same kind beside it.
    ///
    /// - Parameter fixtures: files that are put beside it.
    init(
        bytes: [UInt8], name: String = "fleet.csv", settings: InputSettings = InputSettings(), kept: Bool = true,
        isExposed: Bool = false, beside fixtures: [String] = [], sliceSize: Int = TableReader.sliceSize
    ) throws {
        directory = try WorkDirectory()
        for file in fixtures { try directory.write(file, bytes: Fixtures.bytes(file)) }
        let path = try directory.write(name, bytes: bytes)
        if isExposed { for file in [path, try directory.write("key", "key")] { chmod(file, 0o644) } }
        let input = try InputFile.open(path, kept: kept)
        var diagnostics: [Diagnostic] = []
        catalog = try RowCatalog.read(input, settings: settings, sliceSize: sliceSize) { diagnostics.append($0) }
        self.diagnostics = diagnostics
    }

    init(
        _ text: String, name: String = "fleet.csv", settings: InputSettings = InputSettings(), kept: Bool = true,
        sliceSize: Int = TableReader.sliceSize
    ) throws {
        try self.init(bytes: Array(text.utf8), name: name, settings: settings, kept: kept, sliceSize: sliceSize)
    }

    /// The diagnostics as the command prints them.
    var texts: [String] { diagnostics.map { $0.text(file: "fleet") } }

    var codes: [Diagnostic.Code] { diagnostics.map(\.code) }

    /// How many rows can run.
    var validRowCount: Int { (0..<catalog.rowCount).count { catalog.host(ofRow: $0) != nil } }

    /// The jobs of the rows that can run.
    func jobs() throws -> [Job] {
        try (0..<catalog.rowCount).filter { catalog.host(ofRow: $0) != nil }.map { try catalog.job(row: $0) }
    }

    /// The rows as the result repeats them.
    func passThrough() throws -> [PassThroughRow] {
        var rows: [PassThroughRow] = []
        try catalog.forEachRow { rows.append($0) }
        return rows
    }

    /// The cells of a CSV as the result repeats them, without its header.
    func shownCells() throws -> [[String]] {
        try passThrough().map { row in
            guard case .cells(let cells) = row.content else { return [] }
            return cells.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// The members of JSON lines as the result repeats them.
    func shownMembers() throws -> [String] {
        try passThrough().map { row in
            guard case .members(let text) = row.content else { return "" }
            return String(decoding: text, as: UTF8.self)
        }
    }
}

extension Reading {
    /// Reads one CSV row that is right but for some columns, which are put in or taken out (nil).
    static func row(_ changes: [(String, String?)], settings: InputSettings = InputSettings()) throws -> Reading {
        var columns = [("base_url", "https://pbx1"), ("id", "5"), ("auto_renewal", "0"), ("access_token", "tok")]
        for (name, value) in changes {
            columns.removeAll { $0.0 == name }
            if let value { columns.append((name, value)) }
        }
        let line = { (cells: [String]) in cells.map(quoted).joined(separator: ",") + "\n" }
        return try Reading(line(columns.map(\.0)) + line(columns.map(\.1)), settings: settings)
    }

    /// Reads one JSON line that is right but for some members, given as JSON text.
    static func line(_ changes: [(String, String?)]) throws -> Reading {
        var members = [
            ("base_url", "\"https://pbx1\""), ("id", "5"), ("auto_renewal", "0"), ("access_token", "\"tok\""),
        ]
        for (name, value) in changes {
            members.removeAll { $0.0 == name }
            if let value { members.append((name, value)) }
        }
        let text = members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",")
        return try Reading("{\(text)}\n", name: "fleet.jsonl")
    }

    private static func quoted(_ cell: String) -> String {
        "\"\(cell.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }
}
