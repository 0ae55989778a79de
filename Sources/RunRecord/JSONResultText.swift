import Platform
import JSONText
import FleetModel
import TabularText

/// Writes the JSON-lines form of result rows as UTF-8.
///
/// Every line has every member of `result`; one that says nothing is `null`.
struct JSONResultText {
    private var json = JSONWriter(capacity: 0)
    private let lineEnding: [UInt8]
    private var timestamps = TimestampWriter()

    init(shape: TableShape) {
        lineEnding = shape.lineEnding
    }

    var bytes: [UInt8] { json.bytes }

    mutating func removeAll() {
        json = JSONWriter(capacity: json.bytes.count)
    }

    /// Writes the user's members as they were, then what became of the row.
    ///
    /// - Parameter members: as ``PassThroughRow/Content/members(_:)`` has them.
    mutating func append(_ members: [UInt8], _ position: RowPosition, _ outcome: Outcome) {
        json.beginObject()
        json.raw(members)
        json.key("result")
        json.beginObject()
        member(.row, position.row)
        member(.line, position.line)
        member(.status, outcome.status.rawValue)
        member(.errcode, outcome.errcode)
        member(.errmsg, outcome.errmsg)
        member(.httpStatus, outcome.httpStatus)
        member(.errorClass, outcome.errorClass?.rawValue ?? "")
        member(.error, outcome.error)
        member(.attempts, outcome.attempts)
        member(.startedAt, outcome.startedAt)
        member(.finishedAt, outcome.finishedAt)
        member(.durationMilliseconds, outcome.durationMilliseconds)
        member(.verified, "")
        json.endObject()
        json.endObject()
        json.endLine(lineEnding)
    }

    private mutating func member(_ field: ResultField, _ number: (some BinaryInteger)?) {
        json.key(field.rawValue)
        if let number { json.integer(Int64(number)) } else { json.null() }
    }

    private mutating func member(_ field: ResultField, _ text: String) {
        json.key(field.rawValue)
        if text.isEmpty { json.null() } else { json.string(text) }
    }

    private mutating func member(_ field: ResultField, _ time: WallTime?) {
        json.key(field.rawValue)
        if let time { json.raw(timestamps.quoted(time)) } else { json.null() }
    }
}
