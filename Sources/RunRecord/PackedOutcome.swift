import Platform
import FleetModel

/// An outcome in 40 bytes, its texts in a pool.
///
/// A number that is absent is the least one of its type.
struct PackedOutcome: Sendable {
    private static let none = Int64.min

    private var errcode = none
    private var startedAt = none
    private var finishedAt = none
    private var errmsg: UInt32 = 0
    private var error: UInt32 = 0
    private var attempts: Int32 = 0
    private var httpStatus = Int16.min
    private var status: RowStatus?
    private var errorClass: ErrorClass?

    /// No outcome.
    static let absent = PackedOutcome()

    private init() {}

    /// Numbers are clamped to what there is room for, which is far more than makes sense.
    init(_ outcome: Outcome, texts: inout TextPool) {
        errcode = outcome.errcode.map { max(Int64($0), .min + 1) } ?? PackedOutcome.none
        startedAt = outcome.startedAt?.milliseconds ?? PackedOutcome.none
        finishedAt = outcome.finishedAt?.milliseconds ?? PackedOutcome.none
        errmsg = texts.index(of: outcome.errmsg)
        error = texts.index(of: outcome.error)
        attempts = Int32(clamping: outcome.attempts)
        httpStatus = outcome.httpStatus.map { Int16(clamping: max($0, 0)) } ?? .min
        status = outcome.status
        errorClass = outcome.errorClass
    }

    /// - Parameter texts: the pool the outcome was packed with.
    func unpacked(_ texts: TextPool) -> Outcome? {
        guard let status else { return nil }
        return Outcome(
            status: status, errcode: errcode == PackedOutcome.none ? nil : Int(errcode), errmsg: texts[errmsg],
            httpStatus: httpStatus == .min ? nil : Int(httpStatus),
            errorClass: errorClass, error: texts[error], attempts: Int(attempts),
            startedAt: startedAt == PackedOutcome.none ? nil : WallTime(milliseconds: startedAt),
            finishedAt: finishedAt == PackedOutcome.none ? nil : WallTime(milliseconds: finishedAt))
    }
}
