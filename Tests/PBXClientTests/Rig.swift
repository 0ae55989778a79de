import HTTPTransport
import FleetModel
import PBXClient
import TestSupport

/// A performer, and a scripted server as its PBX.
struct Rig {
    let server: ScriptedServer
    let clock = ManualClock()
    let performer: PBXPerformer

    init(_ script: ScriptedServer.Act..., timeout: Duration = .seconds(5)) throws {
        server = try ScriptedServer(script)
        performer = try PBXPerformer(
            transport: TransportSettings(connectTimeout: .seconds(5), timeout: timeout), sessions: SessionStore(),
            clock: clock)
    }

    /// A row of this PBX.
    func job(
        row: Int = 1, _ credentials: Credentials = .application("A"),
        edit: CertificateEdit = CertificateEdit(id: 5, autoRenewal: false)
    ) -> Job {
        Job.make(row: row, host: server.host, port: server.port, credentials: credentials, edit: edit)
    }

    /// Carries a row out as the engine does, without pauses.
    ///
    /// - Parameter retries: how often a failed request is sent again.
    func run(_ job: Job, retries: Int = 0) throws -> RunLog {
        var (progress, log) = (RowProgress(), RunLog())
        while true {
            let report = try performer.step(job, after: progress, by: nil) { log.announcements += 1 }
            log.reports.append(report)
            progress.edits += report.edits
            progress.isDoubtful = progress.isDoubtful || report.isDoubtful
            progress.renewals += report.renewals
            log.edits = progress.edits
            switch report.verdict {
            case .proceed: progress.otherRetries = 0
            case .retry(let outcome, let pause):
                log.pauses.append(pause)
                if progress.countRetry(ofEdit: report.isEdit) > retries { return log.ended(outcome) }
            case .done(let outcome): return log.ended(outcome)
            case .stopHost(let outcome, let reason):
                log.stopReason = reason
                return log.ended(outcome)
            }
        }
    }

    /// The paths of the requests so far, without the query.
    var paths: [String] {
        server.requests.map { request in
            let target = request.line.split(separator: " ").dropFirst().first ?? ""
            return String(target.split(separator: "?").first?.dropFirst("/openapi/v1.0/".count) ?? "")
        }
    }

    /// The tokens of the requests so far; a dash for a request without one.
    var tokens: [String] {
        server.requests.map { request in
            let target = request.line.split(separator: " ").dropFirst().first ?? ""
            return target.split(separator: "=").dropFirst().first.map(String.init) ?? "-"
        }
    }
}

/// What carrying out a row brought.
struct RunLog {
    var outcome = Outcome(status: .notAttempted)
    var reports: [StepReport] = []
    /// Edit requests sent.
    var edits = 0
    /// How often the row was said to be about to be sent.
    var announcements = 0
    /// What was asked for before each retry.
    var pauses: [Duration?] = []
    /// Why the host must not be spoken to again; nil when it may.
    var stopReason: String?

    fileprivate func ended(_ outcome: Outcome) -> RunLog {
        var log = self
        log.outcome = outcome
        return log
    }
}

extension Credentials {
    /// An application named by a letter.
    static func application(_ name: String) -> Credentials {
        .client(id: "id-\(name)", secret: Secret("secret-\(name)"))
    }
    static let ownToken = Credentials.token(Secret("own-token"))
}

extension ScriptedServer.Act {
    static let success = answer(200, #"{"errcode":0,"errmsg":"SUCCESS"}"#)

    static func errcode(_ errcode: Int, _ errmsg: String = "MESSAGE") -> ScriptedServer.Act {
        answer(200, #"{"errcode":\#(errcode),"errmsg":"\#(errmsg)"}"#)
    }

    /// A login that succeeds.
    static func token(_ token: String, seconds: Int = 1800) -> ScriptedServer.Act {
        answer(
            200,
            #"{"errcode":0,"errmsg":"SUCCESS","access_token":"\#(token)","access_token_expire_time":\#(seconds)}"#)
    }
}
