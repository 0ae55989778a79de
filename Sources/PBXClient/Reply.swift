package import Platform
package import HTTPTransport
import JSONText
import FleetModel
import Pacing

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
    /// How long the server wants to be left alone, at most five minutes; nil when it does not say.
    let pause: Duration?
    /// Whether a web page came instead of an answer of the API.
    let isPage: Bool
    /// Whether the body may have left; without it an edit changes nothing, whatever the answer says.
    let isBodySent: Bool

    /// - Parameters:
    ///   - exchange: what the call's request came to.
    ///   - now: the calendar's time, which a date in `Retry-After` is held against.
    package init(_ exchange: HTTPExchange, at now: @autoclosure () -> WallTime) {
        var (status, content, pause): (Int?, JSONValue, Duration?) = (nil, .null, nil)
        var isPage = false
        switch exchange.ending {
        case .notConnected(let failure): kind = .notConnected(failure)
        case .unanswered(let failure, let known):
            kind = failure == .truncated || failure == .malformed ? .unreadable(failure) : .lost(failure)
            status = known
        case .answered(let answer):
            if !answer.isTruncated, let read = JSONValue(answer.body), let errcode = read.errcode {
                (kind, content) = (.errcode(errcode), read)
            } else {
                kind = .unreadable(nil)
            }
            status = answer.status
            isPage = answer.body.first { $0 > 0x20 } == UInt8(ascii: "<")
            pause = answer.retryAfter?.pause(at: now())
        }
        (self.status, self.content, self.pause, self.isPage) = (status, content, pause, isPage)
        isBodySent = exchange.isBodySent
    }

    /// What a PBX answers that does what the call asks for: what a dry run goes on with.
    package init(accepting call: PBXCall) {
        kind = .errcode(.success)
        status = 200
        content = .object([JSONMember(key: "access_token", value: .string(Secret.mask))])
        pause = nil
        isPage = false
        isBodySent = true
    }

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
        case .unreadable where isBodySent: status == 429 || isServerError
        case .unreadable: status == 429 || !isRefusal
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

    /// Whether the status blames the server.
    var isServerError: Bool { status.map { $0 / 100 == 5 } ?? false }
}

extension JSONValue {
    /// Reads an answer also when the text around its errcode is sloppy: a byte order mark, raw control characters, bytes
    /// that are no UTF-8. Nil when it is no JSON all the same.
    fileprivate init?(_ body: [UInt8]) {
        if let value = try? JSONValue(parsingTopOf: body) {
            self = value
            return
        }
        let text = body.starts(with: [0xEF, 0xBB, 0xBF]) ? body.dropFirst(3) : body[...]
        guard text.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { return nil }
        let tidied = String(decoding: text, as: UTF8.self).utf8.map { max($0, 0x20) }
        guard let value = try? JSONValue(parsingTopOf: tidied) else { return nil }
        self = value
    }

    /// The errcode of an answer; a numeric string counts, because some firmware writes one.
    fileprivate var errcode: PBXErrorCode? {
        guard let value = self["errcode"] else { return nil }
        return (value.integer ?? value.text.flatMap { Int64($0) }).map { PBXErrorCode(number: Int($0)) }
    }
}

extension RetryAfter {
    /// The pause that is meant: nothing for a moment gone by, and five minutes for all that is longer.
    ///
    /// `120` → 2 min, `3600` → 5 min, a date 90 s ahead → 90 s, a date in the past → 0 s.
    fileprivate func pause(at now: WallTime) -> Duration {
        switch self {
        case .seconds(let seconds): min(.seconds(seconds), RetryPolicy.pauseLimit)
        case .moment(let seconds):
            min(max(.zero, .seconds(seconds) - .milliseconds(now.milliseconds)), RetryPolicy.pauseLimit)
        }
    }
}
