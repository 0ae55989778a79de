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
    private let unwritable: @Sendable (CertificateEdit) -> [String]

    /// Opens the file, behind what an earlier run wrote; half a row at its end is cut off, because its edit never left.
    init(
        in directory: RunDirectory, salt: RowSalt, unwritable: @escaping @Sendable (CertificateEdit) -> [String]
    ) throws(ToolError) {
        self.salt = salt
        self.unwritable = unwritable
        let name = RunDirectory.undo
        file = try directory.folder.open(
            name, flags: O_RDWR | O_APPEND | O_CREAT | FileDescriptor.continued, mode: 0o600)
        try file.makePrivate()
        let length = try file.lengthOfWholeLines()
        try file.truncate(to: length)
        var writer = RowWriter.plain(EditRow.columns + UndoEntry.columns)
        // The header of a file that goes on is there already.
        if length > 0 { _ = writer.take() }
        self.writer = Lock(writer)
        try directory.folder.sync()
    }

    /// Adds the values of a certificate; they are on disk after ``sync()``.
    func append(_ job: Job, _ key: RowKey, replacing state: CertificateState) {
        let cells = UndoEntry(job, key, salt, replacing: state, unwritable).cells
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

    /// Whether a run kept the values that it overwrote.
    package var hasUndo: Bool { folder.contains(Self.undo) }
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
    ///   - unwritable: the columns of an edit that no input can hold.
    init(
        _ job: Job, _ key: RowKey, _ salt: RowSalt, replacing state: CertificateState,
        _ unwritable: (CertificateEdit) -> [String]
    ) {
        let (edit, lost) = job.edit.undone(to: state, unwritable: unwritable)
        let row = EditRow(
            address: job.address, credentials: job.cells ?? CredentialCells(), tlsPin: job.tlsPin, edit: edit)
        // As the cells of an edit, so that an empty text is told from none.
        let set = EditRow(
            address: job.address, credentials: CredentialCells(), tlsPin: nil, edit: job.edit
        ).cells
        cells =
            row.cells + [String(job.position.row), key.description, lost.joined(separator: " ")]
            + EditRow.Column.texts.map { set[$0] }
            + [RowKey(authInfo: job.edit.authInfo, of: job, salt: salt)?.description ?? ""]
    }
}

extension FileDescriptor {
    /// Lets only its owner, who is us, open a file that secrets are written to.
    ///
    /// - Throws: `ToolError` when it is no regular file, or somebody else's.
    fileprivate func makePrivate() throws(ToolError) {
        var status = stat()
        guard fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ToolError(.broken, "'\(name)' is no regular file")
        }
        guard status.st_uid == geteuid(), fchmod(number, 0o600) == 0 else {
            throw ToolError(
                .broken, "'\(name)' belongs to another user, who could read the secrets in it",
                hint: "continue the run as that user, or without --undo, --skip-unchanged and --verify")
        }
    }

    /// Bytes up to the last line end; no cell of ours holds one.
    fileprivate func lengthOfWholeLines() throws(ToolError) -> Int {
        var (length, whole) = (0, 0)
        try drain { (slice) throws(ToolError) in
            if let end = slice.lastIndex(of: 0x0A) { whole = length + end + 1 }
            length += slice.count
            return true
        }
        return whole
    }
}

extension HostKey {
    /// Reads the first of an ``EditRow``'s cells; nil for anything else.
    fileprivate init?(baseURL text: String) {
        guard let start = text.firstRange(of: "://")?.upperBound, let colon = text.lastIndex(of: ":"), colon > start,
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        self.init(name: String(text[start..<colon]), port: port)
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
    /// Whether a row's edit was made, or a part of it, for all that the ledger tells.
    fileprivate func mayHaveChanged(_ key: RowKey) -> Bool {
        switch standing(of: key) {
        case .neverSent: false
        case .inDoubt, .superseded: true
        case .done(let outcome): outcome.mayHaveChanged
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
        package private(set) var lost: [String]
        /// What the run set, a cell for name, issue_to, auto_renewal and dns_provider: empty for what it left alone.
        fileprivate var set: [String]
        fileprivate var auth: String

        /// Whether the run set a column.
        fileprivate func isSet(_ column: EditRow.Column) -> Bool {
            !(EditRow.Column.texts.firstIndex(of: column).map { set[$0] } ?? auth).isEmpty
        }

        /// Whether nothing can be put back.
        package var isEmpty: Bool { EditRow.Column.edit.allSatisfy { cells[$0].isEmpty } }

        /// Takes in a later edit of the certificate: what it found in a field that was edited before is not what was
        /// there before the run.
        fileprivate mutating func merge(_ later: Item) {
            for column in EditRow.Column.edit where cells[column].isEmpty && !lost.contains(column.name) {
                cells[column] = later.cells[column]
                lost += later.lost.filter { $0 == column.name }
            }
            for index in set.indices where !later.set[index].isEmpty { set[index] = later.set[index] }
            if !later.auth.isEmpty { auth = later.auth }
        }
    }

    /// In the order in which the run came to them.
    package private(set) var items: [Item] = []
    /// Rows that the run may have changed and of which the file holds no values: it was cut or replaced, or the run had
    /// none when it came to them.
    package private(set) var missing: [LedgerRow] = []
    /// Lines of the file for which the ledger names another host or certificate: somebody changed one of the two.
    package private(set) var foreignLines: [Int] = []
    private let salt: RowSalt?
    /// Where the certificates stand in `items`.
    private var places: [[String]: Int] = [:]

    /// Reads what a run left behind; nothing is changed.
    ///
    /// Of a certificate that was edited more than once the first values are put back, and the last ones must be there.
    ///
    /// - Throws: ``ToolError`` when the directory holds no run, or one that kept no values, or a file cannot be read.
    package init(_ directory: RunDirectory) throws(ToolError) {
        let history = try directory.readLedger()
        salt = history.salt
        guard directory.hasUndo else {
            throw ToolError(
                .usage, "'\(directory.path)' holds no \(RunDirectory.undo)",
                hint: "only a run with --undo, --skip-unchanged or --verify keeps the values that it overwrites")
        }
        var rows = Set(history.keys.filter(history.mayHaveChanged))
        let changed = rows
        try Self.forEachRecord(in: directory) { record, line in
            let width = EditRow.columns.count
            guard record.count == width + UndoEntry.columns.count, let row = Int(record[width].text),
                let key = RowKey(record[width + 1].text), changed.contains(key)
            else { return }
            let cells = (0..<record.count).map { record[$0].text }
            guard let host = HostKey(baseURL: cells[.baseURL]), let id = Int64(cells[.id]),
                history.isSent(key, to: host, certificate: id)
            else { return foreignLines.append(line) }
            let isFirst = rows.remove(key) != nil
            add(
                Item(
                    row: row, cells: Array(cells[..<width]),
                    lost: cells[width + 2].split(separator: " ").map(String.init),
                    set: Array(cells[(width + 3)...(width + 6)]), auth: cells[width + 7]), isFirst: isFirst)
        }
        if !rows.isEmpty { missing = try directory.folder.sentRows(rows) }
    }

    /// - Parameter isFirst: whether its row has none yet. A row edits one certificate, however often it is sent: so memory
    ///   grows with the rows of the ledger, whatever else the file holds.
    private mutating func add(_ item: Item, isFirst: Bool) {
        let certificate = [item.cells[.baseURL], item.cells[.id]]
        if let place = places[certificate] {
            items[place].merge(item)
        } else if isFirst {
            places[certificate] = items.count
            items.append(item)
        }
    }

    /// What cannot be read is missing: behind the last whole row stands what never came to its edit.
    private static func forEachRecord(
        in directory: RunDirectory, _ body: (Record, _ line: Int) -> Void
    ) throws(ToolError) {
        let file = try directory.folder.open(RunDirectory.undo, flags: O_RDONLY | FileDescriptor.continued)
        guard file.size != nil else { throw ToolError(.broken, "'\(file.name)' is no regular file") }
        let table = try TableReader(
            InputFile(file), TableChoices(format: .csv, delimiter: .comma, encoding: .utf8))
        let header = try table.dialect { _ in HeaderScore(isComplete: true, points: 1) }
        guard case .success(let dialect) = header else { return }
        try table.readRecords(dialect, report: { _ in }) { record, span in body(record, span.line) }
    }

    /// What of a certificate is neither as it was before the run nor, where the run set it, as that left it. What the run
    /// did not set and would be written all the same, as the credentials that a renewal needs, must be as it was.
    ///
    /// - Parameters:
    ///   - item: what the run changed.
    ///   - now: what the PBX says now, and what the item's row would change of it.
    ///   - job: the item's row.
    /// - Returns: what somebody changed, and what would be written and the PBX does not tell, by their columns.
    package func changedSince(_ item: Item, _ now: Reading, _ job: Job) -> (changed: [String], untold: [String]) {
        guard let state = now.certificates.first else { return ([], []) }
        let cells = EditRow(
            address: job.address, credentials: CredentialCells(), tlsPin: nil, edit: CertificateEdit(of: state)
        ).cells
        let changes = Set(now.changes.map(\.column))
        var (changed, untold) = ([String](), [String]())
        for column in EditRow.Column.edit {
            let isWritten = !item.cells[column].isEmpty
            let isConcerned = isWritten ? changes.contains(column) : item.isSet(column)
            guard isConcerned, !isAsSet(column, item, state, cells, job) else { continue }
            if !cells[column].isEmpty, column != .authInfoList || state.authInfo?.isTold == true {
                changed.append(column.name)
            } else if isWritten {
                untold.append(column.name)
            }
        }
        return (changed, untold)
    }

    /// - Parameter cells: the certificate now, with texts as they are shown: those that were told otherwise are compared as
    ///   they were told.
    private func isAsSet(
        _ column: EditRow.Column, _ item: Item, _ state: CertificateState, _ cells: [String], _ job: Job
    ) -> Bool {
        guard item.isSet(column) else { return false }
        guard let index = EditRow.Column.texts.firstIndex(of: column) else {
            guard let salt else { return false }
            return RowKey(authInfo: state.authInfo, of: job, salt: salt)?.description == item.auth
        }
        return Secret(item.set[index]) == state.told[column.name, default: Secret(cells[column])]
    }
}
