import FleetModel
import Pacing

/// What a certificate that was read means for its row: before the edit, after one that brought no word, and until the PBX
/// is done with it.
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

    /// What follows at once from what is known of the certificate already; nil when a call is needed.
    mutating func knownOutcome(on host: inout HostSession, at now: Duration) -> Outcome? {
        if let outcome = find(on: &host) { return outcome }
        guard case .read = stage else { return nil }
        switch host.certificates.need(job.edit.id) {
        case .known(let state):
            host.certificates.forget(job.edit.id)
            learn(state)
            return judge(state, on: host, at: now)
        case .refused(let outcome):
            if policy.readsFirst { return outcome }
            beginEdit()
            return nil
        case .query, .get: return nil
        }
    }

    /// What a connection that ended with the handshake shows.
    func afterHandshake(_ reply: Reply) -> Verdict {
        if let key = reply.serverKey { return .done(Outcome(status: .ok, reading: Reading(serverKey: key))) }
        let outcome = reply.preparationOutcome("TLS handshake", on: job.address.host)
        return reply.isTemporary ? .retry(outcome) : .done(outcome)
    }

    /// What a reply to a call that reads means for the row.
    mutating func afterReading(
        _ act: PBXCall.Act, with token: Secret, _ reply: Reply, on host: inout HostSession, at now: Duration
    ) -> Verdict {
        host.used(token)
        if renews(token, reply, on: &host) { return .goOn }
        let outcome = reply.readingOutcome(
            on: job.address.host, errmsg: host.redact(reply.errmsg, without: secrets + [token]))
        if reply.errcode?.stopsHost == true { return .stopHost(outcome) }
        switch act {
        case .query(let ids, _):
            if reply.isTemporary { return .retry(outcome) }
            let states = reply.certificates?.list
            host.keep(states ?? [])
            host.certificates.note(states, of: ids)
            return .goOn
        case .list: return afterPage(reply, outcome, on: &host)
        default:
            guard let state = reply.certificate, state.id == job.edit.id else {
                return unread(outcome, reply, on: &host, at: now)
            }
            host.keep([state])
            return afterCertificate(state, reply, on: host, at: now)
        }
    }

    /// Finds the row's certificate once all are known, and makes sure that no other row of the host has it.
    ///
    /// - Returns: nil when nothing keeps the row from going on.
    private mutating func find(on host: inout HostSession) -> Outcome? {
        guard case .find = stage, let match = job.match else { return nil }
        if let refusal = host.certificates.listRefusal { return refusal }
        guard let list = host.certificates.list else { return nil }
        if job.isInDoubt, match.isChanged(by: job.edit) {
            return unmatched(
                "an earlier run may have changed what 'match' \(match) goes by: look at the PBX, and name the id")
        }
        guard host.certificates.unlisted == 0 else {
            return unmatched("\(host.certificates.shortfall): nobody knows which one fits 'match'")
        }
        let fitting = list.filter(match.fits)
        guard fitting.count == 1 else {
            return unmatched("\(fitting.count) certificates of the PBX fit 'match' \(match), not 1")
        }
        guard host.certificates.take(fitting[0].id, by: job.position) else {
            return unmatched("certificate \(fitting[0].id), which fits 'match' \(match), is that of another row, too")
        }
        job = job.found(id: fitting[0].id)
        beginReading()
        return nil
    }

    private func unmatched(_ error: String) -> Outcome {
        Outcome(status: .failed, errorClass: .match, error: error)
    }

    private mutating func afterPage(_ reply: Reply, _ outcome: Outcome, on host: inout HostSession) -> Verdict {
        guard let page = reply.certificates else {
            if reply.isTemporary { return .retry(outcome) }
            host.certificates.refuseList(outcome)
            return .done(outcome)
        }
        host.certificates.note(page: page.list, of: page.total)
        guard let list = host.certificates.list, case .list = stage else { return .goOn }
        for state in list { learn(state) }
        let all = list.map { shown($0, on: host, keepsSecrets: true) }
        let reading = Reading(certificates: all)
        guard host.certificates.unlisted == 0 else {
            let error = host.certificates.shortfall
            return .done(
                Outcome(
                    status: .failed, httpStatus: reply.status, errorClass: .protocol, error: error, reading: reading))
        }
        return .done(Outcome(status: .ok, httpStatus: reply.status, reading: reading))
    }

    private mutating func afterCertificate(
        _ state: CertificateState, _ reply: Reply, on host: HostSession, at now: Duration
    ) -> Verdict {
        learn(state)
        switch stage {
        case .handshake, .find, .list, .upload, .edit, .read:
            return judge(state, on: host, at: now).map(Verdict.done) ?? .goOn
        case .settle(let sendsAgain): return settled(by: state, sendsAgain, on: host, at: now)
        case .watch(let watch): return watched(state, watch, on: host, at: now)
        }
    }

    /// The certificate could not be read, as the outcome tells.
    private mutating func unread(
        _ outcome: Outcome, _ reply: Reply, on host: inout HostSession, at now: Duration
    ) -> Verdict {
        if reply.errcode?.forbidsReading == true { host.certificates.refuse(outcome) }
        switch stage {
        case .watch(let watch):
            if reply.isTemporary, let pause = policy.pause(since: watch.since, at: now) { return .later(now + pause) }
            return .done(watch.unfinished("it could not be read back: \(outcome.error)"))
        case .settle(sendsAgain: true):
            return reply.isTemporary ? .settle(failed ?? outcome, maySendAgain: true) : .sendAgain
        case .settle(sendsAgain: false): return .done(failed ?? outcome)
        case .handshake, .find, .list, .read, .upload, .edit:
            if reply.isTemporary { return .retry(outcome) }
            if policy.readsFirst { return .done(outcome) }
            beginEdit()
            return .goOn
        }
    }
}

/// What the values of a certificate mean.
extension RowProcedure {
    /// Before the edit: nil when it is sent.
    private mutating func judge(_ state: CertificateState, on host: HostSession, at now: Duration) -> Outcome? {
        if let outcome = refusal(by: state) { return outcome }
        let changes = job.edit.changes(to: state)
        var reading = Reading(certificates: [shown(state, on: host, keepsSecrets: policy.aim == .plan)])
        if policy.aim == .plan {
            reading.changes = changes.map { shown($0, on: host) }
            reading.doubts = changes.isEmpty ? [] : job.edit.doubts(about: state)
            return Outcome(status: changes.isEmpty ? .noChange : .ok, reading: reading)
        }
        guard changes.isEmpty, job.isInDoubt || policy.skipsUnchanged else {
            replaced = policy.readsFirst || job.edit.file != nil ? state : nil
            if policy.readsFirst { self.changes = changes.map { shown($0, on: host) } }
            beginEdit()
            return nil
        }
        guard job.isInDoubt else {
            reading.isVerified = policy.verifies ? true : nil
            return Outcome(status: .noChange, reading: reading)
        }
        reading.isVerified = true
        let outcome = Outcome(status: .ok, reading: reading)
        guard policy.verifies else { return outcome }
        let verdict = watched(state, Watch(answer: outcome, since: now), on: host, at: now)
        if case .done(let outcome) = verdict { return outcome }
        return nil
    }

    /// After an edit that brought no word.
    private mutating func settled(
        by state: CertificateState, _ sendsAgain: Bool, on host: HostSession, at now: Duration
    ) -> Verdict {
        guard missing(from: state).isEmpty else {
            if sendsAgain { return .sendAgain }
            var outcome = failed ?? Outcome(status: .unknown)
            let what = doubtOfFile(state) ?? "its values are not there\(reason(by: state))"
            outcome.error += "; it was read back, and \(what)"
            return .done(outcome)
        }
        let reading = Reading(isVerified: true, certificates: [shown(state, on: host)])
        let outcome = Outcome(status: .ok, reading: reading)
        guard policy.verifies else { return .done(outcome) }
        return watched(state, Watch(answer: outcome, since: now), on: host, at: now)
    }

    /// Until the PBX is done with the edit.
    private mutating func watched(
        _ state: CertificateState, _ watch: Watch, on host: HostSession, at now: Duration
    ) -> Verdict {
        stage = .watch(watch)
        let reading = Reading(isVerified: false, certificates: [shown(state, on: host)])
        if policy.verifies, state.isBeingIssued { return later(watch, reading, "it is still being issued", at: now) }
        if policy.verifies, state.isNotIssued {
            let code = reading.certificates[0].tipCode.map { ": apply_tip_code \($0)" } ?? ""
            return .done(failedVerify(watch, reading, "the certificate was not issued\(code)"))
        }
        let changes = missing(from: state)
        let isAccepted = watch.answer.status.isGood
        // What the PBX does not tell is no reason to doubt its word, and none to believe that it was done.
        let missing = isAccepted ? changes.filter(\.isCertain) : changes
        guard missing.isEmpty else {
            let fields = missing.map { shown($0, on: host).field }.joined(separator: ", ")
            guard isAccepted else {
                let what = doubtOfFile(state) ?? "the new value of \(fields) is not there yet"
                return later(watch, reading, what, at: now)
            }
            let what = "the PBX shows another value of \(fields)\(reason(by: state))"
            return .done(failedVerify(watch, reading, what))
        }
        var outcome = watch.answer
        (outcome.status, outcome.errorClass, outcome.error, outcome.errmsg) = (
            .ok, nil, "", isAccepted ? outcome.errmsg : ""
        )
        outcome.errcode = isAccepted ? watch.answer.errcode : nil
        outcome.reading = reading
        // A PBX that tells nothing of what the edit set has shown nothing.
        let toldNothing = changes == job.edit.changes(to: CertificateState(id: state.id))
        let doubt = doubtOfFile(state) ?? (toldNothing ? "the PBX tells nothing of what the edit set" : nil)
        outcome.reading?.isVerified = doubt == nil
        outcome.error = doubt.map { "not verified: \($0)" } ?? ""
        return .done(outcome)
    }

    /// Why the edit cannot do what it should, in brackets; empty when nobody knows.
    private func reason(by state: CertificateState) -> String {
        let doubts = job.edit.doubts(about: state)
        return doubts.isEmpty ? "" : " (\(doubts.joined(separator: "; ")))"
    }

    private func later(_ watch: Watch, _ reading: Reading, _ state: String, at now: Duration) -> Verdict {
        if let pause = policy.pause(since: watch.since, at: now) { return .later(now + pause) }
        var outcome = watch.unfinished("after \(DurationText(policy.verifyTimeout)) \(state)")
        outcome.reading = reading
        return .done(outcome)
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
    private mutating func learn(_ state: CertificateState) {
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
        state.altered = told.columns(otherThanIn: state)
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
    /// The columns of texts that another state does not have to the byte.
    fileprivate func columns(otherThanIn other: CertificateState) -> [String] {
        [
            ("name", name, other.name), ("issue_to", issueTo, other.issueTo),
            ("dns_provider", dnsProvider, other.dnsProvider),
        ].filter { _, text, shown in !(text ?? "").utf8.elementsEqual((shown ?? "").utf8) }.map(\.0)
    }
}

extension PBXErrorCode {
    /// Whether a PBX that answers this to a call that reads answers it to all of them.
    fileprivate var forbidsReading: Bool { self == .interfaceNotExisted || self == .operationFailed }
}
