package import FleetModel
import Platform

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
        let bare = rows.indices.contains(row - 1) ? rows[row - 1].bare : nil
        if let outcome = doubtfulRows.contains(row) ? self[row] : bare { tally.count(outcome) }
    }

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

    /// The outcome without its texts, and without what was read; nil for no outcome.
    var bare: Outcome? {
        guard let status else { return nil }
        return Outcome(
            status: status, errcode: hasErrcode ? Int(errcode) : nil,
            httpStatus: httpStatus == .min ? nil : Int(httpStatus),
            errorClass: errorClass, attempts: Int(attempts),
            startedAt: startedAt == PackedOutcome.none ? nil : WallTime(milliseconds: startedAt),
            finishedAt: finishedAt == PackedOutcome.none ? nil : WallTime(milliseconds: finishedAt))
    }

    /// The whole outcome, by the interner it was packed with.
    func unpacked(_ texts: Interner, reading: Reading?) -> Outcome? {
        guard var outcome = bare else { return nil }
        (outcome.errmsg, outcome.error, outcome.reading) = (texts[errmsg], texts[error], reading)
        return outcome
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

    /// What rows with this outcome have in common.
    package init(_ outcome: Outcome) {
        (status, errcode, errorClass) = (outcome.status, outcome.errcode, outcome.errorClass)
    }

    /// By the errcode alone, because the groups that share one are few and their names would take longer.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(errcode)
    }
}

/// How many rows ended how.
package struct OutcomeTally: Hashable, Sendable {
    /// Rows by status, errcode and class.
    package private(set) var groups: [OutcomeGroup: Int] = [:]
    /// Rows counted so far; the sum of all groups.
    package private(set) var rows = 0
    /// Whether one of them may have changed its certificate (``FleetModel/Outcome/mayHaveChanged``).
    package private(set) var mayHaveChangedSomething = false

    /// No row is counted yet.
    package init() {}

    /// Number of rows with a status.
    package subscript(status: RowStatus) -> Int {
        groups.reduce(0) { $0 + ($1.key.status == status ? $1.value : 0) }
    }

    /// Rows that are not as they were wanted.
    package var bad: Int { groups.reduce(0) { $0 + ($1.key.status.isGood ? 0 : $1.value) } }

    /// Rows by the errcode the PBX gave, 0 among them; rows without one are not in it.
    package var errcodes: [Int: Int] {
        let counts = groups.compactMap { group, rows in group.errcode.map { ($0, rows) } }
        return Dictionary(counts, uniquingKeysWith: +)
    }

    /// Counts rows with this outcome.
    package mutating func count(_ outcome: Outcome, rows count: Int = 1) {
        groups[OutcomeGroup(outcome), default: 0] += count
        rows += count
        if outcome.mayHaveChanged { mayHaveChangedSomething = true }
    }
}
