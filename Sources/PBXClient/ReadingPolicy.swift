/// What is read of the certificates, and what follows from it.
package struct ReadingPolicy: Hashable, Sendable {
    /// What the rows are for.
    package enum Aim: Hashable, Sendable {
        /// Each row's certificate is edited.
        case edit
        /// Each row's certificate is read, and compared with its edit; nothing is edited.
        case plan
        /// All certificates of each row's PBX are read; rows name none.
        case list
        /// Each row's PBX shows its public key in a TLS handshake; nothing is sent to it.
        case pins
    }

    /// What the rows are for; default the edit.
    package var aim = Aim.edit
    /// Whether an edit that would change nothing is not sent: `--skip-unchanged`.
    package var skipsUnchanged = false
    /// Whether it shall be possible to put back what is overwritten: `--undo`. Whatever else reads a certificate first
    /// keeps its values, too.
    package var isForUndo = false
    /// Whether a certificate is read back after its edit: `--verify`.
    package var verifies = false
    /// How long to wait, after an edit, for a PBX that is not done with it; default 2 min.
    package var verifyTimeout = Duration.seconds(120)

    /// Reads nothing that need not be.
    package init() {}

    /// Whether a certificate that cannot be read is not edited.
    package var readsFirst: Bool { aim == .plan || skipsUnchanged || isForUndo || verifies }

    /// Whether a row's certificate is read before its edit: where ``readsFirst`` says so, for what its file is to be sent
    /// as, and where an earlier run may have made the edit.
    package func reads(hasFile: Bool, isInDoubt: Bool) -> Bool { readsFirst || hasFile || isInDoubt }

    /// How long to wait before a PBX is asked again that is not done with an edit: a quarter of the time since it was
    /// answered, from 250 ms to 10 s. Nil when its time is over.
    func pause(since start: Duration, at now: Duration) -> Duration? {
        let waited = now - start
        guard waited < verifyTimeout else { return nil }
        // The last look is at the very end.
        return min(max(.milliseconds(250), min(waited / 4, .seconds(10))), max(.zero, verifyTimeout - waited))
    }
}
