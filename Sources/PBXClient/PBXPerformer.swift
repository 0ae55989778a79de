package import Platform
package import HTTPTransport
package import FleetModel

/// Carries out rows against PBXs: logs in, edits, renews, revokes. Confined to the worker that made it.
///
/// Every method blocks for at most one request.
package final class PBXPerformer: JobPerformer {
    let transport: HTTPTransport
    let sessions: SessionStore
    let clock: any RunClock
    /// How long before its end a token is renewed: no request may still be in flight when it expires.
    let renewalMargin: Duration

    /// - Parameters:
    ///   - settings: how requests connect and what they trust.
    ///   - sessions: what all workers of the run share.
    ///   - clock: what tokens and dates are held against.
    /// - Throws: `ToolError` when the settings cannot be used.
    package init(
        transport settings: TransportSettings, sessions: SessionStore, clock: any RunClock
    ) throws(ToolError) {
        transport = try HTTPTransport(settings)
        self.sessions = sessions
        self.clock = clock
        renewalMargin = settings.timeout + .seconds(60)
    }

    package func step(
        _ job: Job, after progress: RowProgress, by deadline: Duration?, willSend: () throws -> Void
    ) throws -> StepReport {
        let (credentials, now) = (job.credentials, clock.now())
        switch sessions.withAccess(to: job.address.host, { $0.nextMove(for: credentials, at: now) }) {
        case .edit(let token):
            return try edit(job, with: token, after: progress, within: rest(until: deadline), willSend)
        case .logIn(let id, let secret):
            let login = PBXCall(
                act: .login(id: id, secret: secret), base: BaseURL(job.address), pin: job.tlsPin)
            return logIn(job, login, after: progress, within: rest(until: deadline))
        case .revoke(let session):
            return revoke(session, before: job, after: progress, within: rest(until: deadline))
        case .skip(let reason):
            let outcome = Outcome(status: .skipped, errorClass: .hostStopped, error: reason)
            return report(.done(outcome), on: job, latency: nil)
        }
    }

    package func close(_ host: HostKey, within limit: Duration?) -> CloseReport? {
        guard let session = sessions.withAccess(to: host, { $0.session }) else { return nil }
        let exchange = transport.send(session.revocation(within: limit))
        let reply = Reply(exchange, at: clock.wallTime())
        if !reply.isTemporary { sessions.withAccess(to: host) { $0.end(session.token) } }
        return CloseReport(
            latency: exchange.latency, isOver: !reply.isTemporary, pause: reply.pause)
    }

    /// What is left until a deadline.
    private func rest(until deadline: Duration?) -> Duration? { deadline.map { $0 - clock.now() } }

    private func revoke(
        _ session: Session, before job: Job, after progress: RowProgress, within limit: Duration?
    ) -> StepReport {
        let exchange = transport.send(session.revocation(within: limit))
        let reply = Reply(exchange, at: clock.wallTime())
        let isWorthAnotherTry =
            switch reply.kind {
            case .notConnected: true
            // Once more, so that there are not two live tokens; a PBX that never does this is not worth the row.
            case .lost, .errcode, .unreadable: reply.isTemporary && progress.otherRetries == 0
            }
        if isWorthAnotherTry {
            let outcome = weigh(reply.preparationOutcome("logout", on: job.address.host), after: progress)
            return report(verdict(on: reply, outcome), on: job, latency: exchange.latency)
        }
        sessions.withAccess(to: job.address.host) { $0.end(session.token) }
        return report(.proceed, on: job, latency: exchange.latency)
    }
}

/// What the acts of a step share.
extension PBXPerformer {
    func verdict(on reply: Reply, _ outcome: Outcome) -> StepReport.Verdict {
        reply.isTemporary ? .retry(outcome, pause: reply.pause) : .done(outcome)
    }

    /// Takes into account what became of the row's earlier edit requests: when one may have been carried out, the row
    /// does not become `failed` because a later one was not, unless the PBX refused the edit itself.
    func weigh(_ outcome: Outcome, after progress: RowProgress) -> Outcome {
        guard progress.isDoubtful else { return outcome }
        return outcome.weighed(against: "an edit request sent before may have been carried out")
    }

    func report(
        _ verdict: StepReport.Verdict, on job: Job, latency: Duration?, isEdit: Bool = false, edits: Int = 0,
        isDoubtful: Bool = false, renewals: Int = 0
    ) -> StepReport {
        let isSessionOpen = sessions.withAccess(to: job.address.host) { $0.session != nil }
        return StepReport(
            verdict, latency: latency, isEdit: isEdit, edits: edits, isDoubtful: isDoubtful, renewals: renewals,
            isSessionOpen: isSessionOpen)
    }
}

extension Session {
    fileprivate func revocation(within limit: Duration?) -> HTTPRequest {
        PBXCall(act: .logout(token: token), base: BaseURL(address), pin: pin).request(timeout: limit)
    }
}
