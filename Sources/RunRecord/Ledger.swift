import FleetModel
import Glibc
import JSONText
package import Platform

/// The open end of `ledger.jsonl`. Whatever it took and synced is there to stay; after an error nothing must follow.
struct LedgerWriter: ~Copyable, Sendable {
    private let file: FileDescriptor
    private var text = LedgerText()

    /// Bytes that are gathered before they are written.
    private static let chunk = 1 << 16

    /// Opens the ledger of a directory.
    ///
    /// Only its owner can read the file: a short secret could be guessed from a row's key.
    ///
    /// - Parameter history: what the ledger holds; what follows its last whole line is cut off. When nil, there must
    ///   be no ledger yet.
    init(in directory: RunDirectory, continuing history: History?) throws(ToolError) {
        let creation = history == nil ? O_CREAT | O_EXCL : O_CREAT
        let ledger = try directory.folder.open(
            RunDirectory.ledger, flags: O_WRONLY | O_APPEND | FileDescriptor.continued | creation, mode: 0o600)
        if let tornAt = history?.tornAt { try ledger.truncate(to: tornAt) }
        try directory.folder.sync()
        file = ledger
    }

    /// Adds lines by the body; they may be on disk from now on, and are after ``sync()``.
    mutating func append(_ body: (inout LedgerText) -> Void) throws(ToolError) {
        body(&text)
        if text.bytes.count >= LedgerWriter.chunk { try flush() }
    }

    /// Waits until everything added is on disk.
    mutating func sync() throws(ToolError) {
        try flush()
        try file.syncData()
    }

    private mutating func flush() throws(ToolError) {
        try file.write(text.bytes)
        text.removeAll()
    }
}

extension RunDirectory {
    /// Reads what earlier runs wrote into the directory's ledger; nothing is changed.
    ///
    /// - Returns: the history, empty when there is no ledger. A last line that is not whole is not part of it: its
    ///   process was killed, or the power went, before it counted.
    /// - Throws: ``ToolError`` when the ledger cannot be read, or a line before the last one is damaged; of kind `usage`
    ///   when no run begins in it although one came to its end here.
    package func readLedger() throws(ToolError) -> History {
        guard folder.contains(RunDirectory.ledger) else { return History() }
        var reader = try LedgerReader(of: self)
        let history = try reader.read()
        if history.salt == nil, holdsTraces { throw .lostLedger(path) }
        return history
    }
}

/// Reads a ledger piece by piece, so that memory grows with its rows and not with its bytes.
private struct LedgerReader: ~Copyable {
    private let directory: RunDirectory
    private let file: FileDescriptor
    private var history = History()
    /// What was read and is not yet taken in: the beginning of a line.
    private var rest: [UInt8] = []
    private var line = 0
    /// Bytes that were read.
    private var length = 0
    /// Bytes of the lines that were taken in.
    private var wholeLength = 0
    /// A line that cannot be read; only the last one may be like that.
    private var damage: ToolError?

    init(of directory: RunDirectory) throws(ToolError) {
        self.directory = directory
        file = try directory.folder.open(RunDirectory.ledger, flags: O_RDONLY | FileDescriptor.continued)
    }

    mutating func read() throws(ToolError) -> History {
        var chunk: [UInt8] = []
        repeat {
            chunk = [UInt8](repeating: 0, count: 1 << 20)
            try file.read(into: &chunk)
            length += chunk.count
            try take(chunk)
        } while !chunk.isEmpty
        if wholeLength < length { history.tornAt = wholeLength }
        return history
    }

    private mutating func take(_ chunk: [UInt8]) throws(ToolError) {
        var start = 0
        while let end = chunk[start...].firstIndex(of: 0x0A) {
            rest += chunk[start..<end]
            try takeLine()
            rest.removeAll(keepingCapacity: true)
            start = end + 1
        }
        rest += chunk[start...]
        if let damage, !rest.isEmpty { throw damage }
    }

    /// Takes in the line that stands in `rest`.
    private mutating func takeLine() throws(ToolError) {
        if let damage { throw damage }
        line += 1
        do {
            try history.take(LedgerLine(JSONValue(parsing: rest)))
            wholeLength += rest.count + 1
        } catch let error as JSONError {
            damage = damaged(error.reason)
        } catch let error as LedgerLineError {
            damage = damaged(error.reason)
        } catch {
            damage = damaged("\(error)")
        }
    }

    private func damaged(_ reason: String) -> ToolError {
        if history.salt == nil, directory.holdsTraces { return .lostLedger(directory.path) }
        return ToolError(
            .broken, "\(file.name):\(line): damaged line: \(reason)",
            hint: "take that line out and use --resume again; a row it speaks of may be sent once more")
    }
}

/// That the first edit request of a row is about to leave.
struct SentRow: Sendable {
    let row: Int
    let key: RowKey
    let host: HostKey
    /// The certificate's id on the host.
    let certificate: Int64
    /// What its edit changes, free of secrets; empty when nobody knows.
    var changes: [FieldChange] = []
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
        json.member("arguments", run.argumentsJSON)
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
        if !sent.changes.isEmpty { append(sent.changes) }
        append("}\n")
    }

    private mutating func append(_ changes: [FieldChange]) {
        var json = JSONWriter()
        json.value(.array(changes.map(\.json)))
        append(#","changes":"#)
        bytes += json.bytes
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
        if let reading = outcome.reading { append(reading) }
    }

    private mutating func append(_ reading: Reading) {
        if let isVerified = reading.isVerified { append(isVerified ? #","verified":true"# : #","verified":false"#) }
        guard let state = reading.certificates.first else { return }
        if let applyStatus = state.applyStatus { append(#","apply_status":"#, applyStatus.rawValue) }
        if let expiration = state.expiration { append(#","expiration":"#, expiration) }
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
    case run(salt: RowSalt, input: SHA256Digest?)
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
            self = .run(salt: salt, input: RunHeader(line)?.input.sha256)
        case "sent": self = .sent(try line.key, HostKey(line), certificate: line["id"]?.integer)
        case "done": self = .done(try line.key, try Outcome(line))
        default: self = .unknown
        }
    }
}

extension FieldChange {
    /// Field, old and new value; a value that nobody told is left out, and nothing is `null`.
    fileprivate var json: JSONValue {
        let value: (String?) -> JSONValue = { text in text.map { .string($0) } ?? .null }
        let old = isCertain ? [JSONMember(key: "old", value: value(old))] : []
        return .object(
            [JSONMember(key: "field", value: .string(field))] + old + [JSONMember(key: "new", value: value(new))])
    }

    /// Nil when it names no field.
    init?(_ json: JSONValue) {
        guard let field = json["field"]?.text else { return nil }
        let isCertain = json["old"] != nil
        self.init(field: field, old: json["old"]?.text, new: json["new"]?.text, isCertain: isCertain)
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
    /// Reads the host of a `sent` line; nil when it names none.
    init?(_ line: JSONValue) {
        guard let name = line["host"]?.text, let port = line["port"]?.integer.flatMap({ UInt16(exactly: $0) }) else {
            return nil
        }
        self.init(name: name, port: port)
    }
}

extension Outcome {
    /// Reads what a `done` line says of its row.
    init(_ line: JSONValue) throws(LedgerLineError) {
        guard let status = line["status"]?.text.flatMap(RowStatus.init) else {
            throw LedgerLineError(reason: "its 'status' is not readable")
        }
        self.init(
            status: status, errcode: line["errcode"]?.integer.map { Int($0) }, errmsg: line["errmsg"]?.text ?? "",
            httpStatus: line["http_status"]?.integer.map { Int($0) },
            errorClass: line["error_class"]?.text.flatMap(ErrorClass.init), error: line["error"]?.text ?? "",
            attempts: line["attempts"]?.integer.map { Int($0) } ?? 0,
            startedAt: line["started_at"]?.text.flatMap(WallTime.init(rfc3339:)),
            finishedAt: line["finished_at"]?.text.flatMap(WallTime.init(rfc3339:)),
            reading: Reading(
                isVerified: line["verified"] == .boolean(true)
                    ? true : line["verified"] == .boolean(false) ? false : nil,
                applyStatus: line["apply_status"]?.text.flatMap(CertificateState.ApplyStatus.init),
                expiration: line["expiration"]?.text ?? ""))
    }
}
