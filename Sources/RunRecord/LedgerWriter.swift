import Platform
import Glibc

/// The open end of `ledger.jsonl`. Whatever it took and synced is there to stay; after an error nothing must follow.
struct LedgerWriter: ~Copyable, Sendable {
    private let file: FileDescriptor
    private var timestamps = TimestampWriter()

    /// Opens the ledger of a directory.
    ///
    /// Only its owner can read the file: a short secret could be guessed from a row's key.
    ///
    /// - Parameter history: what the ledger holds; what follows its last whole line is cut off. When nil, there must
    ///   be no ledger yet.
    init(in directory: RunDirectory, continuing history: LedgerHistory?) throws(ToolError) {
        let creation = history == nil ? O_CREAT | O_EXCL : O_CREAT
        let path = directory.file("ledger.jsonl")
        let ledger = try FileDescriptor(
            path, flags: O_WRONLY | O_APPEND | FileDescriptor.continued | creation, mode: 0o600)
        if let history, history.wholeLength < history.length { try ledger.truncate(to: history.wholeLength) }
        try directory.sync()
        file = ledger
    }

    /// Appends the line that opens a run, durably.
    func begin(_ run: RunHeader, salt: RowSalt) throws(ToolError) {
        var text = LedgerText(capacity: 512)
        text.append(run, salt: salt, pid: getpid())
        try file.write(text.bytes)
        try file.syncData()
    }

    /// Appends a line for each event, durably, with one wait for the disk.
    mutating func append(_ events: [LedgerEvent]) throws(ToolError) {
        var text = LedgerText(capacity: events.count * 256, timestamps: timestamps)
        for event in events { text.append(event) }
        timestamps = text.timestamps
        try file.write(text.bytes)
        try file.syncData()
    }
}
