import Platform
import HTTPTransport
import JSONText
import FleetModel

/// What came back for a request, as far as it means the same for every call.
struct Reply {
    enum Kind {
        /// A JSON object with an errcode, whatever the HTTP status.
        case errcode(Int)
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
    /// The answer's body; null when it is no object with an errcode.
    let content: JSONValue
    private let retryAfter: RetryAfter?

    init(_ ending: HTTPExchange.Ending) {
        switch ending {
        case .answered(let answer): self.init(answer)
        case .unanswered(let failure, let status) where failure == .truncated || failure == .malformed:
            self.init(.unreadable(failure), status: status)
        case .unanswered(let failure, let status): self.init(.lost(failure), status: status)
        case .notConnected(let failure): self.init(.notConnected(failure), status: nil)
        }
    }

    private init(_ answer: HTTPAnswer) {
        if !answer.isTruncated, let content = try? JSONValue(parsingTopOf: answer.body), let errcode = content.errcode {
            self.init(.errcode(errcode), status: answer.status, content: content, retryAfter: answer.retryAfter)
        } else {
            self.init(.unreadable(nil), status: answer.status, retryAfter: answer.retryAfter)
        }
    }

    private init(_ kind: Kind, status: Int?, content: JSONValue = .null, retryAfter: RetryAfter? = nil) {
        self.kind = kind
        self.status = status
        self.content = content
        self.retryAfter = retryAfter
    }

    var errcode: Int? {
        guard case .errcode(let errcode) = kind else { return nil }
        return errcode
    }

    /// Whether the same request may fare better a little later.
    var isTemporary: Bool {
        switch kind {
        case .errcode(let errcode): Outcome.isTemporary(errcode: errcode)
        case .unreadable: status == 429 || isServerError
        case .lost: true
        case .notConnected(.untrusted): false
        case .notConnected: true
        }
    }

    /// Whether the status blames the server.
    var isServerError: Bool { status.map { $0 / 100 == 5 } ?? false }

    /// Whether the status says that the request was not carried out: a redirect, or a mistake of the client's.
    var isRefusal: Bool { status.map { $0 / 100 == 3 || $0 / 100 == 4 } ?? false }

    /// How long the server wants to be left alone; nil when it does not say.
    ///
    /// - Parameter now: the calendar's time, which a date is held against.
    func pause(at now: WallTime) -> Duration? { retryAfter?.pause(at: now) }
}

extension JSONValue {
    /// The errcode of an answer; a numeric string counts, because some firmware writes one.
    fileprivate var errcode: Int? {
        guard let value = self["errcode"] else { return nil }
        return (value.integer ?? value.text.flatMap { Int64($0) }).flatMap { Int(exactly: $0) }
    }
}

extension RetryAfter {
    /// The pause that is meant: nothing for a moment gone by, and five minutes for all that is longer.
    ///
    /// `120` → 2 min, `3600` → 5 min, a date 90 s ahead → 90 s, a date in the past → 0 s.
    fileprivate func pause(at now: WallTime) -> Duration {
        switch self {
        case .seconds(let seconds): return .seconds(min(seconds, 300))
        case .moment(let seconds):
            // Limited first, because a far moment's milliseconds may not fit.
            let moment = min(seconds, now.milliseconds / 1000 + 301) * 1000
            return .milliseconds(max(0, min(moment - now.milliseconds, 300_000)))
        }
    }
}
