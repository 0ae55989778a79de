/// What is to be done on a connection once its request has been read.
struct Reaction: Sendable {
    /// The ways to end a request.
    enum Act: Sendable {
        case answer(Answer)
        /// The whole header, and half of the body it promises.
        case truncate(Answer)
        case endless
        case silence
        case drop
        case reset
    }

    let act: Act
    /// How long to wait before the act.
    var delay: Duration = .zero

    /// HTTP status the client can see; nil when there is no answer.
    var status: Int? {
        switch act {
        case .answer(let answer), .truncate(let answer): answer.status
        case .endless: 200
        case .silence, .drop, .reset: nil
        }
    }

    /// The errcode the client can read; nil when there is none.
    var errcode: Int? {
        guard case .answer(let answer) = act else { return nil }
        return answer.errcode
    }
}
