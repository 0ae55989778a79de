package import Platform
import Glibc
import JSONText
import FleetModel

extension RunDirectory {
    /// Reads what earlier runs wrote into the directory's ledger; nothing is changed.
    ///
    /// - Returns: the history, empty when there is no ledger. A last line that is not whole is not part of it: its
    ///   process was killed, or the power went, before it counted.
    /// - Throws: ``ToolError`` when the ledger cannot be read, or a line before the last one is damaged.
    package func readLedger() throws(ToolError) -> LedgerHistory {
        var status = stat()
        guard stat(file("ledger.jsonl"), &status) == 0 || errno != ENOENT else { return LedgerHistory() }
        var reader = try LedgerReader(file("ledger.jsonl"))
        return try reader.read()
    }
}

/// Reads a ledger piece by piece, so that memory grows with its rows and not with its bytes.
private struct LedgerReader: ~Copyable {
    private let file: FileDescriptor
    private var history = LedgerHistory()
    /// What was read and is not yet taken in: the beginning of a line.
    private var rest: [UInt8] = []
    private var line = 0
    private var offset = 0
    /// A line that cannot be read; only the last one may be like that.
    private var damage: ToolError?

    init(_ path: String) throws(ToolError) {
        file = try FileDescriptor(path, flags: O_RDONLY | FileDescriptor.continued)
    }

    mutating func read() throws(ToolError) -> LedgerHistory {
        var chunk: [UInt8] = []
        repeat {
            chunk = [UInt8](repeating: 0, count: 1 << 20)
            try file.read(into: &chunk)
            history.extend(by: chunk.count)
            try take(chunk)
        } while !chunk.isEmpty
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
        offset += rest.count + 1
        do {
            try history.take(JSONValue(parsing: rest))
            history.endLine(at: offset)
        } catch let error as JSONError {
            damage = ToolError.damagedLedger(file.name, line: line, error.reason)
        } catch {
            damage = ToolError.damagedLedger(file.name, line: line, "\(error)")
        }
    }
}

/// Why a line that is JSON is no line of a ledger.
private struct LedgerLineError: Error, CustomStringConvertible {
    let description: String
}

extension LedgerHistory {
    /// Takes in one line. An event of another name is passed over: a later version may have written it.
    fileprivate mutating func take(_ line: JSONValue) throws {
        guard let event = line["event"]?.text else { throw LedgerLineError(description: "it names no event") }
        if event == "run" { return try takeRun(line) }
        guard event == "sent" || event == "done" else { return }
        guard salt != nil else { throw LedgerLineError(description: "no run begins before it") }
        guard let key = line["key"]?.text.flatMap(RowKey.init) else {
            throw LedgerLineError(description: "its 'key' is not readable")
        }
        if event == "sent" { return sent(key, host: HostKey(ledger: line), certificate: line["id"]?.integer) }
        done(key, try Outcome(ledger: line))
    }

    private mutating func takeRun(_ line: JSONValue) throws {
        guard line["run_id"]?.text != nil, let salt = line["salt"]?.text.flatMap(RowSalt.init) else {
            throw LedgerLineError(description: "its 'run_id' or 'salt' is not readable")
        }
        guard begin(salt: salt) else {
            throw LedgerLineError(description: "its 'salt' is not that of the first run")
        }
    }
}

extension HostKey {
    /// Reads the members of a `sent` line; nil when it does not name its host.
    fileprivate init?(ledger line: JSONValue) {
        guard let name = line["host"]?.text, let port = line["port"]?.integer.flatMap({ UInt16(exactly: $0) }) else {
            return nil
        }
        self.init(name: name, port: port)
    }
}

extension Outcome {
    /// Reads the members of a `done` line.
    fileprivate init(ledger line: JSONValue) throws {
        guard let status = line["status"]?.text.flatMap(RowStatus.init) else {
            throw LedgerLineError(description: "its 'status' is not readable")
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
