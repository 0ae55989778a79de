package import FleetModel
import Pacing

/// What one row needs, from its first call to its outcome: a reply and the time go in, the next move comes out. A pure
/// value; time and randomness are arguments. What is sent next for a row is decided here, as long as its run goes on:
/// ``nextCall(on:at:)`` by the ``Stage`` that the row is at, ``verdict(on:to:madeAt:_:at:)`` by what came back, and
/// ``move(by:on:_:at:using:)`` whether what failed is made again. Whom they ask tells facts: ``HostSession`` which session
/// there is, ``HostCertificates`` what is known and what can be read by one call, `RowFinding.swift` what a certificate
/// shows, ``Reply`` what came back.
///
/// Before a call that needs a token comes whatever brings one: a logout when the session at hand is not the row's or soon
/// over, then a login; whether one that failed is repeated is ``HostSession``'s to say. The certificate is read first where
/// ``ReadingPolicy/reads(hasFile:isInDoubt:)`` says so. A file is sent next, unless the PBX has it from another row. The
/// edit follows, unless what was read makes it needless. An expired token (errcode 10004) is renewed once per row, one of
/// the user's own never. What may fare better is tried again after a pause (``Reply/isTemporary``): not connected, unless
/// the key is not trusted; lost; answered before the body had left; HTTP 429 and 5xx without an errcode; errcodes -2 and
/// 70082.
///
/// An edit that was sent and brought no word (lost, or answered without an errcode by another status than 3xx and 4xx) is
/// read back, where the PBX lets anybody read, before it is sent again or called unknown, and one that was answered 2 is read
/// back and never sent again: a row whose values are there is ok, with `--verify` once it is issued. What else was in doubt
/// stays unknown until the PBX's own word on the edit settles it.
package struct RowProcedure: Sendable {
    /// What is to happen next.
    package enum Move: Sendable {
        /// The next request of the row; it can leave at once.
        case call(PBXCall)
        /// Nothing before this time on the run's clock; then ask again. ``RowProcedure/fallback`` is the row's outcome if
        /// nobody does, as when its request was cut.
        case wait(until: Duration)
        /// The row is done.
        case done(Outcome)
        /// The row is done and its host must not be spoken to again; the reason is one clause, like `login failed`.
        case stopHost(Outcome, reason: String)
    }

    /// What the row's next call is for, once there is a token.
    enum Stage {
        /// The PBX's key.
        case handshake
        /// All certificates of the PBX, to find the row's among them.
        case find
        /// All certificates of the PBX.
        case list
        /// The certificate before the edit.
        case read
        /// The file that the edit is to name.
        case upload
        case edit
        /// What became of an edit that brought no word. Whether it is sent again when its values are not there.
        case settle(sendsAgain: Bool)
        /// The certificate after the edit, until the PBX is done with it.
        case watch(Watch)
    }

    /// The row; from when its certificate is found on, with its id.
    var job: Job
    let policy: ReadingPolicy
    private(set) var stage: Stage
    /// What the PBX says that the edit replaces; nil when nobody asked.
    var replaced: CertificateState?
    /// What the edit changes of it, free of secrets.
    var changes: [FieldChange] = []
    /// Every secret of the row that a PBX may know, and those that it told of the certificate.
    var secrets: [Secret]
    /// The call whose reply is awaited, and when it was made.
    private var underWay: (call: PBXCall, since: Duration)?
    /// Edit requests of which the body may have left.
    private(set) var edits = 0
    /// Whether one of them may have been carried out although no answer says so.
    private(set) var isDoubtful = false
    /// Tries beyond the first of the edit.
    private var editRetries = 0
    /// Tries beyond the first of the call that is needed next and is no edit.
    private var otherRetries = 0
    private var hasRenewed = false
    /// What the row is if the call that failed is not made again; nil when none is to be made again.
    private(set) var failed: Outcome?
    /// When the host wants to be spoken to again after the row's last try; nil when it did not say.
    private(set) var quietUntil: Duration?

    /// - Parameters:
    ///   - job: the row.
    ///   - policy: what is read, and what follows from it.
    package init(_ job: Job, reading policy: ReadingPolicy = ReadingPolicy()) {
        self.job = job
        self.policy = policy
        secrets = job.secrets
        stage =
            switch policy.aim {
            case .pins: .handshake
            case .list: .list
            case .edit, .plan: job.isFound ? .read : .find
            }
        if case .read = stage { beginReading() }
    }

    /// Goes on to what comes first once the certificate is known.
    private mutating func beginReading() {
        if policy.reads(hasFile: job.edit.file != nil, isInDoubt: job.isInDoubt) { stage = .read } else { beginEdit() }
    }

    /// Goes on to the edit, or to what must come before it: the file that it names, unless the PBX has that by a name.
    private mutating func beginEdit(naming file: String? = nil) {
        if let file { job = job.uploaded(as: file) }
        stage = job.edit.file != nil && job.edit.name == nil ? .upload : .edit
    }

    /// Whether the next call is made because an earlier one failed, and is not to find out what became of that.
    var isRetry: Bool { if case .settle = stage { false } else { failed != nil } }

    /// Takes what the last call came to and tells what comes next.
    ///
    /// - Parameters:
    ///   - reply: the reply to the last ``Move/call(_:)``; nil to begin, after a wait, and to ask again what is to be called
    ///     because time has passed since.
    ///   - host: what is known of the row's PBX; the same value for all rows of the host, one after the other.
    ///   - now: on the run's clock.
    ///   - generator: where the jitter of pauses comes from.
    package mutating func next(
        _ reply: Reply?, on host: inout HostSession, at now: Duration, using generator: inout some RandomNumberGenerator
    ) -> Move {
        if let reply, let (call, since) = underWay {
            underWay = nil
            let verdict = verdict(on: reply, to: call, madeAt: since, &host, at: now)
            if let move = move(by: verdict, on: reply, host.retry, at: now, using: &generator) { return move }
        }
        return nextCall(on: &host, at: now)
    }
}

/// What is sent next.
extension RowProcedure {
    private mutating func nextCall(on host: inout HostSession, at now: Duration) -> Move {
        if case .handshake = stage {
            guard job.address.scheme == .https else {
                return .done(
                    Outcome(status: .failed, errorClass: .tls, error: "http has no key: name the PBX by https"))
            }
            return call(.handshake, pin: PBXCall.impossiblePin, on: &host, at: now)
        }
        if let reason = host.refusal(of: job.credentials) {
            return .done(weigh(Outcome(status: .skipped, errorClass: .hostStopped, error: reason)))
        }
        if let move = moveWithoutCall(on: &host, at: now) { return move }
        switch job.credentials {
        case .token(let token): return call(nextAct(with: token, on: &host), pin: job.tlsPin, on: &host, at: now)
        case .client(let id, let secret):
            guard let held = host.token(at: now) else {
                return call(.login(id: id, secret: secret), pin: job.tlsPin, on: &host, at: now)
            }
            if held.serves(job.credentials, at: now) {
                return call(nextAct(with: held.secret, on: &host), pin: job.tlsPin, on: &host, at: now)
            }
            underWay = (held.logout, now)
            return .call(held.logout)
        }
    }

    private mutating func call(
        _ act: PBXCall.Act, pin: String?, on host: inout HostSession, at now: Duration
    ) -> Move {
        let call = PBXCall(act: act, base: host.base(of: job.address), pin: pin)
        underWay = (call, now)
        return .call(call)
    }

    private func nextAct(with token: Secret, on host: inout HostSession) -> PBXCall.Act {
        switch stage {
        case .handshake: return .handshake
        case .find, .list: return .certificate(.list(page: host.certificates.page), token: token)
        case .upload:
            guard let upload else { preconditionFailure("only a row with a file has one sent") }
            return .certificate(.upload(upload.file, upload.purpose), token: token)
        case .edit: return .certificate(.edit(job.edit), token: token)
        case .settle, .watch: return .certificate(.get(id: job.edit.id), token: token)
        case .read:
            if case .unknown(let ids) = host.certificates.need(job.edit.id), ids.count > 1 {
                return .certificate(.query(ids: ids), token: token)
            }
            return .certificate(.get(id: job.edit.id), token: token)
        }
    }

    /// Goes on as far as what is known of the PBX already allows; nil when a call is needed.
    private mutating func moveWithoutCall(on host: inout HostSession, at now: Duration) -> Move? {
        if case .find = stage {
            switch host.certificates.match(of: job) {
            case .unknown: return nil
            case .none(let outcome): return .done(outcome)
            case .certificate(let id):
                job = job.found(id: id)
                beginReading()
            }
        }
        if case .read = stage {
            switch host.certificates.need(job.edit.id) {
            case .unknown: return nil
            case .known(let state):
                host.certificates.forget(job.edit.id)
                switch after(state, on: host, at: now) {
                case .later(let time): return .wait(until: time)
                case .done(let outcome): return .done(weigh(outcome))
                default: break
                }
            case .refused(let outcome):
                if let outcome = goOnUnread(outcome) { return .done(weigh(outcome)) }
            }
        }
        if case .upload = stage, let name = upload.flatMap(host.name) { beginEdit(naming: name) }
        return nil
    }
}

/// What is read before an edit.
extension ReadingPolicy {
    /// Whether a certificate is read before each edit, so that one which cannot be read is not edited.
    package var readsFirst: Bool { aim == .plan || skipsUnchanged || isForUndo || verifies }

    /// Whether a row's certificate is read before its edit: where ``readsFirst`` says so, for what its file is to be sent
    /// as, and where an earlier run may have made the edit.
    package func reads(hasFile: Bool, isInDoubt: Bool) -> Bool { readsFirst || hasFile || isInDoubt }
}

/// What each kind of reply means for the row.
extension RowProcedure {
    enum Verdict {
        /// The row goes on with its next call.
        case goOn
        /// The edit is sent again, because what was lost is not there.
        case sendAgain
        /// Once more, or the row ends with this outcome when there is no retry left, and its host too if that is said.
        case retry(Outcome, ofEdit: Bool = false, orStopHost: Bool = false)
        /// Whether the edit was made has to be found out; it is sent again, if there is a retry left and that may help.
        case settle(Outcome, maySendAgain: Bool)
        /// The row goes on with its next call at this time.
        case later(Duration)
        case done(Outcome)
        case stopHost(Outcome)
    }

    private mutating func verdict(
        on reply: Reply, to call: PBXCall, madeAt start: Duration, _ host: inout HostSession, at now: Duration
    ) -> Verdict {
        if reply.isCut {
            guard call.isEdit, reply.mayHaveArrived else { return .later(now) }
            edits += 1
            return .done(reply.outcomeOfCutEdit)
        }
        switch call.act {
        case .handshake:
            if let key = reply.serverKey { return .done(Outcome(status: .ok, reading: Reading(serverKey: key))) }
            let outcome = reply.preparationOutcome("TLS handshake", on: job.address.host)
            return reply.isTemporary ? .retry(outcome) : .done(outcome)
        case .login: return afterLogin(call, madeAt: start, reply, on: &host)
        case .logout(let token): return afterLogout(of: token, reply, on: &host)
        case .certificate(let act, let token): return verdict(on: reply, to: act, with: token, &host, at: now)
        }
    }

    private mutating func verdict(
        on reply: Reply, to act: PBXCall.CertificateAct, with token: Secret, _ host: inout HostSession, at now: Duration
    ) -> Verdict {
        host.used(token)
        let errmsg = host.redact(reply.errmsg, without: secrets + [token])
        let outcome = reply.outcome(of: act, on: job.address.host, errmsg: errmsg)
        if case .edit = act, reply.mayHaveArrived {
            edits += 1
            isDoubtful = isDoubtful || outcome.status == .unknown
        }
        if reply.errcode == .tokenExpired {
            defer { hasRenewed = true }
            if host.renews(token, of: job.credentials, isFirst: !hasRenewed) { return .goOn }
            return afterLastExpiry(act, outcome, on: &host)
        }
        if reply.errcode?.stopsHost == true { return .stopHost(outcome) }
        switch act {
        case .edit: return afterEdit(reply, outcome, on: host, at: now)
        case .upload(let file, let purpose):
            switch name(given: Upload(file: file, purpose: purpose), by: reply, with: token, on: &host) {
            case .success(let name): beginEdit(naming: name)
            case .failure(.ambiguous(let outcome)): return .done(outcome)
            case .failure(.none): return reply.isTemporary ? .retry(outcome) : .done(outcome)
            }
            return .goOn
        case .list: return afterPage(reply, outcome, on: &host)
        case .query(let ids):
            if reply.isTemporary { return .retry(outcome) }
            let states = reply.certificates?.list
            host.keep(states ?? [])
            host.certificates.note(states, of: ids)
            return .goOn
        case .get:
            guard let state = reply.certificate, state.id == job.edit.id else {
                return unread(outcome, reply, on: &host, at: now)
            }
            host.keep([state])
            return after(state, on: host, at: now)
        }
    }

    private mutating func afterLogin(
        _ call: PBXCall, madeAt start: Duration, _ reply: Reply, on host: inout HostSession
    ) -> Verdict {
        if host.begin(by: call, of: job.credentials, madeAt: start, reply) { return .goOn }
        let outcome = reply.preparationOutcome(
            "login", on: job.address.host, errmsg: host.redact(reply.errmsg, without: secrets))
        return switch host.noteFailedLogin(with: job.credentials, reply, outcome.error) {
        case .mayBeRepeated: .retry(outcome)
        case .mayBeRepeatedOnce: .retry(outcome, orStopHost: true)
        case .isFinal: .done(outcome)
        case .stopsHost: .stopHost(outcome)
        }
    }

    private func afterLogout(of token: Secret, _ reply: Reply, on host: inout HostSession) -> Verdict {
        let outcome = reply.preparationOutcome("logout", \.generalAdvice, on: job.address.host)
        guard reply.mayHaveArrived else { return reply.isTemporary ? .retry(outcome) : .done(outcome) }
        if reply.errcode?.stopsHost == true {
            host.end(token)
            return .stopHost(outcome)
        }
        // Once more, so that there are not two live tokens; a PBX that never does this is not worth the row.
        if reply.isTemporary, otherRetries == 0, host.retry.retries > 0 { return .retry(outcome) }
        host.end(token)
        return .goOn
    }

    /// The row of a call whose token expired again; the host's next rows do not make a call again that reads for them all.
    private func afterLastExpiry(
        _ act: PBXCall.CertificateAct, _ outcome: Outcome, on host: inout HostSession
    ) -> Verdict {
        switch act {
        case .query(let ids): host.certificates.note(nil, of: ids)
        case .list: host.certificates.refuseList(outcome)
        case .get, .upload, .edit: break
        }
        return .done(outcome)
    }

    private mutating func afterEdit(
        _ reply: Reply, _ outcome: Outcome, on host: HostSession, at now: Duration
    ) -> Verdict {
        let isUnclear = outcome.status == .unknown && host.certificates.refusal == nil
        if isUnclear, reply.errcode == nil { return .settle(outcome, maySendAgain: reply.isTemporary) }
        if isUnclear && reply.errcode == .processing || outcome.status == .ok && policy.verifies {
            stage = .watch(Watch(answer: outcome, since: now))
            return .goOn
        }
        return reply.isTemporary ? .retry(outcome, ofEdit: true) : .done(outcome)
    }

    private mutating func afterPage(_ reply: Reply, _ outcome: Outcome, on host: inout HostSession) -> Verdict {
        guard let page = reply.certificates else {
            if reply.isTemporary { return .retry(outcome) }
            host.certificates.refuseList(outcome)
            return .done(outcome)
        }
        host.certificates.note(page: page.list, of: page.total)
        guard case .list = stage, let list = host.certificates.list else { return .goOn }
        return .done(listed(list, reply, on: host))
    }

    /// What a certificate that was read means, by what it was read for.
    private mutating func after(_ state: CertificateState, on host: HostSession, at now: Duration) -> Verdict {
        learn(state)
        switch stage {
        case .watch(let watch): return watched(state, watch, on: host, at: now)
        case .settle(let sendsAgain):
            guard let lack = lack(in: state) else { return made(in: state, on: host, at: now) }
            if sendsAgain { return .sendAgain }
            var outcome = failed ?? Outcome(status: .unknown)
            outcome.error += "; it was read back, and \(lack)"
            return .done(outcome)
        case .handshake, .find, .list, .upload, .edit, .read: break
        }
        if let outcome = refusal(by: state) { return .done(outcome) }
        if job.isInDoubt, isMade(in: state) { return made(in: state, on: host, at: now) }
        let isChange = compare(with: state, on: host)
        if policy.aim == .plan || policy.skipsUnchanged && !isChange {
            return .done(compared(with: state, isChange, on: host))
        }
        beginEdit()
        return .goOn
    }

    /// An edit that an earlier request made: its values are there.
    private mutating func made(in state: CertificateState, on host: HostSession, at now: Duration) -> Verdict {
        let outcome = Outcome(status: .ok)
        if policy.verifies { return watched(state, Watch(answer: outcome, since: now), on: host, at: now) }
        return .done(verified(outcome, by: state, on: host))
    }

    private mutating func watched(
        _ state: CertificateState, _ watch: Watch, on host: HostSession, at now: Duration
    ) -> Verdict {
        switch progress(of: watch, in: state, untilIssued: policy.verifies, on: host) {
        case .over(let outcome): return .done(outcome)
        case .coming(let outcome):
            stage = .watch(watch)
            return lookAgain(at: watch, now).map(Verdict.later) ?? .done(outcome)
        }
    }

    /// When the certificate is looked at again; nil when the time for that is over.
    private func lookAgain(at watch: Watch, _ now: Duration) -> Duration? {
        WatchPace.pause(since: watch.since, at: now, timeout: policy.verifyTimeout).map { now + $0 }
    }

    /// The same when it could not be read, as the outcome tells.
    private mutating func unread(
        _ outcome: Outcome, _ reply: Reply, on host: inout HostSession, at now: Duration
    ) -> Verdict {
        if reply.errcode?.forbidsReading == true { host.certificates.refuse(outcome) }
        switch stage {
        case .watch(let watch):
            if reply.isTemporary, let time = lookAgain(at: watch, now) { return .later(time) }
            return .done(watch.unfinished("it could not be read back: \(outcome.error)"))
        case .settle(sendsAgain: true):
            return reply.isTemporary ? .settle(failed ?? outcome, maySendAgain: true) : .sendAgain
        case .settle(sendsAgain: false): return .done(failed ?? outcome)
        case .handshake, .find, .list, .read, .upload, .edit:
            return reply.isTemporary ? .retry(outcome) : goOnUnread(outcome).map(Verdict.done) ?? .goOn
        }
    }

    /// Goes on to the edit of a certificate that cannot be read, or returns what the row comes to where it must be.
    private mutating func goOnUnread(_ outcome: Outcome) -> Outcome? {
        if policy.readsFirst { return outcome }
        beginEdit()
        return nil
    }

    /// - Returns: nil when the row goes on at once.
    private mutating func move(
        by verdict: Verdict, on reply: Reply, _ retries: RetryPolicy, at now: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> Move? {
        switch verdict {
        case .goOn:
            otherRetries = 0
            if case .settle = stage { return nil }
            failed = nil
            return nil
        case .sendAgain: stage = .edit
        case .later(let time): return .wait(until: time)
        case .done(let outcome): return .done(weigh(outcome))
        case .stopHost(let outcome): return .stopHost(weigh(outcome), reason: outcome.error)
        case .settle(let outcome, let maySendAgain):
            return settle(outcome, maySendAgain, on: reply, retries, at: now, using: &generator)
        case .retry(let outcome, let isEdit, let stopsHost):
            let retry = countRetry(ofEdit: isEdit)
            if let delay = retries.delay(beforeRetry: retry, pause: reply.pause, using: &generator) {
                failed = weigh(outcome)
                return .wait(until: now + delay)
            }
            quietUntil = reply.pause.map { now + retries.granted($0) }
            let end = weigh(outcome)
            return stopsHost ? .stopHost(end, reason: outcome.error) : .done(end)
        }
        return nil
    }

    /// Lets the certificate be read after the pause that comes before a retry, or at once when there is none.
    private mutating func settle(
        _ outcome: Outcome, _ maySendAgain: Bool, on reply: Reply, _ retries: RetryPolicy, at now: Duration,
        using generator: inout some RandomNumberGenerator
    ) -> Move? {
        failed = weigh(outcome)
        let retry = maySendAgain ? countRetry(ofEdit: true) : .max
        let delay = retries.delay(beforeRetry: retry, pause: reply.pause, using: &generator)
        stage = .settle(sendsAgain: delay != nil)
        let pause = delay ?? retries.granted(reply.pause)
        return pause > .zero || delay != nil ? .wait(until: now + pause) : nil
    }

    /// A login that succeeds in between does not give an edit its tries back: it may be needed before each of them.
    ///
    /// - Returns: which try beyond the first it will be, from 1.
    private mutating func countRetry(ofEdit isEdit: Bool) -> Int {
        if isEdit { editRetries += 1 } else { otherRetries += 1 }
        return isEdit ? editRetries : otherRetries
    }
}

/// What the row is when nothing more is found out.
extension RowProcedure {
    /// What the row is when no more calls are made for it although it is not done; nil when it is as if it had never been
    /// begun.
    var fallback: Outcome? {
        if case .watch(let watch) = stage {
            return weigh(watch.unfinished("the run ended before it was seen to be done"))
        }
        if let failed { return failed }
        guard edits > 0 else { return nil }
        return Outcome(
            status: isDoubtful ? .unknown : .notAttempted, errorClass: .runStopped,
            error: "the run ended before the edit could be sent again with a new token", attempts: edits)
    }

    /// Takes into account what became of the row's earlier edit requests.
    private func weigh(_ outcome: Outcome) -> Outcome {
        let doubt = "an edit request sent before may have been carried out"
        var outcome = outcome
        if case .watch(let watch) = stage, !outcome.status.isGood, outcome.status != .unknown, !outcome.settlesDoubt {
            // What keeps the certificate from being read back says nothing about the edit.
            outcome = watch.unfinished("it could not be read back: \(outcome.error)")
        }
        if isDoubtful { outcome = outcome.weighed(against: doubt) }
        outcome.attempts = edits
        return outcome
    }
}
