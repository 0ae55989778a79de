package import FleetModel
import Glibc
import JSONText
package import Platform
import TabularText

/// What the files of a run directory tell of its run, read without a lock: while the run goes on, too, and after it was
/// killed.
package struct RecordedRun: Sendable {
    /// How far the run has come.
    package enum State: Hashable, Sendable {
        /// It came to its end, and its result and summary are there.
        case finished
        /// A process is at work on it.
        case underWay
        /// No process is at work on it, and it did not come to its end, or its result could not be written.
        case brokenOff
    }

    /// Where the files are.
    package let folder: Folder
    /// How far the run has come.
    package private(set) var state: State
    /// The run and those that it continues, the first one first; at least one.
    package let headers: [RunHeader]
    /// How the last run ended; nil for one that did not.
    package private(set) var ending: RunEnding?

    /// The run that was begun last.
    package var header: RunHeader { headers[headers.count - 1] }

    /// - Parameter path: a run directory.
    /// - Throws: ``ToolError``: of kind `usage` when there is no run in it, broken when its files cannot be read.
    package init(path: String) throws(ToolError) {
        let folder: Folder
        do throws(ToolError) {
            folder = try Folder(path)
        } catch {
            throw error.ofUsage
        }
        try self.init(folder, path: path) { RunDirectory.isLocked($0) }
    }

    /// The run of this process, which has the directory's lock.
    ///
    /// - Throws: ``ToolError`` when its files cannot be read.
    package init(of directory: RunDirectory) throws(ToolError) {
        try self.init(directory.folder, path: directory.path) { _ in true }
    }

    private init(_ folder: Folder, path: String, isLocked: (Folder) -> Bool) throws(ToolError) {
        self.folder = folder
        var headers: [RunHeader] = []
        if folder.contains(RunDirectory.ledger) {
            try folder.forEachLedgerLine(startingWith: #"{"event":"run""#) { line in
                if let header = RunHeader(line) { headers.append(header) }
            }
        }
        guard !headers.isEmpty else {
            throw ToolError(
                .usage, "'\(Quotation.escaped(path))' holds no run",
                hint: "name the run directory, the one that has ledger.jsonl in it")
        }
        self.headers = headers
        state = isLocked(folder) ? .underWay : .brokenOff
        try readEnding()
    }

    /// Takes over how the run has ended meanwhile, if it has.
    ///
    /// - Throws: ``ToolError`` when its summary cannot be read.
    package mutating func readEnding() throws(ToolError) {
        ending = try folder.readSummary(of: header)
        if ending?.result != nil { state = .finished }
    }
}

/// How a run ended, as its summary says.
package struct RunEnding: Hashable, Sendable {
    /// When the last row was done.
    package let finishedAt: WallTime
    /// How many hosts there were, and how many were given up.
    package let hosts: RunSummary.Hosts
    /// HTTP requests made.
    package let requests: Int
    /// HTTP requests that were sent because an earlier one failed.
    package let retries: Int
    /// Nil when no request was made.
    package let latency: LatencySummary?
    /// How the process ended.
    package let exitCode: Int
    /// What ended the run before all rows were done, in one word; nil when nothing did.
    package let stoppedBy: String?
    /// Name of the result file; nil when there is none of this run.
    let result: String?

    fileprivate init?(_ json: JSONValue, in folder: Folder) {
        func number(_ value: JSONValue?) -> Int? { value?.integer.flatMap { Int(exactly: $0) } }
        guard let end = json["finished_at"]?.text.flatMap(WallTime.init(rfc3339:)), let hosts = json["hosts"],
            let requests = number(json["requests"]), let retries = number(json["retries"]),
            let exitCode = number(json["exit_code"])
        else { return nil }
        finishedAt = end
        self.hosts = RunSummary.Hosts(
            total: number(hosts["total"]) ?? 0, stopped: number(hosts["stopped"]) ?? 0,
            unreachable: number(hosts["unreachable"]) ?? 0)
        self.requests = requests
        self.retries = retries
        self.exitCode = exitCode
        latency = json["latency_ms"].flatMap { LatencySummary($0, json["latency_buckets"]) }
        stoppedBy = json["stopped_by"]?.text
        let names = TableShape.Format.allCases.map(ResultWriter.fileName).filter(folder.contains)
        // Older summaries do not name it.
        result = json["result"] == nil ? names.first : names.first { $0 == json["result"]?.text }
    }
}

/// What a ledger tells of one row.
package struct LedgerRow: Sendable {
    /// 1-based number among the data rows.
    package let row: Int
    /// The PBX; nil when no edit of the row was about to be sent.
    package fileprivate(set) var host: HostKey?
    /// The certificate's id on it; nil likewise.
    package fileprivate(set) var certificate: Int64?
    /// What became of the row; nil while it is under way, and of one that was when the process ended.
    package fileprivate(set) var outcome: Outcome?
}

extension RecordedRun {
    /// The rows that the ledger knows, by their number, as far as it was written. Of two rows that had one number in different
    /// runs, because the input was sorted or mended, only the later one is told.
    ///
    /// - Throws: ``ToolError`` when it cannot be read.
    package func ledgerRows() throws(ToolError) -> [LedgerRow] {
        var rows: [RowKey: LedgerRow] = [:]
        var keys: [Int: RowKey] = [:]
        var history = History()
        // Those that the last run of them sent, and that are not done.
        var open: Set<RowKey> = []
        try folder.forEachLedgerLine(startingWith: "{") { line in
            if let line = try? LedgerLine(line) { try? history.take(line) }
            if line["event"]?.text == "run" { open = [] }
            guard let key = line["key"]?.text.flatMap(RowKey.init), let row = line["row"]?.integer,
                let number = Int(exactly: row)
            else { return }
            let known = rows[key]
            var entry = LedgerRow(row: number, host: known?.host, certificate: known?.certificate)
            if line["event"]?.text == "sent" {
                entry.host = HostKey(line) ?? entry.host
                entry.certificate = line["id"]?.integer ?? entry.certificate
                open.insert(key)
            } else {
                entry.outcome = try? Outcome(line)
                open.remove(key)
            }
            rows[key] = entry
            keys[number] = key
        }
        return keys.compactMap { number, key in
            guard var row = rows[key], row.row == number else { return nil }
            if history.wasLeftInDoubt(key), !open.contains(key) { row.outcome = Outcome(inDoubt: row.outcome) }
            return row
        }.sorted { $0.row < $1.row }
    }
}

extension RecordedRun {
    /// What edits of the run changed, by the row's number in the input; free of secrets.
    ///
    /// Only a run that reads first notes it. Empty also when the input changed from run to run, so that a number may mean
    /// another row.
    ///
    /// - Parameter limit: how many rows are told of at most.
    /// - Throws: ``ToolError`` when the ledger cannot be read.
    package func changes(ofAtMost limit: Int) throws(ToolError) -> [Int: [FieldChange]] {
        var changes: [Int: [FieldChange]] = [:]
        guard folder.contains(RunDirectory.undo), headers.allSatisfy({ $0.input.sha256 == header.input.sha256 }) else {
            return changes
        }
        try folder.forEachLedgerLine(startingWith: #"{"event":"sent""#) { line in
            guard case .array(let list)? = line["changes"], changes.count < limit,
                let row = line["row"]?.integer.flatMap({ Int(exactly: $0) }), changes[row] == nil
            else { return }
            changes[row] = list.compactMap(FieldChange.init)
        }
        return changes
    }
}

extension Folder {
    /// Reads the lines of the ledger that start so, but one that is not whole and those that are no JSON.
    func forEachLedgerLine(
        startingWith start: StaticString, _ body: (JSONValue) -> Void
    ) throws(ToolError) {
        let file = try open(RunDirectory.ledger, flags: O_RDONLY | FileDescriptor.continued)
        var rest: [UInt8] = []
        try file.drain { (slice) throws(ToolError) in
            var bytes = slice.bindMemory(to: UInt8.self)
            while let end = bytes.firstIndex(of: 0x0A) {
                let line = bytes.part(0..<end)
                if !rest.isEmpty || line.starts(with: start) {
                    rest += line
                    if rest.starts(with: start), let json = try? JSONValue(parsing: rest) { body(json) }
                }
                rest.removeAll(keepingCapacity: true)
                bytes = bytes.part(end + 1..<bytes.count)
            }
            rest += bytes
            return true
        }
    }

    /// The rows with these keys as they were noted before their edits left, by their number.
    func sentRows(_ keys: Set<RowKey>) throws(ToolError) -> [LedgerRow] {
        var rows: [RowKey: LedgerRow] = [:]
        try forEachLedgerLine(startingWith: #"{"event":"sent""#) { line in
            guard let key = line["key"]?.text.flatMap(RowKey.init), keys.contains(key), let row = line["row"]?.integer
            else { return }
            rows[key] = LedgerRow(row: Int(row), host: HostKey(line), certificate: line["id"]?.integer)
        }
        return rows.values.sorted { $0.row < $1.row }
    }

    /// Nil when there is no summary, or another run's: then the last one has not come to its end.
    fileprivate func readSummary(of run: RunHeader) throws(ToolError) -> RunEnding? {
        guard contains(RunSummary.fileName) else { return nil }
        let file = try open(RunSummary.fileName, flags: O_RDONLY | FileDescriptor.continued)
        var bytes: [UInt8] = []
        try file.drain { (slice) throws(ToolError) in
            bytes += slice
            return bytes.count < 1 << 20
        }
        guard let json = try? JSONValue(parsing: bytes), json["run_id"]?.text == run.runID else { return nil }
        return RunEnding(json, in: self)
    }
}

extension Collection<UInt8> {
    fileprivate func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { starts(with: $0) }
    }
}
