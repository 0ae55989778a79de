package import FleetModel
import Platform
package import TabularText

/// Writes the result file: every input row that is part of the run exactly once, in input order, each with what became of it.
package struct ResultWriter {
    private let outcomes: OutcomeStore
    private let unattempted: String
    private let isVerified: Bool

    /// - Parameters:
    ///   - outcomes: what became of the rows that were run.
    ///   - unattempted: why the valid rows without an outcome have none, one sentence for a person.
    ///   - isVerified: whether the certificates were read back, so that the result tells what they are like.
    package init(outcomes: OutcomeStore, unattempted: String, isVerified: Bool = false) {
        self.outcomes = outcomes
        self.unattempted = unattempted
        self.isVerified = isVerified
    }

    /// Writes `result.csv` or `result.jsonl`, whichever the input is, into a directory, replacing an earlier one when
    /// the new one is complete and on disk. Reads the input once; memory does not grow with it.
    ///
    /// - Returns: how many rows have which status and errcode, also when the file could not be written; and why it could
    ///   not: ``ToolError``, or what the source threw.
    package func write(
        _ source: any PassThroughSource, to directory: RunDirectory
    ) -> (rows: OutcomeTally, failure: (any Error)?) {
        do {
            return (try writeFile(source, to: directory), nil)
        } catch {
            return (counted(source), error)
        }
    }

    /// The name of the result file of an input of a format.
    package static func fileName(_ format: TableShape.Format) -> String { "result.\(format.rawValue)" }

    /// Bytes that are gathered before they are written.
    private static let chunk = 1 << 18

    private func writeFile(_ source: any PassThroughSource, to directory: RunDirectory) throws -> OutcomeTally {
        let file = try AtomicFile(ResultWriter.fileName(source.shape.format), in: directory.folder)
        let columns = Outcome.columns + (isVerified ? Outcome.verifiedColumns : [])
        var writer = RowWriter(source.shape, columns: columns, under: "result")
        var rows = OutcomeTally()
        try source.forEachRow { row in
            if outcomes.isLeftOut(row: row.row) { return }
            let outcome = outcome(of: row)
            rows.count(outcome)
            writer.append(row.content) { writer in
                writer.add(outcome, of: row)
                if isVerified { writer.add(outcome.reading?.certificates.first) }
            }
            if writer.count >= ResultWriter.chunk { try file.append(writer.take()) }
        }
        try file.append(writer.take())
        try file.commit()
        // What an earlier run left of an input in the other format is not the result any more.
        for format in TableShape.Format.allCases where format != source.shape.format {
            directory.folder.remove(ResultWriter.fileName(format))
        }
        return rows
    }

    /// Counts without writing; when the input cannot be read again, what is on disk.
    private func counted(_ source: any PassThroughSource) -> OutcomeTally {
        var rows = OutcomeTally()
        let isRead =
            (try? source.forEachRow { row in
                if !outcomes.isLeftOut(row: row.row) { rows.count(outcome(of: row)) }
            }) != nil
        return isRead ? rows : outcomes.tally
    }

    private func outcome(of row: PassThroughRow) -> Outcome {
        if let outcome = outcomes[row.row] { return outcome }
        if let reason = row.reason { return Outcome(status: .invalid, errorClass: .input, error: reason) }
        return Outcome(status: .notAttempted, errorClass: .runStopped, error: unattempted)
    }
}

extension Outcome {
    /// What the result says about a row.
    fileprivate static let columns = [
        "row", "line", "status", "errcode", "errmsg", "http_status", "error_class", "error", "attempts", "started_at",
        "finished_at", "duration_ms", "verified",
    ]

    /// What it says as well when certificates are read back.
    fileprivate static let verifiedColumns = ["apply_status", "expiration"]
}

extension RowWriter {
    /// Adds a value for each of ``FleetModel/Outcome/columns``.
    fileprivate mutating func add(_ outcome: Outcome, of row: PassThroughRow) {
        add(row.row)
        add(row.line)
        add(outcome.status.rawValue)
        add(outcome.errcode)
        add(outcome.errmsg)
        add(outcome.httpStatus)
        add(outcome.errorClass?.rawValue ?? "")
        add(outcome.error)
        add(outcome.attempts)
        add(outcome.startedAt)
        add(outcome.finishedAt)
        add(outcome.durationMilliseconds.map { Int($0) })
        add(outcome.reading?.isVerified.map { $0 ? "yes" : "no" } ?? "")
    }

    /// Adds a value for each of ``FleetModel/Outcome/verifiedColumns``.
    fileprivate mutating func add(_ state: CertificateState?) {
        add(state?.applyStatus?.rawValue ?? "")
        add(state?.expiration ?? "")
    }
}

/// The outcomes of a run's rows by row number, in about 40 bytes each, and how many rows ended how.
///
/// Texts are kept once however many rows have them.
package struct OutcomeStore: Sendable {
    /// Counts the rows that ``count(row:)`` was called for.
    package private(set) var tally = OutcomeTally()
    /// Rows whose outcome was taken over from an earlier run.
    package private(set) var resumed = 0
    private var rows: [PackedOutcome] = []
    private var texts = Interner()
    /// What was read for rows, by their number: none without `--verify`, but for a few.
    private var readings: [Int: Reading] = [:]
    /// Rows that an earlier run may have edited.
    private var doubtfulRows: Set<Int> = []

    /// Of no row.
    package init() {}

    /// Makes room for so many rows; more are fine.
    mutating func makeRoom(for expectedRows: Int) { rows.reserveCapacity(expectedRows) }

    /// What the result says of a row by its ``RowPosition/row``, so 1-based; nil when nothing became of it.
    package subscript(row: Int) -> Outcome? {
        let own = own(row: row)
        return doubtfulRows.contains(row) ? Outcome(inDoubt: own) : own
    }

    /// What became of a row in this run, whatever was before.
    func own(row: Int) -> Outcome? {
        guard rows.indices.contains(row - 1) else { return nil }
        return rows[row - 1].unpacked(texts, reading: readings[row])
    }

    /// Whether a row is no part of the run, and never was.
    func isLeftOut(row: Int) -> Bool { rows.indices.contains(row - 1) && rows[row - 1].isLeftOut }

    /// Keeps a row out of the result that neither this run nor an earlier one came to.
    package mutating func leaveOut(row: Int) { put(.leftOut, row: row) }

    /// Takes the outcome of a row; it is known from now on, and not counted.
    package mutating func set(_ outcome: Outcome, row: Int) {
        put(PackedOutcome(outcome, texts: &texts), row: row)
        if outcome.reading != nil || !readings.isEmpty { readings[row] = outcome.reading?.recorded }
    }

    private mutating func put(_ outcome: PackedOutcome, row: Int) {
        precondition(row >= 1, "rows count from 1")
        if row > rows.count { rows.append(contentsOf: repeatElement(.absent, count: row - rows.count)) }
        rows[row - 1] = outcome
    }

    /// Counts a row that has its outcome on disk.
    mutating func count(row: Int) {
        let group = doubtfulRows.contains(row) ? self[row].map(OutcomeGroup.init) : group(row: row)
        if let group { tally.count(group) }
    }

    /// The group of a row in this run, whatever was before.
    private func group(row: Int) -> OutcomeGroup? { rows.indices.contains(row - 1) ? rows[row - 1].group : nil }

    /// Takes over how a row stands after an earlier run: its outcome when it is not sent again, and that it is `unknown`
    /// until this run knows better when nobody knows what became of it.
    package mutating func adopt(_ standing: History.Standing, row: Int) {
        if case .inDoubt = standing { adoptDoubt(row: row) }
        if let outcome = standing.finalOutcome { adopt(outcome, row: row) }
    }

    /// Takes over how a row that is left out of this run stands after the earlier ones: without one, it is in no result.
    ///
    /// - Parameters:
    ///   - standing: how it stands.
    ///   - outcome: its last one; nil when it never was done.
    ///   - row: its ``RowPosition/row``.
    package mutating func keep(_ standing: History.Standing, _ outcome: Outcome?, row: Int) {
        if standing == .neverSent, outcome == nil { return leaveOut(row: row) }
        if case .inDoubt = standing { adopt(standing, row: row) }
        if let outcome { set(outcome, row: row) }
        count(row: row)
    }

    private mutating func adopt(_ outcome: Outcome, row: Int) {
        set(outcome, row: row)
        count(row: row)
        resumed += 1
    }

    /// Takes note that an earlier run may have edited a row.
    mutating func adoptDoubt(row: Int) {
        doubtfulRows.insert(row)
    }
}

/// An outcome in 40 bytes, its texts in an interner, without what was read.
///
/// A number that is absent is the least one of its type; but an errcode may be any number.
struct PackedOutcome: Sendable {
    private static let none = Int64.min

    private var errcode: Int64 = 0
    private var startedAt = none
    private var finishedAt = none
    private var errmsg: UInt32 = 0
    private var error: UInt32 = 0
    private var attempts: Int16 = 0
    private var httpStatus = Int16.min
    private var hasErrcode = false
    private var status: RowStatus?
    private var errorClass: ErrorClass?
    /// Whether the result is to be without the row.
    private(set) var isLeftOut = false

    /// No outcome.
    static let absent = PackedOutcome()
    /// No outcome, and no place in the result.
    static let leftOut = {
        var outcome = PackedOutcome()
        outcome.isLeftOut = true
        return outcome
    }()

    private init() {}

    /// Numbers are clamped to what there is room for, which is far more than makes sense.
    init(_ outcome: Outcome, texts: inout Interner) {
        hasErrcode = outcome.errcode != nil
        errcode = Int64(outcome.errcode ?? 0)
        startedAt = outcome.startedAt?.milliseconds ?? PackedOutcome.none
        finishedAt = outcome.finishedAt?.milliseconds ?? PackedOutcome.none
        errmsg = texts.number(of: outcome.errmsg)
        error = texts.number(of: outcome.error)
        attempts = Int16(clamping: outcome.attempts)
        httpStatus = outcome.httpStatus.map { Int16(clamping: max($0, 0)) } ?? .min
        status = outcome.status
        errorClass = outcome.errorClass
    }

    /// What it is counted with; nil for no outcome.
    var group: OutcomeGroup? {
        let errcode = hasErrcode ? Int(errcode) : nil
        return status.map { OutcomeGroup(status: $0, errcode: errcode, errorClass: errorClass) }
    }

    /// - Parameters:
    ///   - texts: the interner the outcome was packed with.
    ///   - reading: what was read for its row.
    func unpacked(_ texts: Interner, reading: Reading?) -> Outcome? {
        guard let status else { return nil }
        return Outcome(
            status: status, errcode: hasErrcode ? Int(errcode) : nil, errmsg: texts[errmsg],
            httpStatus: httpStatus == .min ? nil : Int(httpStatus),
            errorClass: errorClass, error: texts[error], attempts: Int(attempts),
            startedAt: startedAt == PackedOutcome.none ? nil : WallTime(milliseconds: startedAt),
            finishedAt: finishedAt == PackedOutcome.none ? nil : WallTime(milliseconds: finishedAt),
            reading: reading)
    }
}

/// Texts by number; a text that comes again keeps its number.
struct Interner: Sendable {
    private var texts = [""]
    private var numbers: [ExactText: UInt32] = [:]

    subscript(number: UInt32) -> String { texts[Int(number)] }

    mutating func number(of text: String) -> UInt32 {
        if text.isEmpty { return 0 }
        if let known = numbers[ExactText(text: text)] { return known }
        let number = UInt32(texts.count)
        texts.append(text)
        numbers[ExactText(text: text)] = number
        return number
    }
}

/// A text that equals another only when their bytes do; Swift's strings are equal when they look the same.
private struct ExactText: Hashable, Sendable {
    let text: String

    static func == (left: ExactText, right: ExactText) -> Bool { left.text.isSame(as: right.text) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// What rows can have in common: the lines of a run's closing table.
package struct OutcomeGroup: Hashable, Sendable {
    /// What became of the rows.
    package let status: RowStatus
    /// The PBX's errcode; nil when it gave none.
    package let errcode: Int?
    /// Nil for good rows.
    package let errorClass: ErrorClass?

    /// By the errcode alone, because the groups that share one are few and their names would take longer.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(errcode)
    }
}

extension OutcomeGroup {
    /// What rows with this outcome have in common.
    package init(_ outcome: Outcome) {
        self.init(status: outcome.status, errcode: outcome.errcode, errorClass: outcome.errorClass)
    }
}

/// How many rows ended how.
package struct OutcomeTally: Hashable, Sendable {
    /// Rows by status, errcode and class.
    package private(set) var groups: [OutcomeGroup: Int] = [:]
    /// Rows counted so far; the sum of all groups.
    package private(set) var rows = 0

    /// No row is counted yet.
    package init() {}

    /// Number of rows with a status.
    package subscript(status: RowStatus) -> Int {
        groups.reduce(0) { $0 + ($1.key.status == status ? $1.value : 0) }
    }

    /// Whether an edit was made, or a part of it, or may have been.
    package var mayHaveChangedSomething: Bool {
        groups.keys.contains { group in
            let leavesTraces = group.errorClass == .api && group.errcode.map { PBXErrorCode($0).leavesTraces } ?? false
            return [.ok, .unknown].contains(group.status) || group.errorClass == .verify || leavesTraces
        }
    }

    /// Rows by the errcode the PBX gave, 0 among them; rows without one are not in it.
    package var errcodes: [Int: Int] {
        let counts = groups.compactMap { group, rows in group.errcode.map { ($0, rows) } }
        return Dictionary(counts, uniquingKeysWith: +)
    }

    /// Counts one row.
    package mutating func count(_ outcome: Outcome) { count(OutcomeGroup(outcome)) }

    fileprivate mutating func count(_ group: OutcomeGroup) {
        groups[group, default: 0] += 1
        rows += 1
    }
}
