import FleetModel
import Pacing

/// What a certificate that was read shows of its row's edit: before it, after one that brought no word, and until the PBX
/// is done with it. What is sent next is ``RowProcedure``'s to say.
extension RowProcedure {
    /// An edit whose certificate is looked at until its values are there and it is issued.
    struct Watch: Sendable {
        /// What the row was when the PBX had answered the edit.
        let answer: Outcome
        /// When that was.
        let since: Duration

        /// What the row is when nobody saw how it ended.
        func unfinished(_ reason: String) -> Outcome {
            var outcome = answer
            outcome.reading = Reading(isVerified: false, certificates: answer.reading?.certificates ?? [])
            guard answer.status.isGood else {
                outcome.error += "; \(reason)"
                return outcome
            }
            outcome.status = .unknown
            outcome.errorClass = .verify
            outcome.error = "the edit was accepted, and \(reason)"
            return outcome
        }
    }

    /// How far a PBX is with an edit, with what the row is then; of one that is not done, if nobody waits any longer.
    enum Progress {
        case over(Outcome)
        case coming(Outcome)
    }

    /// What a row comes to that lists all certificates.
    mutating func listed(_ list: [CertificateState], _ reply: Reply, on host: HostSession) -> Outcome {
        for state in list { learn(state) }
        let reading = Reading(certificates: list.map { shown($0, on: host, keepsSecrets: true) })
        let isWhole = host.certificates.unlisted == 0
        return Outcome(
            status: isWhole ? .ok : .failed, httpStatus: reply.status, errorClass: isWhole ? nil : .protocol,
            error: isWhole ? "" : host.certificates.shortfall, reading: reading)
    }
}

/// What the values of a certificate mean.
extension RowProcedure {
    /// Takes note of what there was before the edit, as far as the run keeps that.
    ///
    /// - Returns: whether the edit would change anything.
    mutating func compare(with state: CertificateState, on host: HostSession) -> Bool {
        let changes = job.edit.changes(to: state)
        replaced = policy.readsFirst || job.edit.file != nil ? state : nil
        if policy.readsFirst { self.changes = changes.map { shown($0, on: host) } }
        return !changes.isEmpty
    }

    /// What the row is when it was compared with its certificate, and is not sent.
    func compared(with state: CertificateState, _ isChange: Bool, on host: HostSession) -> Outcome {
        let keepsSecrets = policy.aim == .plan
        var reading = Reading(certificates: [shown(state, on: host, keepsSecrets: keepsSecrets)], changes: changes)
        if isChange {
            reading.doubts = job.edit.doubts(about: state) + (job.edit.file?.doubts(about: state) ?? [])
        } else {
            reading.isVerified = policy.verifies ? true : nil
        }
        return Outcome(status: isChange ? .ok : .noChange, reading: reading)
    }

    /// Whether an earlier run made the edit, as far as its certificate tells; it named the file as this one would send it.
    mutating func isMade(in state: CertificateState) -> Bool {
        let unmade = job
        if let file = job.edit.file { job = job.uploaded(as: file.name) }
        if missing(from: state).isEmpty { return true }
        job = unmade
        return false
    }

    /// What of the edit is not there, as a clause; nil when all its values are.
    func lack(in state: CertificateState) -> String? {
        if missing(from: state).isEmpty { return nil }
        return doubtOfFile(state) ?? "its values are not there\(reason(by: state))"
    }

    /// How far the PBX is with the edit.
    ///
    /// - Parameter untilIssued: whether it is not done before the certificate is issued.
    func progress(
        of watch: Watch, in state: CertificateState, untilIssued: Bool, on host: HostSession
    ) -> Progress {
        let reading = Reading(isVerified: false, certificates: [shown(state, on: host)])
        if untilIssued, state.isBeingIssued { return coming(watch, reading, "it is still being issued") }
        if untilIssued, state.isNotIssued {
            let code = reading.certificates[0].tipCode.map { ": apply_tip_code \($0)" } ?? ""
            return .over(failedVerify(watch, reading, "the certificate was not issued\(code)"))
        }
        let isAccepted = watch.answer.status.isGood
        // What the PBX does not tell is no reason to doubt its word, and none to believe that it was done.
        let missing = missing(from: state).filter { !isAccepted || $0.isCertain }
        guard missing.isEmpty else {
            let fields = missing.map { shown($0, on: host).field }.joined(separator: ", ")
            guard isAccepted else {
                return coming(
                    watch, reading, doubtOfFile(state) ?? "the new value of \(fields) is not there yet")
            }
            let what = "the PBX shows another value of \(fields)\(reason(by: state))"
            return .over(failedVerify(watch, reading, what))
        }
        var outcome = watch.answer
        (outcome.status, outcome.errorClass, outcome.error, outcome.errmsg) = (
            .ok, nil, "", isAccepted ? outcome.errmsg : ""
        )
        outcome.errcode = isAccepted ? watch.answer.errcode : nil
        return .over(verified(outcome, by: state, on: host))
    }

    /// The outcome of a row that is ok, with whether each value of the edit was seen, and if not, why.
    func verified(_ outcome: Outcome, by state: CertificateState, on host: HostSession) -> Outcome {
        let untold = job.edit.changes(to: state).map(\.column.name).reduce(into: [String]()) { columns, column in
            if columns.last != column { columns.append(column) }
        }
        let doubt =
            untold.isEmpty ? doubtOfFile(state) : "the PBX does not tell \(untold.joined(separator: ", "))"
        var outcome = outcome
        outcome.error = doubt.map { "not verified: \($0)" } ?? ""
        outcome.reading = Reading(isVerified: doubt == nil, certificates: [shown(state, on: host)])
        return outcome
    }

    /// Why the edit cannot do what it should, in brackets; empty when nobody knows.
    private func reason(by state: CertificateState) -> String {
        let doubts = job.edit.doubts(about: state)
        return doubts.isEmpty ? "" : " (\(doubts.joined(separator: "; ")))"
    }

    private func coming(_ watch: Watch, _ reading: Reading, _ state: String) -> Progress {
        var outcome = watch.unfinished("after \(DurationText(policy.verifyTimeout)) \(state)")
        outcome.reading = reading
        return .coming(outcome)
    }

    private func failedVerify(_ watch: Watch, _ reading: Reading, _ what: String) -> Outcome {
        var outcome = watch.answer
        outcome.status = .failed
        outcome.errorClass = .verify
        outcome.error = "the edit was accepted, but \(what)"
        outcome.reading = reading
        return outcome
    }
}

/// What may be shown of a certificate: a PBX may write what it was given into any text.
extension RowProcedure {
    /// Takes note of the secrets that the PBX told of a certificate.
    mutating func learn(_ state: CertificateState) {
        secrets += state.secrets.filter { !secrets.contains($0) }
    }

    private func shown(
        _ state: CertificateState, on host: HostSession, keepsSecrets: Bool = false
    ) -> CertificateState {
        let told = state
        var state = told
        state.name = shown(state.name, on: host)
        state.issueTo = shown(state.issueTo, on: host)
        state.expiration = shown(state.expiration, on: host)
        state.dnsProvider = shown(state.dnsProvider, on: host)
        state.tipCode = shown(state.tipCode, on: host)
        state.told = told.texts(otherThanIn: state)
        if !keepsSecrets { state.authInfo = nil }
        return state
    }

    private func shown(_ change: FieldChange, on host: HostSession) -> FieldChange {
        var change = change
        change.old = shown(change.old, on: host)
        // The name of what the edit takes away came from the PBX.
        if change.new == nil { change.field = host.shown(change.field, without: secrets) }
        return change
    }

    private func shown(_ text: String?, on host: HostSession) -> String? {
        text.map { host.shown($0, without: secrets) }
    }
}

extension CertificateState {
    /// The texts that another state does not have to the byte, by their column.
    fileprivate func texts(otherThanIn other: CertificateState) -> [String: Secret] {
        let pairs = [
            ("name", name, other.name), ("issue_to", issueTo, other.issueTo),
            ("dns_provider", dnsProvider, other.dnsProvider),
        ]
        return pairs.reduce(into: [:]) { texts, pair in
            let (column, text, shown) = pair
            if let text, !text.utf8.elementsEqual((shown ?? "").utf8) { texts[column] = Secret(text) }
        }
    }
}
