package import FleetModel
import Glibc
package import Platform
package import TabularText

extension RowWriter {
    /// Begins a CSV of nothing but columns that are written cell by cell, to the letter.
    package static func plain(_ columns: [String]) -> RowWriter {
        RowWriter(TableShape(format: .csv, header: columns.map { Array($0.utf8) }), columns: [])
    }

    /// Writes a row of ``plain(_:)``.
    package mutating func append(_ cells: [String]) {
        append(.cells(cells.map { Array($0.utf8) })) { _ in }
    }
}

/// The open end of `undo.csv`: the values before the run, in the input format, of each certificate that is about to be
/// edited. Only its owner can read it, because it holds the secrets that a PBX returned.
final class UndoWriter: Sendable {
    private let file: FileDescriptor
    private let writer: Lock<RowWriter>
    private let salt: RowSalt

    /// Opens the file, behind what an earlier run wrote; half a row at its end is cut off, because its edit never left.
    init(in directory: RunDirectory, salt: RowSalt) throws(ToolError) {
        self.salt = salt
        let name = RunDirectory.undo
        let length = directory.folder.contains(name) ? try UndoEntry.wholeLength(in: directory) : 0
        file = try directory.folder.open(
            name, flags: O_WRONLY | O_APPEND | O_CREAT | FileDescriptor.continued, mode: 0o600)
        try file.truncate(to: length)
        var writer = RowWriter.plain(EditRow.columns + UndoEntry.columns)
        // The header of a file that goes on is there already.
        if length > 0 { _ = writer.take() }
        self.writer = Lock(writer)
        try directory.folder.sync()
    }

    /// Adds the values of a certificate; they are on disk after ``sync()``.
    func append(_ job: Job, _ key: RowKey, replacing state: CertificateState) {
        let cells = UndoEntry(job, key, salt, replacing: state).cells
        writer.withLock { $0.append(cells) }
    }

    func sync() throws(ToolError) {
        let bytes = writer.withLock { $0.take() }
        guard !bytes.isEmpty else { return }
        try file.write(bytes)
        try file.syncData()
    }
}

extension RunDirectory {
    static let undo = "undo.csv"
}

/// One row of `undo.csv`: what would put a certificate back, and what tells whether somebody else changed it since.
struct UndoEntry {
    /// Those behind ``EditRow/columns``. What the edit set stands there, its credentials as a salted hash.
    static let columns = [
        "undo.row", "undo.key", "undo.lost", "undo.name", "undo.issue_to", "undo.auto_renewal", "undo.dns_provider",
        "undo.auth",
    ]

    let cells: [String]

    /// - Parameters:
    ///   - job: the row.
    ///   - key: its key in the ledger.
    ///   - salt: of the ledger's keys.
    ///   - state: the certificate before the edit.
    init(_ job: Job, _ key: RowKey, _ salt: RowSalt, replacing state: CertificateState) {
        let (edit, lost) = job.edit.undone(to: state)
        let row = EditRow(
            address: job.address, credentials: job.cells ?? CredentialCells(), tlsPin: job.tlsPin, edit: edit)
        // As the cells of an edit, so that an empty text is told from none.
        let set = EditRow(
            address: job.address, credentials: CredentialCells(), tlsPin: nil, edit: job.edit
        ).cells
        cells =
            row.cells + [String(job.position.row), key.description, lost.joined(separator: " ")] + set[7...10]
            + [RowKey(authInfo: job.edit.authInfo, of: job, salt: salt)?.description ?? ""]
    }

    /// Bytes of the whole rows of a file; no cell holds a line end.
    fileprivate static func wholeLength(in directory: RunDirectory) throws(ToolError) -> Int {
        let file = try directory.folder.open(RunDirectory.undo, flags: O_RDONLY | FileDescriptor.continued)
        var (length, whole) = (0, 0)
        var chunk: [UInt8] = []
        repeat {
            chunk = [UInt8](repeating: 0, count: 1 << 18)
            try file.read(into: &chunk)
            if let end = chunk.lastIndex(of: 0x0A) { whole = length + end + 1 }
            length += chunk.count
        } while !chunk.isEmpty
        return whole
    }
}

extension RowKey {
    /// What tells a list of DNS credentials from others without giving it away; nil without a list.
    init?(authInfo list: [AuthInfo]?, of job: Job, salt: RowSalt) {
        guard let list else { return nil }
        let edit = CertificateEdit(id: job.edit.id, authInfo: list)
        self.init(
            Job(position: job.position, address: job.address, credentials: job.credentials, tlsPin: nil, edit: edit),
            salt: salt)
    }
}

extension History {
    /// Whether a row's edit was made, for all that the ledger tells.
    fileprivate func mayHaveChanged(_ key: RowKey) -> Bool {
        switch standing(of: key) {
        case .neverSent: false
        case .inDoubt, .superseded: true
        case .done(let outcome): outcome.status == .ok || outcome.errorClass == .verify
        }
    }
}

/// What a run changed and could be put back: `undo.csv` held against the ledger.
package struct UndoList: Sendable {
    /// One certificate.
    package struct Item: Sendable {
        /// Where its edit stood in the run's input, from 1.
        package let row: Int
        /// What would put it back, a cell for each of ``EditRow/columns``.
        package var cells: [String]
        /// What cannot be put back, by its column.
        package let lost: [String]
        /// What the run set, a cell for name, issue_to, auto_renewal and dns_provider: empty for what it left alone.
        fileprivate var set: [String]
        fileprivate var auth: String

        /// Whether nothing can be put back.
        package var isEmpty: Bool { cells[7...11].allSatisfy(\.isEmpty) }
    }

    /// In the order in which the run came to them.
    package private(set) var items: [Item] = []
    /// How many rows the run may have made of which the file holds no values: it was cut, replaced, or added to a run that
    /// had none before.
    package let lostRows: Int
    private let salt: RowSalt?

    /// Reads what a run left behind; nothing is changed.
    ///
    /// Of a certificate that was edited more than once the first values are put back, and the last ones must be there.
    ///
    /// - Throws: ``ToolError`` when the directory holds no run, or one that kept no values, or a file cannot be read.
    package init(_ directory: RunDirectory) throws(ToolError) {
        let history = try directory.readLedger()
        salt = history.salt
        guard directory.folder.contains(RunDirectory.undo) else {
            throw ToolError(
                .usage, "'\(directory.path)' holds no \(RunDirectory.undo)",
                hint: "only a run with --undo, --skip-unchanged or --verify keeps the values that it overwrites")
        }
        var places: [[String]: Int] = [:]
        var kept: Set<RowKey> = []
        let width = EditRow.columns.count
        for record in try Self.records(directory).dropFirst() {
            guard record.count == width + UndoEntry.columns.count, let row = Int(record[width]),
                let key = RowKey(record[width + 1]), history.mayHaveChanged(key)
            else { continue }
            kept.insert(key)
            let item = Item(
                row: row, cells: Array(record[..<width]),
                lost: record[width + 2].split(separator: " ").map(String.init),
                set: Array(record[(width + 3)...(width + 6)]), auth: record[width + 7])
            let certificate = [record[0], record[6]]
            if let place = places[certificate] {
                items[place].merge(item)
            } else {
                places[certificate] = items.count
                items.append(item)
            }
        }
        lostRows = history.keys.count { !kept.contains($0) && history.mayHaveChanged($0) }
    }

    private static func records(_ directory: RunDirectory) throws(ToolError) -> [[String]] {
        let file = try directory.folder.open(RunDirectory.undo, flags: O_RDONLY | FileDescriptor.continued)
        guard file.size != nil else { throw ToolError(.broken, "'\(file.name)' is no regular file") }
        let input = InputFile(file)
        let table = try TableReader(input, TableChoices(format: .csv, delimiter: .comma, encoding: .utf8))
        var records: [[String]] = []
        var problem: Diagnostic?
        if case .success(let dialect) = try table.dialect(score: { _ in HeaderScore(isComplete: true, points: 1) }) {
            try table.readRecords(dialect) {
                problem = problem ?? $0
            } _: { record, _ in
                records.append((0..<record.count).map { record[$0].text })
            }
        }
        if let problem { throw ToolError(.broken, problem.text(file: input.name)) }
        return records
    }

    /// What of a certificate somebody changed since the run, by its column; empty when nothing.
    ///
    /// - Parameters:
    ///   - item: what the run changed.
    ///   - state: the certificate now.
    ///   - job: its row.
    package func changedSince(_ item: Item, _ state: CertificateState, _ job: Job) -> [String] {
        let now = EditRow(
            address: job.address, credentials: CredentialCells(), tlsPin: nil, edit: CertificateEdit(of: state)
        ).cells
        var changed = zip(EditRow.columns[7...10], zip(item.set, zip(item.cells[7...10], now[7...10])))
            .filter { !$1.0.isEmpty && $1.1.1 != $1.0 && $1.1.1 != $1.1.0 }.map(\.0)
        if !item.auth.isEmpty, let salt, now[11] != item.cells[11],
            RowKey(authInfo: state.authInfo, of: job, salt: salt)?.description != item.auth
        {
            changed.append("auth_info_list")
        }
        return changed
    }
}

extension UndoList.Item {
    /// Takes in a later edit of the certificate.
    fileprivate mutating func merge(_ later: UndoList.Item) {
        for column in 7...11 where cells[column].isEmpty { cells[column] = later.cells[column] }
        for index in set.indices where !later.set[index].isEmpty { set[index] = later.set[index] }
        if !later.auth.isEmpty { auth = later.auth }
    }
}
