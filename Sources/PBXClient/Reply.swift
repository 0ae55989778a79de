import FleetModel
package import HTTPTransport
import JSONText
import Pacing
package import Platform

/// What came back for a call, as far as it means the same for every call.
package struct Reply: Sendable {
    enum Kind: Sendable {
        /// A JSON object with an errcode, whatever the HTTP status.
        case errcode(PBXErrorCode)
        /// An answer without a readable errcode; the failure is there when it is not even whole.
        case unreadable(AnswerFailure?)
        /// Sent, or maybe sent, and no answer.
        case lost(AnswerFailure)
        /// Never sent.
        case notConnected(ConnectFailure)
    }

    let kind: Kind
    /// HTTP status; nil when no head of an answer came.
    let status: Int?
    /// The answer's top members; null when it is no object with an errcode.
    let content: JSONValue
    /// How long the server wants to be left alone; nil when it does not say. ``RetryPolicy`` decides what it is granted.
    let pause: Duration?
    /// The whole body of an answer with an errcode, for calls that bring more than its top members.
    private let body: [UInt8]
    /// Whether a web page came instead of an answer of the API.
    let isPage: Bool
    /// Whether the body may have left; without it an edit changes nothing, whatever the answer says.
    let isBodySent: Bool
    /// The server's public key as a pin; nil when none was seen.
    let serverKey: String?

    /// - Parameters:
    ///   - exchange: what the call's request came to.
    ///   - now: the calendar's time, which a date in `Retry-After` is held against.
    package init(_ exchange: HTTPExchange, at now: @autoclosure () -> WallTime) {
        var (status, content, pause): (Int?, JSONValue, Duration?) = (nil, .null, nil)
        var (isPage, body): (Bool, [UInt8]) = (false, [])
        switch exchange.ending {
        case .notConnected(let failure): kind = .notConnected(failure)
        case .unanswered(let failure, let known):
            kind = failure == .truncated || failure == .malformed ? .unreadable(failure) : .lost(failure)
            status = known
        case .answered(let answer):
            if !answer.isTruncated, let read = JSONValue(answer.body), let errcode = read.errcode {
                (kind, content, body) = (.errcode(errcode), read, answer.body)
            } else {
                kind = .unreadable(nil)
            }
            status = answer.status
            isPage = answer.body.first { $0 > 0x20 } == UInt8(ascii: "<")
            pause = answer.retryAfter?.pause(at: now())
        }
        (self.status, self.content, self.pause, self.isPage, self.body) = (status, content, pause, isPage, body)
        isBodySent = exchange.isBodySent
        serverKey = exchange.serverKey
    }

    /// What a PBX answers that does what the call asks for: what a dry run goes on with.
    package init(accepting call: PBXCall) {
        kind = .errcode(.success)
        status = 200
        content = .object([JSONMember(key: "access_token", value: .string(Secret.mask))])
        body = call.acceptingBody
        pause = nil
        isPage = false
        isBodySent = true
        serverKey = nil
    }

    /// The answer with everything in it, when it says that the call succeeded; nil when it cannot be read.
    var wholeContent: JSONValue? { errcode == .success ? JSONValue(body, keepsAll: true) : nil }

    var errcode: PBXErrorCode? {
        guard case .errcode(let errcode) = kind else { return nil }
        return errcode
    }

    /// The PBX's own message, secrets and all; empty when there is none.
    var errmsg: String { content["errmsg"]?.text ?? "" }

    /// Whether the same request may fare better a little later.
    var isTemporary: Bool {
        switch kind {
        case .errcode(.success): !isBodySent
        case .errcode(let errcode): errcode.isTemporary
        case .unreadable: RetryPolicy.isTemporary(httpStatus: status) || !isBodySent && !isRefusal
        case .lost: true
        case .notConnected(.untrusted): false
        case .notConnected: true
        }
    }

    /// Whether the PBX said something, readable or not.
    var isAnswer: Bool {
        switch kind {
        case .errcode, .unreadable: true
        case .lost, .notConnected: false
        }
    }

    /// Whether the PBX may have acted on the request.
    var mayHaveArrived: Bool {
        if case .notConnected = kind { false } else { isBodySent }
    }

    /// Whether the request was cut off because the run ends at once.
    var isCut: Bool {
        switch kind {
        case .lost(.cut), .notConnected(.cut): true
        default: false
        }
    }

    /// Whether the request waited for a host that cannot be reached or does not answer.
    var isInVain: Bool {
        switch kind {
        case .notConnected(.untrusted), .notConnected(.heldBack), .notConnected(.cut): false
        case .notConnected, .lost(.timedOut): true
        case .lost, .errcode, .unreadable: false
        }
    }

    /// Whether the head of an answer came.
    var hasAnswered: Bool { status != nil }

    /// Whether the status says that the request was not carried out: a redirect, or a mistake of the client's.
    var isRefusal: Bool { status.map { $0 / 100 == 3 || $0 / 100 == 4 } ?? false }
}

extension JSONValue {
    /// Reads an answer also when the text around its errcode is sloppy: a byte order mark, raw control characters, bytes
    /// that are no UTF-8. Nil when it is no JSON all the same.
    ///
    /// - Parameter keepsAll: whether more than the top members is wanted.
    fileprivate init?(_ body: [UInt8], keepsAll: Bool = false) {
        let read = { (text: [UInt8]) in
            try? keepsAll ? JSONValue(parsing: text) : JSONValue(parsingTopOf: text)
        }
        if let value = read(body) {
            self = value
            return
        }
        let text = body.starts(with: [0xEF, 0xBB, 0xBF]) ? body.dropFirst(3) : body[...]
        guard text.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { return nil }
        let tidied = String(decoding: text, as: UTF8.self).utf8.map { max($0, 0x20) }
        guard let value = read(tidied) else { return nil }
        self = value
    }

    /// A whole number, also as a text, because some firmware writes one.
    var number: Int64? { integer ?? text.flatMap { Int64($0) } }

    /// The errcode of an answer.
    fileprivate var errcode: PBXErrorCode? { self["errcode"]?.number.map { PBXErrorCode(Int($0)) } }
}

extension RetryAfter {
    /// The pause that is meant: `120` → 2 min, a date 90 s ahead → 90 s, a date in the past → 0 s.
    fileprivate func pause(at now: WallTime) -> Duration {
        switch self {
        case .seconds(let seconds): .seconds(seconds)
        case .moment(let seconds): max(.zero, .seconds(seconds) - .milliseconds(now.milliseconds))
        }
    }
}

/// What a row is when this was the last thing that came back for it.
extension Reply {
    /// The row's outcome when the call was its edit, and the only one: its attempts are 1, or 0 when the body stayed here.
    /// For a call that comes before the edit, what the row is when that does not bring what is needed.
    ///
    /// - Parameter errmsg: the PBX's message, free of secrets.
    func outcome(of act: PBXCall.CertificateAct, on host: HostKey, errmsg: String) -> Outcome {
        switch act {
        case .edit:
            var outcome = outcomeOfOne(on: host, errmsg: errmsg)
            outcome.attempts = mayHaveArrived ? 1 : 0
            return outcome
        case .upload:
            return outcomeBeforeEdit(
                "the file could not be uploaded", "the answer gives it no usable name", \.uploadAdvice, on: host, errmsg
            )
        case .get, .query, .list:
            return outcomeBeforeEdit(
                "the certificate could not be read", "the answer does not hold it", \.readingAdvice, on: host, errmsg)
        }
    }

    /// The row's outcome when its edit may have left and the run ends at once: nobody knows what the PBX made of it.
    var outcomeOfCutEdit: Outcome {
        Outcome(
            status: .unknown, httpStatus: status, errorClass: .runStopped,
            error: "the run was cut while the row was under way: whether the edit was made is not known")
    }

    private func outcomeOfOne(on host: HostKey, errmsg: String) -> Outcome {
        switch kind {
        case .notConnected(let failure): unreached(host, failure)
        case .errcode(let errcode) where errcode != .success: refusedEdit(errcode, errmsg: errmsg)
        case .errcode where isBodySent: outcome(.ok, nil, "", errmsg: errmsg)
        case .lost(let failure):
            outcome(isBodySent ? .unknown : .failed, failure.errorClass, "\(editSent)\(failure)")
        case .unreadable(let failure):
            outcome(
                isBodySent && !isRefusal ? .unknown : .failed, .protocol,
                failure.map { "\(editSent)\($0)" } ?? (isBodySent ? noErrcode : editSent + noErrcode))
        case .errcode:
            withoutErrcode(outcome(.failed, .protocol, "\(editSent)the answer, \(answer), came before it"))
        }
    }

    /// The row's outcome when the call was the login or logout that its edit needs, which the noun names.
    ///
    /// - Parameter advice: what to do about an errcode; nil when there is nothing to say.
    func preparationOutcome(
        _ act: String, _ advice: (PBXErrorCode) -> String? = \.loginAdvice, on host: HostKey, errmsg: String = ""
    ) -> Outcome {
        switch kind {
        case .errcode(.success):
            // Only an edit that succeeded may show errcode 0.
            withoutErrcode(outcome(.failed, .auth, "the \(act) failed: the PBX gave no token", errmsg: errmsg))
        case .errcode(let errcode):
            outcome(
                .failed, .auth, "the \(act) failed: \(phrase(errcode, advice: advice(errcode)))", errmsg: errmsg)
        case .unreadable(let failure):
            outcome(
                .failed, isTemporary ? .protocol : .auth, "the \(act) failed: \(failure?.description ?? noErrcode)")
        case .lost(let failure):
            outcome(.failed, failure.errorClass, "the \(act) failed: \(failure)")
        case .notConnected(let failure): unreached(host, failure)
        }
    }

    /// The row's outcome when a call before its edit, as a clause, lacks what it should bring.
    ///
    /// - Parameter advice: what to do about an errcode; nil when there is nothing to say.
    private func outcomeBeforeEdit(
        _ act: String, _ lack: String, _ advice: (PBXErrorCode) -> String?, on host: HostKey, _ errmsg: String
    ) -> Outcome {
        switch kind {
        case .errcode(.success): return withoutErrcode(outcome(.failed, .protocol, "\(act): \(lack)"))
        case .errcode(let errcode):
            return outcome(
                .failed, errcode.errorClass, "\(act): \(phrase(errcode, advice: advice(errcode)))", errmsg: errmsg)
        case .unreadable(let failure):
            return outcome(.failed, .protocol, "\(act): \(failure?.description ?? noErrcode)")
        case .lost(let failure): return outcome(.failed, failure.errorClass, "\(act): \(failure)")
        case .notConnected(let failure): return unreached(host, failure)
        }
    }

    /// A row that was held back was never tried.
    private func unreached(_ host: HostKey, _ failure: ConnectFailure) -> Outcome {
        let error =
            switch failure {
            case .refused: "the connection to \(host) was refused: is the PBX on, and the port right?"
            case .unknownHost: "the host name \(host.name) cannot be resolved"
            case .untrusted(let failure): "\(failure)\(advice(on: failure))"
            default: failure.description
            }
        return outcome(failure == .heldBack ? .notAttempted : .failed, failure.errorClass, error)
    }

    /// What to do about a key that is not trusted: somebody must compare it with the PBX's own.
    private func advice(on failure: TrustFailure) -> String {
        guard let serverKey else { return "" }
        return switch failure {
        case .pinMismatch: ": it is \(serverKey), to be put into tls_pin if this is the right PBX"
        case .unknownAuthority:
            ": trust its authority by --cacert, or put its key \(serverKey) into a column tls_pin of the input"
        default: ""
        }
    }

    private func refusedEdit(_ errcode: PBXErrorCode, errmsg: String) -> Outcome {
        let phrase = phrase(errcode, advice: errcode.editAdvice)
        guard errcode != .processing else {
            return outcome(.unknown, .api, "the PBX is not done with the edit: \(phrase)", errmsg: errmsg)
        }
        return outcome(.failed, errcode.errorClass, "the PBX refused the edit: \(phrase)", errmsg: errmsg)
    }

    private var editSent: String { isBodySent ? "the edit was sent, but " : "the edit was not sent: " }

    private var answer: String { status.map { "HTTP \($0)" } ?? "something" }

    private var noErrcode: String {
        switch status ?? 0 {
        case 300...399:
            "the answer, \(answer), has no readable errcode; redirects are not followed: name the PBX itself in base_url"
        case 413: "the answer, \(answer), says that it is too large: is there a proxy before the PBX?"
        case 429:
            "the answer, \(answer), has no readable errcode: the PBX is busy, try a lower --rate-per-host"
        case 500...599 where isPage:
            "the answer, \(answer), is a web page: is the PBX on, and does its relay or proxy reach it?"
        case _ where isPage:
            "the answer, \(answer), is a web page: this is no PBX API, check address, port and api_path"
        case 404:
            "the answer, \(answer), has no readable errcode: is this the PBX's API? check address, port and api_path"
        case 500...599:
            "the answer, \(answer), has no readable errcode: the PBX is in trouble, try again later"
        default: "the answer, \(answer), has no readable errcode"
        }
    }

    /// The errcode with its name, until when we are locked out, where the answer to 70004 tells, and what to do.
    private func phrase(_ errcode: PBXErrorCode, advice: String?) -> String {
        let end = errcode == .accountIPBlocked ? content["block_expire_time"]?.moment : nil
        return [errcode.phrase, end.map { "blocked until \($0)" }, advice].compactMap(\.self).joined(separator: ", ")
    }

    private func outcome(
        _ status: RowStatus, _ errorClass: ErrorClass?, _ error: String, errmsg: String = ""
    ) -> Outcome {
        Outcome(
            status: status, errcode: errcode?.number, errmsg: errmsg, httpStatus: self.status, errorClass: errorClass,
            error: error)
    }

    private func withoutErrcode(_ outcome: Outcome) -> Outcome {
        var outcome = outcome
        outcome.errcode = nil
        return outcome
    }
}

extension PBXErrorCode {
    /// Whether it speaks of who asks, or of what is asked.
    fileprivate var errorClass: ErrorClass { self == .tokenExpired || stopsHost ? .auth : .api }
}

extension JSONValue {
    /// A time as an answer writes it, fit to be shown: seconds since 1970 become local time with its offset, and a text
    /// stays as it is if it looks like a date, a time or a number.
    fileprivate var moment: String? {
        if let seconds = number, 1_000_000_000...9_999_999_999 ~= seconds {
            return WallTime(milliseconds: seconds * 1000).localText()
        }
        guard let text, !text.isEmpty, text.utf8.count <= 40 else { return integer.map { "\($0)" } }
        return text.utf8.allSatisfy { $0.isDigit || "-:.+/ TZ".utf8.contains($0) } ? text : nil
    }
}

extension AnswerFailure {
    fileprivate var errorClass: ErrorClass { self == .timedOut ? .timeout : .protocol }
}

extension ConnectFailure {
    fileprivate var errorClass: ErrorClass {
        switch self {
        case .untrusted: .tls
        // The host was there; it was the run's own disk that took too long.
        case .heldBack: .runStopped
        default: .connect
        }
    }
}
