import JSONText
import JobModel

/// Writes ledger lines, many in a row.
struct LedgerText {
    private var json: JSONWriter
    private(set) var timestamps: TimestampWriter

    /// - Parameters:
    ///   - capacity: bytes to make room for at once.
    ///   - timestamps: the writer of an earlier text, whose work is used again.
    init(capacity: Int, timestamps: TimestampWriter = TimestampWriter()) {
        json = JSONWriter(capacity: capacity)
        self.timestamps = timestamps
    }

    /// What was written so far.
    var bytes: [UInt8] { json.bytes }

    /// The line that opens a run, or continues one.
    mutating func append(_ run: RunHeader, salt: RowSalt, pid: Int32) {
        json.beginObject()
        json.member("event", "run")
        json.member("run_id", run.runID)
        json.member("version", run.version)
        json.member("input", run.input.json)
        json.member("salt", salt.description)
        json.member("pid", pid)
        member("at", run.startedAt)
        json.endObject()
        json.endLine()
    }

    mutating func append(_ event: LedgerEvent) {
        json.beginObject()
        switch event {
        case .sent(let row, let key, let time):
            identify("sent", row, key)
            member("at", time)
        case .done(let row, let key, let outcome):
            identify("done", row, key)
            append(outcome)
        }
        json.endObject()
        json.endLine()
    }

    private mutating func identify(_ event: String, _ row: Int, _ key: RowKey) {
        json.member("event", event)
        json.member("row", row)
        json.member("key", key.description)
    }

    /// Writes the members of an outcome that say something.
    private mutating func append(_ outcome: Outcome) {
        json.member("status", outcome.status.rawValue)
        if let errcode = outcome.errcode { json.member("errcode", errcode) }
        if !outcome.errmsg.isEmpty { json.member("errmsg", outcome.errmsg) }
        if let httpStatus = outcome.httpStatus { json.member("http_status", httpStatus) }
        if let errorClass = outcome.errorClass { json.member("error_class", errorClass.rawValue) }
        if !outcome.error.isEmpty { json.member("error", outcome.error) }
        json.member("attempts", outcome.attempts)
        if let startedAt = outcome.startedAt { member("started_at", startedAt) }
        if let finishedAt = outcome.finishedAt { member("finished_at", finishedAt) }
    }

    private mutating func member(_ key: String, _ time: WallTime) {
        json.key(key)
        json.raw(timestamps.quoted(time))
    }
}
