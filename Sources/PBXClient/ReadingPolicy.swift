/// What a command and its flags say of reading certificates; what follows from it is ``RowProcedure``'s to say.
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
    /// Whether it shall be possible to put back what is overwritten: `--undo`. What other flags have read before each edit is
    /// kept, too.
    package var isForUndo = false
    /// Whether a certificate is read back after its edit: `--verify`.
    package var verifies = false
    /// How long to wait, after an edit, for a PBX that is not done with it; default 2 min.
    package var verifyTimeout = Duration.seconds(120)

    /// Reads nothing that need not be.
    package init() {}
}
