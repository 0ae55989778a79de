import Glibc

/// The open end of `ledger.jsonl`. Whatever it took and synced is there to stay; after an error nothing must follow.
struct LedgerWriter: ~Copyable, Sendable {
    private let file: Descriptor
    private var timestamps = TimestampWriter()

    /// Opens the ledger of a directory, creating it if need be, and cuts off what follows its last whole line.
    ///
    /// Only its owner can read the file: a short secret could be guessed from a row's key.
    ///
    /// - Parameter wholeLength: bytes that are whole lines; 0 for a new ledger.
    init(in directory: RunDirectory, wholeLength: Int) throws(RunRecordError) {
        let flags = O_WRONLY | O_CREAT | O_APPEND | (wholeLength == 0 ? O_TRUNC : 0)
        let ledger = try Descriptor(directory.file("ledger.jsonl"), flags: flags, mode: 0o600)
        if wholeLength > 0 { try ledger.truncate(to: wholeLength) }
        try directory.sync()
        file = ledger
    }

    /// Appends the line that opens a run, durably.
    func begin(_ run: RunHeader, salt: RowSalt) throws(RunRecordError) {
        var text = LedgerText(capacity: 512)
        text.append(run, salt: salt, pid: getpid())
        try file.write(text.bytes)
        try file.syncData()
    }

    /// Appends a line for each event, durably, with one wait for the disk.
    mutating func append(_ events: [LedgerEvent]) throws(RunRecordError) {
        var text = LedgerText(capacity: events.count * 256, timestamps: timestamps)
        for event in events { text.append(event) }
        timestamps = text.timestamps
        try file.write(text.bytes)
        try file.syncData()
    }
}
