import Platform
import HTTPTransport
import FleetModel

extension PBXPerformer {
    /// Sends the row's edit.
    ///
    /// - Throws: what `willSend` throws; nothing was sent then.
    func edit(
        _ job: Job, with token: Secret, after progress: RowProgress, within limit: Duration?,
        _ willSend: () throws -> Void
    ) throws -> StepReport {
        let exchange = try send(
            PBXCall(act: .edit(job.edit, token: token), base: BaseURL(job.address), pin: job.tlsPin)
                .request(timeout: limit), isFirst: progress.edits == 0, willSend)
        let reply = Reply(exchange, at: clock.wallTime())
        if reply.errcode == .tokenExpired {
            giveUp(token, of: job)
            if job.isClient, progress.renewals == 0 {
                return report(.proceed, on: job, latency: exchange.latency, isEdit: true, edits: 1, renewals: 1)
            }
        }
        let errmsg = sessions.clean(reply.errmsg, from: job.address.host, without: [token] + job.secrets)
        let outcome = weigh(reply.editOutcome(on: job.address.host, errmsg: errmsg), after: progress)
        if case .notConnected = reply.kind {
            return report(verdict(on: reply, outcome), on: job, latency: exchange.latency, isEdit: true)
        }
        return report(
            editVerdict(on: reply, outcome), on: job, latency: exchange.latency, isEdit: true, edits: 1,
            isDoubtful: outcome.status == .unknown)
    }

    /// Sends an edit request, the first one of a row only once it is noted. It is noted when the connection stands: a row
    /// whose PBX cannot be reached was never about to be sent.
    private func send(
        _ request: HTTPRequest, isFirst: Bool, _ willSend: () throws -> Void
    ) throws -> HTTPExchange {
        guard isFirst else { return transport.send(request) }
        var failure: (any Error)?
        let exchange = transport.send(request) {
            do {
                try willSend()
                return true
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        return exchange
    }

    /// Forgets a token that the PBX calls expired; a user's own is not used again, because no login brings another.
    private func giveUp(_ token: Secret, of job: Job) {
        let reason = "not sent: in an earlier row the PBX called this access_token expired"
        sessions.withAccess(to: job.address.host) { access in
            if job.isClient {
                access.end(token)
            } else {
                access.refuse(job.credentials, because: reason)
            }
        }
    }

    private func editVerdict(on reply: Reply, _ outcome: Outcome) -> StepReport.Verdict {
        if reply.errcode?.stopsHost == true {
            return .stopHost(outcome, reason: outcome.error)
        }
        return verdict(on: reply, outcome)
    }
}

extension Job {
    /// Whether the row logs in for its token.
    fileprivate var isClient: Bool {
        if case .client = credentials { true } else { false }
    }
}
