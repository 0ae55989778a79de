package import FleetModel
package import Platform

/// What a ledger says became of each row, and with that when a row is sent again after a kill, or when its run goes on: by
/// `--resume`, and by whole lines of the ledger alone.
///
/// A row is known by its ``RowKey``, so another edit is another row.
///
/// - A row that never was sent is sent, and one with an outcome when that is not good.
/// - A row is **in doubt** when an edit request of its may have left and no answer told what became of it: it is noted as
///   sent and not as done, or done as `unknown`. It stays so, over any number of runs, until an outcome settles the doubt
///   (``FleetModel/Outcome/settlesDoubt``), and is `unknown` in the result until then. Its certificate is read first: the
///   row is done when the values are there, and is sent again when not, or when it cannot be read and no flag wants that
///   (`readsFirst` in `RowProcedure.swift`). One that cannot be read for now, as without a connection, is not sent.
/// - A row is **superseded** while another row of the same certificate was sent last: whatever became of it, it says
///   nothing any more about the certificate. It is sent again; one in doubt is read first as any.
/// - A row that finds its certificate by what it is goes on with the one that it found (``certificate(foundBy:)``), when its
///   edit may have been made: it may have changed what it goes by, and the edit of another row may make another certificate
///   look like it. One in doubt of which no line names the certificate is not sent when its edit changes what it goes by.
/// - A row that was noted and of which no request left (no attempt in its outcome) supersedes nothing, and is in doubt
///   only if it was before.
package struct History: Sendable {
    /// How a row stands for the run that goes on.
    package enum Standing: Hashable, Sendable {
        /// The ledger knows nothing of it.
        case neverSent
        /// Nobody knows whether its edit was made: its values are looked for before it is sent again.
        case inDoubt
        /// Another edit of its certificate was sent since.
        case superseded
        /// Its last outcome tells what became of it.
        case done(Outcome)

        /// Whether the row is taken up: unless it is done and good.
        package var isSentAgain: Bool { finalOutcome == nil }

        /// The outcome of a row that is not sent again; nil when it is.
        var finalOutcome: Outcome? {
            if case .done(let outcome) = self, outcome.status.isGood { outcome } else { nil }
        }
    }

    /// The salt of its row keys; nil when no run begins in it.
    package private(set) var salt: RowSalt?
    /// How many bytes of the ledger are whole lines, when there are others behind them.
    var tornAt: Int?
    /// Digests of the inputs that its runs had.
    package private(set) var inputs: Set<SHA256Digest> = []
    private var rows: [Row] = []
    /// Where each row stands in `rows`.
    private var numbers: [RowKey: UInt32] = [:]
    /// The row that was sent last for each certificate.
    private var lastSent: [Certificate: UInt32] = [:]
    /// What a row took the place of when the last run noted it as sent, as long as it is not done.
    private var displaced: [UInt32: Displaced] = [:]
    private var texts = Interner()
    /// What was read for rows, by their numbers.
    private var readings: [UInt32: Reading] = [:]

    /// What became of one row.
    private struct Row {
        var outcome = PackedOutcome.absent
        /// The certificate that it was sent to last; 0 when no line names it.
        var certificate: Int64 = 0
        /// Tells that certificate and its host from others; 0 likewise.
        var place: UInt32 = 0
        var isInDoubt = false
        /// Whether it was before the run under way noted anything about it.
        var wasInDoubt = false
        var isSuperseded = false
    }

    /// A hash, which takes less memory than the host's name and the id. Two certificates with the same one would only
    /// have rows sent again.
    private struct Certificate: Hashable {
        let hash: Int

        /// Half of it.
        var place: UInt32 { UInt32(truncatingIfNeeded: hash) }

        init(_ host: HostKey, _ id: Int64) {
            var hasher = Hasher()
            hasher.combine(host)
            hasher.combine(id)
            hash = hasher.finalize()
        }
    }

    /// What is so again when a row that was noted as sent never left.
    private struct Displaced {
        let certificate: Certificate
        /// The row that was sent last before.
        let earlier: UInt32
        /// Whether the noted row was superseded itself.
        let wasSuperseded: Bool
    }

    /// A history of nothing.
    init() {}

    /// How a row stands; never sent when no run begins in the ledger.
    package func standing(of job: Job) -> Standing {
        salt.map { standing(of: RowKey(job, salt: $0)) } ?? .neverSent
    }

    func standing(of key: RowKey) -> Standing {
        guard let number = numbers[key] else { return .neverSent }
        let row = rows[Int(number)]
        if row.isInDoubt { return .inDoubt }
        if row.isSuperseded { return .superseded }
        return row.outcome.unpacked(texts, reading: readings[number]).map(Standing.done) ?? .neverSent
    }

    /// The last outcome of a row, whatever came after it; nil when it never was done.
    package func outcome(of job: Job) -> Outcome? { salt.flatMap { outcome(of: RowKey(job, salt: $0)) } }

    func outcome(of key: RowKey) -> Outcome? {
        numbers[key].flatMap { rows[Int($0)].outcome.unpacked(texts, reading: readings[$0]) }
    }

    /// The certificate that a row which names none by its id has, so that no other row may find it, or goes on with; nil
    /// when it is still to be found.
    package func certificate(foundBy job: Job) -> Int64? {
        guard let match = job.match, let key = salt.map({ RowKey(job, salt: $0) }) else { return nil }
        switch standing(of: key) {
        case .neverSent: return nil
        case .inDoubt, .superseded: return certificate(of: key)
        case .done(let outcome):
            let isTried = outcome.attempts > 0 && match.isChanged(by: job.edit)
            return isTried || outcome.status.isGood ? certificate(of: key) : nil
        }
    }

    /// Whether a row is in doubt, and nobody knows which certificate has its edit: no line names it, and the row goes by what
    /// the edit changes.
    package func isLost(_ job: Job) -> Bool {
        standing(of: job) == .inDoubt && certificate(foundBy: job) == nil && job.match?.isChanged(by: job.edit) == true
    }

    /// Whether a row is in doubt since an earlier run than the last one.
    func wasLeftInDoubt(_ key: RowKey) -> Bool { numbers[key].map { rows[Int($0)].wasInDoubt } ?? false }

    /// The certificate that a row was sent to last; nil when no line names it.
    func certificate(of key: RowKey) -> Int64? {
        guard let number = numbers[key], rows[Int(number)].certificate > 0 else { return nil }
        return rows[Int(number)].certificate
    }

    /// Whether a row may have been sent to a certificate: unless it was sent to another one last.
    func isSent(_ key: RowKey, to host: HostKey, certificate id: Int64) -> Bool {
        guard certificate(of: key) != nil, let number = numbers[key] else { return true }
        return rows[Int(number)].place == Certificate(host, id).place
    }

    /// Takes in the next line of the ledger.
    mutating func take(_ line: LedgerLine) throws(LedgerLineError) {
        if case .run(let salt, let input) = line { return try begin(salt: salt, input) }
        if case .unknown = line { return }
        guard salt != nil else { throw LedgerLineError(reason: "no run begins before it") }
        switch line {
        case .sent(let key, let host, let id): sent(number(of: key), host, certificate: id)
        case .done(let key, let outcome): done(number(of: key), outcome)
        case .run, .unknown: break
        }
    }

    /// Every row that the ledger names.
    var keys: some Sequence<RowKey> { numbers.keys }

    private mutating func begin(salt: RowSalt, _ input: SHA256Digest?) throws(LedgerLineError) {
        guard self.salt == nil || self.salt == salt else {
            throw LedgerLineError(reason: "its 'salt' is not that of the first run")
        }
        self.salt = salt
        if let input { inputs.insert(input) }
        // Whatever the run before left open stays in doubt, and may have left.
        displaced = [:]
        for index in rows.indices { rows[index].wasInDoubt = rows[index].isInDoubt }
    }

    /// A line that does not name the certificate supersedes nothing.
    private mutating func sent(_ number: UInt32, _ host: HostKey?, certificate id: Int64?) {
        rows[Int(number)].isInDoubt = true
        guard let host, let id else { return }
        let certificate = Certificate(host, id)
        (rows[Int(number)].certificate, rows[Int(number)].place) = (id, certificate.place)
        if let earlier = lastSent.updateValue(number, forKey: certificate), earlier != number {
            rows[Int(earlier)].isSuperseded = true
            displaced[number] = Displaced(
                certificate: certificate, earlier: earlier, wasSuperseded: rows[Int(number)].isSuperseded)
        }
        rows[Int(number)].isSuperseded = false
    }

    private mutating func done(_ number: UInt32, _ outcome: Outcome) {
        if let displaced = displaced.removeValue(forKey: number), outcome.isUntried {
            restore(displaced, insteadOf: number)
        }
        let isStillInDoubt = rows[Int(number)].wasInDoubt && !outcome.settlesDoubt
        rows[Int(number)].isInDoubt = outcome.status == .unknown || isStillInDoubt
        rows[Int(number)].wasInDoubt = rows[Int(number)].isInDoubt
        rows[Int(number)].outcome = PackedOutcome(outcome, texts: &texts)
        if outcome.reading != nil || !readings.isEmpty { readings[number] = outcome.reading }
    }

    private mutating func restore(_ displaced: Displaced, insteadOf number: UInt32) {
        guard lastSent[displaced.certificate] == number else { return }
        lastSent[displaced.certificate] = displaced.earlier
        rows[Int(displaced.earlier)].isSuperseded = false
        rows[Int(number)].isSuperseded = displaced.wasSuperseded
    }

    private mutating func number(of key: RowKey) -> UInt32 {
        if let known = numbers[key] { return known }
        rows.append(Row())
        numbers[key] = UInt32(rows.count - 1)
        return UInt32(rows.count - 1)
    }
}

extension Outcome {
    /// Whether no edit request of the row left, although it may have been noted.
    fileprivate var isUntried: Bool { attempts == 0 && !status.isGood && status != .unknown }

    /// What a row comes to that an earlier run left in doubt.
    ///
    /// - Parameter own: what became of it in this run; nil when nothing did.
    init(inDoubt own: Outcome?) {
        guard let own else {
            let error = "an earlier run may have made the edit, and it was not sent again"
            self.init(status: .unknown, errorClass: .runStopped, error: error)
            return
        }
        self = own.weighed(against: "an earlier run may have made the edit")
    }
}
