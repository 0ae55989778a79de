import Platform
import JSONText
import FleetModel

/// That the first edit request of a row is about to leave.
struct SentRow: Sendable {
    let row: Int
    let key: RowKey
    let host: HostKey
    /// The certificate's id on the host.
    let certificate: Int64
    let time: WallTime
}

/// Writes ledger lines, many in a row.
struct LedgerText: Sendable {
    /// What was written and not taken yet.
    private(set) var bytes: [UInt8] = []
    private var timestamps = TimestampWriter()

    /// Forgets what was written so far.
    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
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

    // There are two lines for every row, so each byte of these is put where it belongs without a detour.

    /// The line before a row's first edit request.
    mutating func append(_ sent: SentRow) {
        append(#"{"event":"sent","row":"#, sent.row)
        append(sent.key)
        append(#","host":"#, sent.host.name)
        append(#","port":"#, Int(sent.host.port))
        append(#","id":"#, Int(sent.certificate))
        append(#","at":"#, sent.time)
        append("}\n")
    }

    /// The line of a row that is done.
    mutating func append(row: Int, _ key: RowKey, _ outcome: Outcome) {
        append(#"{"event":"done","row":"#, row)
        append(key)
        append(outcome)
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

/// One line of a ledger, as far as it can be taken in.
enum LedgerLine {
    /// A run begins, or goes on.
    case run(salt: RowSalt)
    /// A row was about to be sent; a line that does not name the certificate has none.
    case sent(RowKey, HostKey?, certificate: Int64?)
    /// A row has its outcome.
    case done(RowKey, Outcome)
    /// An event that a later version may have written.
    case unknown

    /// - Throws: ``LedgerLineError`` for JSON that is no line of a ledger.
    init(_ line: JSONValue) throws(LedgerLineError) {
        switch line["event"]?.text {
        case nil: throw LedgerLineError(reason: "it names no event")
        case "run":
            guard line["run_id"]?.text != nil, let salt = line["salt"]?.text.flatMap(RowSalt.init) else {
                throw LedgerLineError(reason: "its 'run_id' or 'salt' is not readable")
            }
            self = .run(salt: salt)
        case "sent": self = .sent(try line.key, HostKey(line), certificate: line["id"]?.integer)
        case "done": self = .done(try line.key, try Outcome(line))
        default: self = .unknown
        }
    }
}

/// Why a line that is JSON is no line of a ledger.
struct LedgerLineError: Error {
    let reason: String
}

extension JSONValue {
    fileprivate var key: RowKey {
        get throws(LedgerLineError) {
            guard let key = self["key"]?.text.flatMap(RowKey.init) else {
                throw LedgerLineError(reason: "its 'key' is not readable")
            }
            return key
        }
    }
}

extension HostKey {
    fileprivate init?(_ line: JSONValue) {
        guard let name = line["host"]?.text, let port = line["port"]?.integer.flatMap({ UInt16(exactly: $0) }) else {
            return nil
        }
        self.init(name: name, port: port)
    }
}

extension Outcome {
    fileprivate init(_ line: JSONValue) throws(LedgerLineError) {
        guard let status = line["status"]?.text.flatMap(RowStatus.init) else {
            throw LedgerLineError(reason: "its 'status' is not readable")
        }
        self.init(
            status: status, errcode: line["errcode"]?.integer.map { Int($0) }, errmsg: line["errmsg"]?.text ?? "",
            httpStatus: line["http_status"]?.integer.map { Int($0) },
            errorClass: line["error_class"]?.text.flatMap(ErrorClass.init), error: line["error"]?.text ?? "",
            attempts: line["attempts"]?.integer.map { Int($0) } ?? 0,
            startedAt: line["started_at"]?.text.flatMap(WallTime.init(rfc3339:)),
            finishedAt: line["finished_at"]?.text.flatMap(WallTime.init(rfc3339:)))
    }
}
