package import JobModel

/// The outcomes of a run's rows, kept by row number in about 40 bytes each.
///
/// Texts are kept once however many rows have them.
package struct OutcomeTable: Sendable {
    private var rows: [PackedOutcome] = []
    private var texts = TextPool()

    /// - Parameter expectedRows: rows to make room for; more are fine.
    package init(expectedRows: Int = 0) {
        rows.reserveCapacity(expectedRows)
    }

    /// The outcome of a row by its ``RowPosition/row``, so 1-based; nil when it has none. Setting nil takes it away.
    package subscript(row: Int) -> Outcome? {
        get {
            guard rows.indices.contains(row - 1) else { return nil }
            return rows[row - 1].unpacked(texts)
        }
        set {
            precondition(row >= 1, "rows count from 1")
            if row > rows.count { rows.append(contentsOf: repeatElement(.absent, count: row - rows.count)) }
            rows[row - 1] = newValue.map { PackedOutcome($0, texts: &texts) } ?? .absent
        }
    }
}

/// An outcome in 40 bytes, its texts in a pool.
struct PackedOutcome: Sendable {
    private static let none = Int64.min

    private var errcode = none
    private var startedAt = none
    private var finishedAt = none
    private var errmsg: UInt32 = 0
    private var error: UInt32 = 0
    private var attempts: Int32 = 0
    private var httpStatus: Int16 = -1
    private var status: UInt8 = .max
    private var errorClass: UInt8 = .max

    /// No outcome.
    static let absent = PackedOutcome()

    private init() {}

    /// Attempts and HTTP status are clamped to their sane ranges.
    init(_ outcome: Outcome, texts: inout TextPool) {
        errcode = outcome.errcode.map(Int64.init) ?? PackedOutcome.none
        startedAt = outcome.startedAt?.milliseconds ?? PackedOutcome.none
        finishedAt = outcome.finishedAt?.milliseconds ?? PackedOutcome.none
        errmsg = texts.index(of: outcome.errmsg)
        error = texts.index(of: outcome.error)
        attempts = Int32(clamping: outcome.attempts)
        httpStatus = outcome.httpStatus.map { Int16(clamping: $0) } ?? -1
        status = PackedOutcome.statuses[outcome.status] ?? .max
        errorClass = outcome.errorClass.flatMap { PackedOutcome.classes[$0] } ?? .max
    }

    /// - Parameter texts: the pool the outcome was packed with.
    func unpacked(_ texts: TextPool) -> Outcome? {
        guard status != .max else { return nil }
        return Outcome(
            status: RowStatus.allCases[Int(status)],
            errcode: errcode == PackedOutcome.none ? nil : Int(errcode), errmsg: texts[errmsg],
            httpStatus: httpStatus < 0 ? nil : Int(httpStatus),
            errorClass: errorClass == .max ? nil : ErrorClass.allCases[Int(errorClass)], error: texts[error],
            attempts: Int(attempts),
            startedAt: startedAt == PackedOutcome.none ? nil : WallTime(milliseconds: startedAt),
            finishedAt: finishedAt == PackedOutcome.none ? nil : WallTime(milliseconds: finishedAt))
    }

    private static let statuses = ordinals(of: RowStatus.self)
    private static let classes = ordinals(of: ErrorClass.self)

    private static func ordinals<Case: CaseIterable & Hashable>(of type: Case.Type) -> [Case: UInt8] {
        Dictionary(uniqueKeysWithValues: zip(type.allCases, 0..<UInt8.max))
    }
}

/// Texts by number; a text that comes again keeps its number.
struct TextPool: Sendable {
    private var texts = [""]
    private var numbers: [ExactText: UInt32] = [:]

    subscript(number: UInt32) -> String { texts[Int(number)] }

    mutating func index(of text: String) -> UInt32 {
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

    static func == (left: ExactText, right: ExactText) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        // Strings that look the same hash the same, and those that are the same look the same.
        text.hash(into: &hasher)
    }
}
