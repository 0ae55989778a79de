/// Why a request that was sent, or may have been, has no whole answer.
package enum AnswerFailure: Hashable, Sendable, CustomStringConvertible {
    case timedOut
    /// The connection broke.
    case reset
    /// The server closed the connection without a word.
    case closed
    /// The server closed the connection in the middle of its answer.
    case truncated
    /// What came is no HTTP.
    case malformed

    /// One clause for a person.
    package var description: String {
        switch self {
        case .timedOut: "no answer came in time"
        case .reset: "the connection broke before the answer was complete"
        case .closed: "the connection was closed without an answer"
        case .truncated: "the connection was closed in the middle of the answer"
        case .malformed: "the answer is no HTTP"
        }
    }
}
