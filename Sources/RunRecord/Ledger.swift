package import Platform
import Glibc
import JSONText
import FleetModel

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
        if history.salt == nil, holdsEnding { throw .lostLedger(path) }
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
        if history.salt == nil, directory.holdsEnding { return .lostLedger(directory.path) }
        return ToolError(
            .broken, "\(file.name):\(line): damaged line: \(reason)",
            hint: "take that line out and use --resume again; a row it speaks of may be sent once more")
    }
}
