import HTTPTransport
import JSONText
import JobModel

extension PBXPerformer {
    /// Sends the row's edit.
    func edit(
        _ job: Job, with token: Secret, after progress: RowProgress, within limit: Duration?
    ) -> StepReport {
        let exchange = transport.send(UpdateRequest(job).request(token: token, timeout: limit))
        let reply = Reply(exchange.ending)
        if reply.errcode == PBXErrorCode.tokenExpired.rawValue {
            giveUp(token, of: job)
            if job.isClient, progress.renewals == 0 {
                return report(.proceed, on: job, latency: exchange.latency, isEdit: true, edits: 1, renewals: 1)
            }
        }
        let errmsg = sessions.clean(
            reply.content["errmsg"]?.text ?? "", from: job.address.host, without: [token] + job.secrets)
        let outcome = weigh(reply.editOutcome(errmsg: errmsg), after: progress)
        if case .notConnected = reply.kind {
            return report(verdict(on: reply, outcome), on: job, latency: exchange.latency, isEdit: true)
        }
        return report(
            editVerdict(on: reply, outcome), on: job, latency: exchange.latency, isEdit: true, edits: 1,
            isDoubtful: outcome.status == .unknown)
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
        if let errcode = reply.errcode, PBXErrorCode.stopsHost(errcode) {
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
