import CLibCurl
import Platform

/// What one request came to, and how long it took.
package struct HTTPExchange: Sendable {
    /// Which of three things happened: they differ in what the server may have done.
    package enum Ending: Hashable, Sendable {
        /// A whole answer came.
        case answered(HTTPAnswer)
        /// No byte of the request left for the server: it cannot have acted on it.
        case notConnected(ConnectFailure)
        /// The request, or a part of it, may have left: the server may have acted on it. The status is there when the
        /// head of an answer came.
        case unanswered(AnswerFailure, status: Int?)
    }

    /// What the request came to.
    package let ending: Ending
    /// From the call to its end, name lookup included, without the time for which the request was held back.
    package let latency: Duration
    /// Whether all or a part of the body may have left, or there was none; without its body a request changes nothing.
    package let isBodySent: Bool

    /// - Parameters:
    ///   - ending: what the request came to.
    ///   - latency: from the call to its end.
    ///   - isBodySent: false when the head may have left and the body was never handed over.
    package init(_ ending: Ending, latency: Duration, isBodySent: Bool = true) {
        self.ending = ending
        self.latency = latency
        self.isBodySent = isBodySent
    }
}

/// The answer of a server, whatever its status.
package struct HTTPAnswer: Hashable, Sendable {
    /// Bytes of a body, and of the headers, that are read; an answer beyond is cut there.
    package static let sizeLimit = 1 << 20

    /// HTTP status, 101 or above.
    package let status: Int
    /// The body as it came, at most ``sizeLimit`` bytes.
    package let body: [UInt8]
    /// Whether body or headers went past ``sizeLimit``; the rest was not read.
    package let isTruncated: Bool
    /// When the server wants to be asked again; nil when it does not say, or not readably.
    package let retryAfter: RetryAfter?

    /// - Parameters:
    ///   - status: HTTP status, 101 or above.
    ///   - body: what came, at most ``sizeLimit`` bytes.
    ///   - isTruncated: whether more would have come.
    ///   - retryAfter: when the server wants to be asked again.
    package init(status: Int, body: [UInt8], isTruncated: Bool = false, retryAfter: RetryAfter? = nil) {
        self.status = status
        self.body = body
        self.isTruncated = isTruncated
        self.retryAfter = retryAfter
    }
}

/// When a server wants to be asked again: the value of a `Retry-After` header.
package enum RetryAfter: Hashable, Sendable {
    /// So many seconds from now.
    case seconds(Int64)
    /// At a moment, in seconds since 1970-01-01T00:00:00Z.
    case moment(Int64)

    /// Reads `120`, or a date in any of HTTP's three forms.
    ///
    /// - Parameter text: the header's value; nil comes of anything else.
    package init?(_ text: String) {
        guard let first = text.utf8.first else { return nil }
        if text.utf8.allSatisfy(\.isDigit) {
            self = .seconds(Int64(text) ?? .max)
        } else if first >= UInt8(ascii: "A"), case let moment = curl_getdate(text, nil), moment >= 0 {
            self = .moment(Int64(moment))
        } else {
            return nil
        }
    }
}
