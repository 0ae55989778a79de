import Platform
import HTTPTransport
import FleetModel
import Pacing
import TestSupport
import Testing

@testable import PBXClient

/// Carries out the rows of one host as the engine does, against replies that stand ready instead of a PBX.
struct Play {
    var host: HostSession
    var now = Duration.zero
    /// All calls so far that do not read, like `login A`, `edit t1`, `logout t1`.
    private(set) var calls: [String] = []
    /// The edits that were sent so far.
    private(set) var edits: [CertificateEdit] = []
    /// The ids of their certificates.
    var editedIDs: [Int64] { edits.map(\.id) }
    /// All calls so far that read, like `get 5 t1`.
    private(set) var readings: [String] = []
    /// What calls that read are answered, one after the other, the last one again and again.
    var found: [HTTPExchange] = [.certificate(#""auto_renewal":1"#)]
    var policy = ReadingPolicy.immediate
    private var replies: ArraySlice<HTTPExchange>
    private var generator = SeededGenerator(seed: 7)

    init(_ replies: [HTTPExchange], retries: Int = 0, firstDelay: Duration = .zero) {
        self.replies = replies[...]
        host = HostSession(retry: RetryPolicy(retries: retries, firstDelay: firstDelay), timeout: .seconds(5))
    }

    init(_ replies: HTTPExchange..., retries: Int = 0, firstDelay: Duration = .zero) {
        self.init(replies, retries: retries, firstDelay: firstDelay)
    }

    /// What became of a row.
    struct End {
        var outcome = Outcome(status: .notAttempted)
        /// Why its host must not be spoken to again; nil when it may.
        var stopReason: String?
        /// How long it waited before each retry.
        var waits: [Duration] = []
        /// For each call that does not read, whether it was made because an earlier one failed.
        var retries: [Bool] = []
        /// For each call that does not read, what the row would have been if nothing had come after its reply.
        var fallbacks: [Outcome?] = []
        /// What the row would have been at each wait.
        var waitFallbacks: [Outcome?] = []
        var quietUntil: Duration?
    }

    /// - Parameter isCut: whether the row goes no further once there are no replies left.
    mutating func run(
        row: Int = 1, _ credentials: Credentials = .application("A"),
        edit: CertificateEdit = CertificateEdit(id: 5, autoRenewal: false), isInDoubt: Bool = false,
        isLost: Bool = false, isCut: Bool = false, match: CertificateMatch? = nil
    ) -> End {
        let made = Job.make(row: row, credentials: credentials, edit: edit, match: match)
        let job = isInDoubt ? made.inDoubt(isLost: isLost) : made
        var (procedure, end) = (RowProcedure(job, reading: policy), End())
        var reply: Reply?
        while true {
            switch procedure.next(reply, on: &host, at: now, using: &generator) {
            case .call(let call) where call.isReading:
                reply = read(call)
                continue
            case .call(let call):
                end.retries.append(procedure.isRetry)
                if case .certificate(.edit(let edit), _) = call.act { edits.append(edit) }
                reply = answer(call)
            case .wait where isCut && replies.isEmpty:
                return ended(end, with: procedure.fallback ?? end.outcome, procedure)
            case .wait(let time):
                end.waits.append(time - now)
                end.waitFallbacks.append(procedure.fallback)
                now = time
                reply = nil
            case .done(let outcome):
                return ended(end, with: outcome, procedure)
            case .stopHost(let outcome, let reason):
                end.stopReason = reason
                return ended(end, with: outcome, procedure)
            }
            end.fallbacks.append(procedure.fallback)
        }
    }

    /// Ends the host's session as the engine does.
    ///
    /// - Returns: how long it waited before each retry.
    mutating func close() -> [Duration] {
        var (reply, waits): (Reply?, [Duration]) = (nil, [])
        while true {
            switch host.close(reply, at: now, using: &generator) {
            case .call(let call): reply = answer(call)
            case .wait(let time):
                waits.append(time - now)
                now = time
                reply = nil
            case .over: return waits
            }
        }
    }

    private mutating func read(_ call: PBXCall) -> Reply {
        readings.append(call.label)
        let exchange = found[min(readings.count, found.count) - 1]
        return Reply(exchange, at: WallTime(milliseconds: 1_795_467_600_500))
    }

    private mutating func answer(_ call: PBXCall) -> Reply {
        calls.append(call.label)
        return Reply(replies.popFirst() ?? .notConnected(.refused), at: WallTime(milliseconds: 1_795_467_600_500))
    }

    private func ended(_ end: End, with outcome: Outcome, _ procedure: RowProcedure) -> End {
        var end = end
        end.outcome = outcome
        end.quietUntil = procedure.quietUntil
        return end
    }
}

extension PBXCall {
    fileprivate var label: String {
        switch act {
        case .login(let id, _): "login \(id.dropFirst(3))"
        case .certificate(let act, let token): "\(act.label) \(token.reveal())"
        case .logout(let token): "logout \(token.reveal())"
        case .handshake: "handshake"
        }
    }
}

extension PBXCall.CertificateAct {
    fileprivate var label: String {
        switch self {
        case .get(let id): "get \(id)"
        case .query(let ids): "query \(ids.map(String.init).joined(separator: ","))"
        case .list(let page): "list \(page)"
        case .upload(let file, let purpose): "upload \(purpose) \(file.name)"
        case .edit: "edit"
        }
    }
}

extension HTTPExchange: CustomTestStringConvertible {
    package var testDescription: String {
        let text =
            switch ending {
            case .answered(let answer):
                "HTTP \(answer.status) \(String(decoding: answer.body.prefix(80), as: UTF8.self))"
            case .notConnected(let failure): "\(failure)"
            case .unanswered(let failure, let status): "\(failure)" + (status.map { " after HTTP \($0)" } ?? "")
            }
        return isBodySent ? text : text + ", early"
    }
}

extension ReadingPolicy {
    /// Looks once, and waits for nothing.
    static var immediate: ReadingPolicy {
        var policy = ReadingPolicy()
        policy.verifyTimeout = .zero
        return policy
    }
}

extension HTTPExchange {
    static let success = errcode(0, "SUCCESS")

    /// A certificate, by the members of its Cert_Info beside the id.
    static func certificate(id: Int64 = 5, _ members: String) -> HTTPExchange {
        answer(200, #"{"errcode":0,"errmsg":"SUCCESS","certificate":{"id":\#(id),\#(members)}}"#)
    }

    /// Certificates by their whole Cert_Info.
    static func certificates(_ infos: String..., total: Int? = nil) -> HTTPExchange {
        let list = infos.joined(separator: ",")
        return answer(
            200, #"{"errcode":0,"total_number":\#(total ?? infos.count),"certificate_list":[\#(list)]}"#)
    }

    static func answer(_ status: Int, _ body: String = "", retryAfter: RetryAfter? = nil) -> HTTPExchange {
        HTTPExchange(
            .answered(HTTPAnswer(status: status, body: Array(body.utf8), retryAfter: retryAfter)), latency: .zero)
    }

    static func errcode(_ errcode: Int, _ errmsg: String = "M", status: Int = 200) -> HTTPExchange {
        answer(status, #"{"errcode":\#(errcode),"errmsg":"\#(errmsg)"}"#)
    }

    /// A login that succeeds.
    static func token(_ token: String, seconds: Int = 1800) -> HTTPExchange {
        answer(
            200,
            #"{"errcode":0,"errmsg":"SUCCESS","access_token":"\#(token)","access_token_expire_time":\#(seconds)}"#)
    }

    static func notConnected(_ failure: ConnectFailure) -> HTTPExchange {
        HTTPExchange(.notConnected(failure), latency: .zero)
    }

    static func untrusted(_ failure: TrustFailure, key: String) -> HTTPExchange {
        HTTPExchange(.notConnected(.untrusted(failure)), latency: .milliseconds(5), serverKey: key)
    }

    static func unanswered(_ failure: AnswerFailure, status: Int? = nil) -> HTTPExchange {
        HTTPExchange(.unanswered(failure, status: status), latency: .zero)
    }

    /// The same, before the body of the request had left.
    var early: HTTPExchange { HTTPExchange(ending, latency: latency, isBodySent: false) }
}

extension Credentials {
    /// An application named by a letter.
    static func application(_ name: String) -> Credentials {
        .client(id: "id-\(name)", secret: Secret("secret-\(name)"))
    }

    static let ownToken = Credentials.token(Secret("own-token"))
}

extension PBXCall {
    /// Whether it only asks what certificates there are.
    fileprivate var isReading: Bool {
        switch act {
        case .certificate(.get, _), .certificate(.query, _), .certificate(.list, _): true
        default: false
        }
    }
}

extension HostCertificates {
    /// Those of a host whose rows are all read first.
    init(wanted ids: [Int64]) {
        self.init()
        for id in ids { name(id, isRead: true) }
    }
}
