import Platform
import HTTPTransport
import JSONText
import FleetModel

extension PBXPerformer {
    /// Logs in for a row. The row goes on when that succeeds, or fails with it.
    func logIn(
        _ job: Job, _ login: PBXCall, after progress: RowProgress, within limit: Duration?
    ) -> StepReport {
        let start = clock.now()
        let exchange = transport.send(login.request(timeout: limit))
        let reply = Reply(exchange, at: clock.wallTime())
        if let token = reply.token {
            let session = Session(
                token, for: job, from: start, lifetime: reply.tokenLifetime, margin: renewalMargin)
            sessions.withAccess(to: job.address.host) { $0.begin(session) }
            sessions.note([token], of: job.address.host)
            return report(.proceed, on: job, latency: exchange.latency)
        }
        let errmsg = sessions.clean(reply.errmsg, from: job.address.host, without: job.secrets)
        let outcome = weigh(reply.preparationOutcome("login", on: job.address.host, errmsg: errmsg), after: progress)
        let isRefused = reply.isAnswer && !reply.isTemporary
        let verdict = isRefused ? refuse(job, reply, outcome) : verdict(on: reply, outcome)
        var report = report(verdict, on: job, latency: exchange.latency)
        // The PBX may have counted it, and blocks the caller after five; only what never reached it is harmless.
        if reply.mayHaveArrived { report.finalReason = outcome.error }
        return report
    }

    /// Remembers that a login failed, so that it is never repeated: a PBX blocks the caller after five of them.
    private func refuse(_ job: Job, _ reply: Reply, _ outcome: Outcome) -> StepReport.Verdict {
        let reason = "not sent: in an earlier row with these credentials \(outcome.error)"
        let failedLogins = sessions.withAccess(to: job.address.host) { access in
            access.refuse(job.credentials, because: reason)
            return access.failedLogins
        }
        let isHopeless = reply.errcode?.stopsHostAtLogin == true
        return isHopeless || failedLogins > 1 ? .stopHost(outcome, reason: outcome.error) : .done(outcome)
    }
}

extension Reply {
    /// Bytes beyond which a text is no token: it would fit into no URL.
    private static let longestToken = 8192

    /// The token of a login that succeeded.
    fileprivate var token: Secret? {
        guard errcode == .success, let text = content["access_token"]?.text,
            (1...Self.longestToken).contains(text.utf8.count)
        else { return nil }
        return Secret(text)
    }

    /// How long the token is good; what the guides promise when the answer does not say.
    fileprivate var tokenLifetime: Duration {
        let value = content["access_token_expire_time"]
        let seconds = value?.integer ?? value?.text.flatMap { Int64($0) } ?? 0
        return (1...86_400).contains(seconds) ? .seconds(seconds) : .seconds(1800)
    }
}
