import Platform
import FleetModel

/// Judges rows one by one: what each says, and everything that is wrong with it.
///
/// Confined to one thread; it keeps nothing of a row but its problems.
struct RowReader: ~Copyable {
    /// What is wrong with the row read last, warnings included.
    private(set) var problems: [Problem] = []
    let secrets: SecretReader
    let credentials: CredentialBook
    let allowsPlainHTTP: Bool
    var providerAdvice = ProviderAdvice()
    let scratch = HostName.makeScratch()
    private var position = RowPosition(row: 0, line: 0)
    private var flawCount = 0

    /// - Parameters:
    ///   - settings: what is allowed, and where credentials come from.
    ///   - secrets: opens the secrets of the rows.
    init(_ settings: InputSettings, _ secrets: SecretReader) {
        self.secrets = secrets
        credentials = settings.credentials
        allowsPlainHTTP = settings.allowsPlainHTTP
    }

    deinit {
        scratch.deallocate()
    }

    /// Reads a row.
    ///
    /// - Returns: what the row says; the name of its host is borrowed until the next row is read.
    mutating func read(_ cells: borrowing RowCells, at position: RowPosition) -> RowDraft {
        start(at: position)
        for (column, flaw) in cells.flaws { add(flaw, column.map { cells.names[$0] }) }
        var draft = RowDraft()
        let own = problems.count
        readAddress(cells, &draft)
        readID(cells, &draft)
        if cells.isShifted {
            // What else is wrong would quote cells that may hold what belongs into a secret one.
            problems.removeLast(problems.count - own)
            return draft
        }
        readEdit(cells, &draft)
        readCredentials(cells, &draft)
        draft.isFlawless = flawCount == 0 && draft.url != nil && draft.id != nil && draft.credentials != nil
        return draft
    }

    /// Begins a row about which nothing is known yet.
    mutating func start(at position: RowPosition) {
        self.position = position
        flawCount = 0
        if !problems.isEmpty { problems.removeAll(keepingCapacity: true) }
    }

    /// Notes a problem of the row that was begun last.
    mutating func add(_ flaw: Flaw, _ column: String?, severity: Problem.Severity = .row) {
        if severity == .row { flawCount += 1 }
        problems.append(
            Problem(
                code: flaw.code, severity: severity, line: position.line, row: position.row, column: column,
                message: flaw.message))
    }

    /// What `read` makes of a cell, or nil and a problem of its column.
    @inline(__always)
    mutating func value<Value>(
        of cell: RowCells.Cell, _ cells: borrowing RowCells, _ read: (RowCells.Cell) throws(Flaw) -> Value
    ) -> Value? {
        do throws(Flaw) {
            return try read(cell)
        } catch {
            add(error, cells.names[cell.column])
            return nil
        }
    }
}

extension RowCells.Cell {
    /// The bytes of a value that must be text, which only in JSON lines it may not be.
    func text() throws(Flaw) -> Bytes {
        if kind == .text { return bytes }
        throw Flaw(.jsonType, "\(kind.title) stands where a text should be: put it in quotes")
    }
}

extension RowCells.Kind {
    /// What JSON calls it, for messages.
    var title: String {
        switch self {
        case .text: "a text"
        case .number: "a number"
        case .boolean: "a boolean"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
