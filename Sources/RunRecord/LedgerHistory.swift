import Platform
package import FleetModel

/// What a ledger says became of each row.
package struct LedgerHistory: Sendable {
    /// The salt of its row keys; nil when it holds no run.
    package private(set) var salt: RowSalt?
    /// Bytes of the ledger that are whole lines; a torn last line begins here.
    private(set) var wholeLength = 0
    /// Bytes of the ledger.
    private(set) var length = 0
    private var rows: [RowKey: RowHistory] = [:]
    /// The row that was sent last for each certificate.
    private var lastSent: [Certificate: RowKey] = [:]
    /// What a row took the place of when it was noted as sent, as long as it is not done.
    private var displaced: [RowKey: (certificate: Certificate, earlier: RowKey)] = [:]
    private var texts = TextPool()

    private struct Certificate: Hashable {
        /// The host's hash, which takes less memory than its name. Two hosts with the same one would only have rows sent
        /// again.
        let host: Int
        let id: Int64
    }

    /// The last outcome of a row; nil when it never was done.
    package func outcome(of key: RowKey) -> Outcome? {
        rows[key]?.outcome.unpacked(texts)
    }

    /// Whether nobody knows what became of an edit request of the row: it left, or may have, and no answer told.
    package func isInDoubt(_ key: RowKey) -> Bool {
        rows[key]?.isInDoubt ?? false
    }

    /// Whether another edit of the row's certificate was sent after the row's own, so that its outcome says nothing any
    /// more about the certificate.
    package func isSuperseded(_ key: RowKey) -> Bool {
        rows[key]?.isSuperseded ?? false
    }

    /// The rows that are in doubt.
    package var inDoubt: Set<RowKey> {
        Set(rows.lazy.filter { $0.value.isInDoubt }.map { $0.key })
    }

    /// Notes that everything up to an offset is whole lines.
    mutating func endLine(at offset: Int) {
        wholeLength = offset
    }

    /// Notes that the ledger goes on for some bytes, whole lines or not.
    mutating func extend(by bytes: Int) {
        length += bytes
    }

    /// Takes in the line that opens a run.
    ///
    /// - Returns: false when its salt is not that of the lines before.
    mutating func begin(salt: RowSalt) -> Bool {
        guard self.salt == nil || self.salt == salt else { return false }
        self.salt = salt
        // Whatever the run before left open stays in doubt.
        for index in rows.values.indices { rows.values[index].wasInDoubt = rows.values[index].isInDoubt }
        return true
    }

    /// Takes in that a row was sent; a certificate that the line does not name supersedes nothing.
    mutating func sent(_ key: RowKey, host: HostKey?, certificate id: Int64?) {
        rows[key, default: RowHistory()].isInDoubt = true
        guard let host, let id else { return }
        let certificate = Certificate(host: host.hashValue, id: id)
        if let earlier = lastSent.updateValue(key, forKey: certificate), earlier != key {
            rows[earlier]?.isSuperseded = true
            displaced[key] = (certificate, earlier)
        }
        rows[key]?.isSuperseded = false
    }

    mutating func done(_ key: RowKey, _ outcome: Outcome) {
        if let (certificate, earlier) = displaced.removeValue(forKey: key), outcome.isUntried,
            rows[key]?.wasInDoubt == false, lastSent[certificate] == key
        {
            lastSent[certificate] = earlier
            rows[earlier]?.isSuperseded = false
        }
        var row = rows[key] ?? RowHistory()
        row.outcome = PackedOutcome(outcome, texts: &texts)
        row.isInDoubt = outcome.status == .unknown || row.wasInDoubt && !outcome.settlesDoubt
        row.wasInDoubt = row.isInDoubt
        rows[key] = row
    }
}

/// What became of one row.
private struct RowHistory {
    var outcome = PackedOutcome.absent
    var isInDoubt = false
    /// Whether it was before the run under way noted anything about it.
    var wasInDoubt = false
    var isSuperseded = false
}

extension Outcome {
    /// Whether no edit request of the row left, although it may have been noted.
    fileprivate var isUntried: Bool { attempts == 0 && !status.isGood && status != .unknown }
}
