import FleetInput
import FleetModel
import Platform
import RunRecord

/// A row as a report knows it.
struct ReportRow: Sendable {
    /// Which of the report's runs it is of, from 0.
    let run: Int
    /// Which of the report's inputs it stands in, from 0, and its number there.
    var order: (input: Int, row: Int)
    /// The input's line on which it starts; nil when only the ledger knows the row.
    let line: Int?
    /// The PBX as `name:port`, or what stands in its cell when that is no address; empty when it is not known.
    let host: String
    /// The certificate's id; empty when it is not known.
    let certificate: String
    let outcome: Outcome
    /// The user's own columns that are not empty.
    var own: [(name: String, value: String)] = []
    /// What its edit was to change, where the run kept what there was before.
    var changes: [FieldChange] = []

    /// The row without the user's own columns, and without what it changed.
    var brief: ReportRow {
        var row = self
        (row.own, row.changes) = ([], [])
        return row
    }
}

extension RecordedRun {
    /// Calls `body` with each row that the run's files tell of: those of the result once there is one, else those of the ledger.
    func forEachRow(number: Int, _ body: (ReportRow) -> Void) throws(ToolError) {
        guard state == .finished else {
            for row in try ledgerRows() { body(ReportRow(row, of: self, number: number)) }
            return
        }
        var columns = ColumnRoles(header.arguments)
        try forEachResultRow { body(ReportRow($0, run: number, &columns)) }
    }
}

extension ReportRow {
    /// A row of a result.
    init(_ row: ResultRow, run: Int, _ columns: inout ColumnRoles) {
        self.run = run
        order = (0, row.position.row)
        line = row.position.line
        let cell = row.own { columns[$0] == .host }
        host = HostKey(cell: cell)?.description ?? cell
        certificate = row.own { columns[$0] == .certificate }
        outcome = row.outcome
        if !outcome.status.isGood { own = row.own.filter { columns[$0.name] == .own } }
    }

    fileprivate init(_ row: LedgerRow, of recorded: RecordedRun, number: Int) {
        run = number
        order = (0, row.row)
        line = nil
        host = row.host?.description ?? ""
        certificate = row.certificate.map(String.init) ?? ""
        outcome = row.outcome ?? recorded.outcomeOfOpenRow
    }
}

extension RecordedRun {
    /// What a row is that was sent, and of which no answer is noted.
    fileprivate var outcomeOfOpenRow: Outcome {
        guard state == .underWay else {
            let error = "the edit may have been sent, and the run broke off before an answer was noted"
            return Outcome(status: .unknown, errorClass: .runStopped, error: error)
        }
        return Outcome(status: .notAttempted, errorClass: .runStopped, error: "the row is under way")
    }
}

/// What the columns of a result are, remembered by name.
struct ColumnRoles {
    private var known: [String: ColumnRole] = [:]

    private let choices: ColumnChoices

    /// - Parameter arguments: those of the run, in which `--column 'HEADER=COLUMN'` may give a header its meaning.
    init(_ arguments: [String]) {
        let columns = arguments.flags.filter { $0.flag == "--column" }.map(\.value)
        // A run that began has read them.
        choices = (try? ColumnChoices(columns: columns, values: [])) ?? ColumnChoices()
    }

    subscript(name: String) -> ColumnRole {
        mutating get {
            if let role = known[name] { return role }
            let role = ColumnRole(named: name, choices)
            known[name] = role
            return role
        }
    }
}

extension [String] {
    /// What `--only` and `--shard` say in a command line; empty when it takes every row.
    var selecting: [(flag: String, value: String)] { flags.filter { ["--only", "--shard"].contains($0.flag) } }

    /// Each long flag of a command line with its value, written as one argument or as two.
    var flags: [(flag: String, value: String)] {
        indices.compactMap { index in
            let argument = self[index]
            guard argument.hasPrefix("--") else { return nil }
            if let sign = argument.firstIndex(of: "=") {
                return (String(argument[..<sign]), String(argument[argument.index(after: sign)...]))
            }
            return (argument, index + 1 < count ? self[index + 1] : "")
        }
    }
}

/// The rows that a report lists, few enough that a browser opens them at once.
struct RowList: Sendable {
    private(set) var rows: [ReportRow] = []
    /// Rows that are not listed, because there are too many.
    private(set) var leftOut = 0
    private var tried = Allowance(rows: 10_000, bytes: 5_000_000)
    private var untried = Allowance(rows: 2000, bytes: 1_000_000)

    /// So many rows, and bytes of their texts, may still be listed.
    private struct Allowance {
        var rows: Int
        var bytes: Int

        mutating func take(_ size: Int) -> Bool {
            guard rows > 0, bytes >= size else { return false }
            rows -= 1
            bytes -= size
            return true
        }
    }

    /// Names of the user's own columns that the rows have, in their order.
    var columns: [String] {
        var names: [String] = []
        for row in rows { for cell in row.own where !names.contains(cell.name) { names.append(cell.name) } }
        return Array(names.prefix(RowList.columnLimit))
    }

    /// Columns of the user's own that a page has room for.
    private static let columnLimit = 12

    /// Lists a row if there is room: rows that were never tried have room of their own, so that they take none from the others.
    mutating func add(_ row: ReportRow) {
        let size = row.size
        let isListed = row.outcome.status == .notAttempted ? untried.take(size) : tried.take(size)
        if isListed { rows.append(row) } else { leftOut += 1 }
    }

    mutating func sort() {
        rows.sort { $0.order < $1.order }
    }
}

extension ReportRow {
    /// About how many bytes it takes on a page.
    fileprivate var size: Int {
        let texts =
            [host, certificate, outcome.error, outcome.errmsg] + own.prefix(12).map(\.value)
            + changes.flatMap { [$0.field, $0.old ?? "", $0.new ?? ""] }
        return texts.reduce(160) { $0 + $1.utf8.count }
    }
}
