package import Platform

/// What became of a row, as `result.status` writes it.
package enum RowStatus: String, CaseIterable, Sendable {
    case ok
    case noChange = "no_change"
    case failed, unknown, invalid, skipped
    case notAttempted = "not_attempted"

    /// Whether the row is as the operator wanted it.
    package var isGood: Bool { self == .ok || self == .noChange }
}

/// The kind of cause behind a row that is not good, as `result.error_class` writes it.
package enum ErrorClass: String, CaseIterable, Sendable {
    case api, auth, connect, tls, timeout, `protocol`, verify, input, match
    case hostStopped = "host_stopped"
    case runStopped = "run_stopped"
}

/// What reading a PBX showed for a row, free of secrets but those in the credentials of ``certificates``.
package struct Reading: Hashable, Sendable {
    /// Whether the values of the edit were seen on the PBX; nil when nobody asked.
    package var isVerified: Bool?
    /// What the PBX says of the row's certificate, or of all of its certificates when the row names none.
    package var certificates: [CertificateState]
    /// What the row's edit would change.
    package var changes: [FieldChange]
    /// What the edit cannot do, one sentence each.
    package var doubts: [String]
    /// The PBX's public key as a pin; nil when nobody asked.
    package var serverKey: String?

    /// What is left out is empty.
    package init(
        isVerified: Bool? = nil, certificates: [CertificateState] = [], changes: [FieldChange] = [],
        doubts: [String] = [], serverKey: String? = nil
    ) {
        self.isVerified = isVerified
        self.certificates = certificates
        self.changes = changes
        self.doubts = doubts
        self.serverKey = serverKey
    }

    /// What the record of a run keeps of it; nil when that is nothing.
    package var recorded: Reading? {
        Reading(
            isVerified: isVerified, applyStatus: certificates.first?.applyStatus,
            expiration: certificates.first?.expiration ?? "")
    }

    /// What the record of a run keeps of a reading; nil when that is nothing.
    package init?(isVerified: Bool?, applyStatus: CertificateState.ApplyStatus?, expiration: String) {
        guard isVerified != nil || applyStatus != nil || !expiration.isEmpty else { return nil }
        var state = CertificateState(id: 0)
        state.applyStatus = applyStatus
        state.expiration = expiration.isEmpty ? nil : expiration
        self.init(isVerified: isVerified, certificates: applyStatus == nil && expiration.isEmpty ? [] : [state])
    }
}

/// The verdict on one row: everything the `result.*` columns say.
package struct Outcome: Hashable, Sendable {
    /// What became of the row.
    package var status: RowStatus
    /// The PBX's errcode; nil when it never gave a readable one.
    package var errcode: Int?
    /// The PBX's errmsg, free of secrets; empty when there was none.
    package var errmsg: String
    /// HTTP status of the last answer; nil when none came.
    package var httpStatus: Int?
    /// Nil when the row is good.
    package var errorClass: ErrorClass?
    /// One sentence for a person, free of secrets; of a good row, why it is not verified, and else empty.
    package var error: String
    /// Edit requests sent for the row.
    package var attempts: Int
    /// Nil when no work was done on the row.
    package var startedAt: WallTime?
    /// When the verdict fell; nil when no work was done on the row.
    package var finishedAt: WallTime?
    /// What reading the PBX showed; nil when it was not read, or nobody asked.
    package var reading: Reading?

    /// A verdict; what is left out is empty, as of a row on which no work was done.
    package init(
        status: RowStatus, errcode: Int? = nil, errmsg: String = "", httpStatus: Int? = nil,
        errorClass: ErrorClass? = nil, error: String = "", attempts: Int = 0, startedAt: WallTime? = nil,
        finishedAt: WallTime? = nil, reading: Reading? = nil
    ) {
        self.status = status
        self.errcode = errcode
        self.errmsg = errmsg
        self.httpStatus = httpStatus
        self.errorClass = errorClass
        self.error = error
        self.attempts = attempts
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.reading = reading
    }

    /// Whether the row's edit was made, or a part of it, or may have been. A call that only reads changes nothing, whatever
    /// it is answered.
    package var mayHaveChanged: Bool {
        switch status {
        case .ok, .unknown: true
        case .failed: errorClass == .verify || isRefusal && errcode.map { PBXErrorCode($0).leavesTraces } ?? false
        case .noChange, .invalid, .skipped, .notAttempted: false
        }
    }

    /// Whether the PBX accepted or refused the edit itself, which is its word on the same edit sent before, too.
    ///
    /// A certificate that was read back and is not as it should be settles it, too. What does not: what the PBX says about a
    /// token, that it is busy, what it says before it has the edit, and a failure that may have carried out a part of it.
    package var settlesDoubt: Bool {
        if status.isGood || status == .failed && errorClass == .verify { return true }
        return isRefusal && !mayHaveChanged && errcode.map { !PBXErrorCode($0).isTemporary } ?? false
    }

    /// Whether the PBX has the edit and does not call it done.
    private var isRefusal: Bool { status == .failed && errorClass == .api && attempts > 0 }

    /// The outcome of a row one of whose edit requests may have been carried out: `unknown`, unless it is that already or
    /// settles the doubt.
    ///
    /// - Parameter doubt: a clause that says why, put behind ``error``.
    package func weighed(against doubt: String) -> Outcome {
        guard status != .unknown, !settlesDoubt else { return self }
        var outcome = self
        outcome.status = .unknown
        outcome.error += "; \(doubt)"
        return outcome
    }

    /// Whole milliseconds between the row's first request and its verdict; nil when no work was done on it.
    package var durationMilliseconds: Int64? {
        guard let startedAt, let finishedAt else { return nil }
        return max(0, finishedAt.milliseconds - startedAt.milliseconds)
    }
}
