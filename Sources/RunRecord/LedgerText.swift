import Platform
import JSONText
import FleetModel

/// Writes ledger lines, many in a row.
struct LedgerText {
    /// What was written so far.
    private(set) var bytes: [UInt8] = []
    /// Keeps what it worked out; to be handed to the next text.
    private(set) var timestamps: TimestampWriter

    /// - Parameters:
    ///   - capacity: bytes to make room for at once.
    ///   - timestamps: the writer of an earlier text.
    init(capacity: Int, timestamps: TimestampWriter = TimestampWriter()) {
        bytes.reserveCapacity(capacity)
        self.timestamps = timestamps
    }

    /// The line that opens a run, or continues one.
    mutating func append(_ run: RunHeader, salt: RowSalt, pid: Int32) {
        var json = JSONWriter()
        json.beginObject()
        json.member("event", "run")
        json.member("run_id", run.runID)
        json.member("version", run.version)
        json.member("input", run.input.json)
        json.member("salt", salt.description)
        json.member("pid", Int64(pid))
        json.member("at", run.startedAt.description)
        json.endObject()
        json.endLine()
        bytes += json.bytes
    }

    /// The line of one event; there are two for every row, so each byte is put where it belongs without a detour.
    mutating func append(_ event: LedgerEvent) {
        switch event {
        case .sent(let row, let key, let host, let certificate, let time):
            append(#"{"event":"sent","row":"#, row)
            append(key)
            append(#","host":"#, host.name)
            append(#","port":"#, Int(host.port))
            append(#","id":"#, Int(certificate))
            append(#","at":"#, time)
        case .done(let row, let key, let outcome):
            append(#"{"event":"done","row":"#, row)
            append(key)
            append(outcome)
        case .withdrawn(let row, let key):
            append(.done(row: row, key: key, Outcome(status: .notAttempted)))
            return
        }
        append("}\n")
    }

    /// Writes the members of an outcome that say something.
    private mutating func append(_ outcome: Outcome) {
        append(#","status":"#, outcome.status.rawValue)
        if let errcode = outcome.errcode { append(#","errcode":"#, errcode) }
        if !outcome.errmsg.isEmpty { append(#","errmsg":"#, outcome.errmsg) }
        if let httpStatus = outcome.httpStatus { append(#","http_status":"#, httpStatus) }
        if let errorClass = outcome.errorClass { append(#","error_class":"#, errorClass.rawValue) }
        if !outcome.error.isEmpty { append(#","error":"#, outcome.error) }
        append(#","attempts":"#, outcome.attempts)
        if let startedAt = outcome.startedAt { append(#","started_at":"#, startedAt) }
        if let finishedAt = outcome.finishedAt { append(#","finished_at":"#, finishedAt) }
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ key: RowKey) {
        append(#","key":""#)
        key.append(to: &bytes)
        append(#"""#)
    }

    private mutating func append(_ key: StaticString, _ number: Int) {
        append(key)
        bytes.appendDecimal(Int64(number))
    }

    private mutating func append(_ key: StaticString, _ text: String) {
        append(key)
        bytes.appendJSONString(text)
    }

    private mutating func append(_ key: StaticString, _ time: WallTime) {
        append(key)
        append(#"""#)
        timestamps.append(time, to: &bytes)
        append(#"""#)
    }
}
