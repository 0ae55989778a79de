/// Something a simulated PBX does instead of answering as it should.
///
/// A fault is restricted to one call (`at`, default all) and to the first requests it meets (`times`, default all).
package struct Fault: Sendable {
    /// What happens to a request that was read.
    enum Effect: Sendable {
        /// It is not carried out; this answers it.
        case instead(@Sendable (ReceivedRequest) -> Answer)
        /// It is carried out; this turns the answer into what the client gets to see.
        case carryOut(then: @Sendable (Answer) -> Reaction)
    }

    /// Nil when the request is not even read.
    let effect: Effect?
    let endpoint: Endpoint?
    let times: Int?

    private init(_ effect: Effect?, at endpoint: Endpoint?, times: Int?) {
        self.effect = effect
        self.endpoint = endpoint
        self.times = times
    }

    /// Carries the request out at once and answers it after `delay`.
    package static func delay(_ delay: Duration, at endpoint: Endpoint? = nil, times: Int? = nil) -> Fault {
        Fault(.carryOut { Reaction(act: .answer($0), delay: delay) }, at: endpoint, times: times)
    }

    /// Answers with this errcode and nothing else.
    ///
    /// - Parameter isCarriedOut: whether the request is carried out all the same, as when the code says that it goes on.
    package static func errcode(
        _ code: Int, isCarriedOut: Bool = false, at endpoint: Endpoint? = nil, times: Int? = nil
    ) -> Fault {
        let answer = Answer(errcode: code)
        guard isCarriedOut else { return instead(answer, at: endpoint, times: times) }
        return Fault(.carryOut { _ in Reaction(act: .answer(answer)) }, at: endpoint, times: times)
    }

    /// Does not carry the request out and answers with an HTTP status and an empty body.
    ///
    /// - Parameter retryAfter: the value of a `Retry-After` header: seconds or a date.
    package static func status(
        _ status: Int, retryAfter: String? = nil, at endpoint: Endpoint? = nil, times: Int? = nil
    ) -> Fault {
        let headers = retryAfter.map { [(name: "Retry-After", value: $0)] } ?? []
        return instead(Answer(status: status, headers: headers, body: []), at: endpoint, times: times)
    }

    /// Does not carry the request out and answers with exactly this.
    package static func answer(
        status: Int = 200, headers: [(name: String, value: String)] = [], body: String, at endpoint: Endpoint? = nil,
        times: Int? = nil
    ) -> Fault {
        instead(Answer(status: status, headers: headers, body: Array(body.utf8)), at: endpoint, times: times)
    }

    /// Does not carry the request out and answers with a page of HTML and status 200.
    package static func garbage(at endpoint: Endpoint? = nil, times: Int? = nil) -> Fault {
        answer(
            headers: [("Content-Type", "text/html")], body: "<!DOCTYPE html><html><body>Welcome</body></html>\n",
            at: endpoint, times: times)
    }

    /// Does not carry the request out and answers 40002 with the request's query and body, secrets and all, in errmsg.
    package static func echo(at endpoint: Endpoint? = nil, times: Int? = nil) -> Fault {
        Fault(.instead { Answer(echoing: $0) }, at: endpoint, times: times)
    }

    /// Carries the request out and closes the connection in the middle of the answer's body.
    package static func truncated(at endpoint: Endpoint? = nil, times: Int? = nil) -> Fault {
        Fault(.carryOut { Reaction(act: .truncate($0)) }, at: endpoint, times: times)
    }

    /// Carries the request out and sends an answer that goes on until the client hangs up.
    package static func endless(at endpoint: Endpoint? = nil, times: Int? = nil) -> Fault {
        Fault(.carryOut { _ in Reaction(act: .endless) }, at: endpoint, times: times)
    }

    /// Carries the request out and neither answers nor closes the connection.
    package static func silence(at endpoint: Endpoint? = nil, times: Int? = nil) -> Fault {
        Fault(.carryOut { _ in Reaction(act: .silence) }, at: endpoint, times: times)
    }

    /// Carries the request out and closes the connection without an answer.
    package static func dropAfterReading(at endpoint: Endpoint? = nil, times: Int? = nil) -> Fault {
        Fault(.carryOut { _ in Reaction(act: .drop) }, at: endpoint, times: times)
    }

    /// Carries the request out and resets the connection (RST) without an answer.
    package static func reset(at endpoint: Endpoint? = nil, times: Int? = nil) -> Fault {
        Fault(.carryOut { _ in Reaction(act: .reset) }, at: endpoint, times: times)
    }

    /// Closes a connection as soon as it is accepted; what it would have asked for is neither carried out nor recorded.
    package static func dropBeforeReading(times: Int? = nil) -> Fault {
        Fault(nil, at: nil, times: times)
    }

    /// Faults by a word that a person can say, with what each of them is.
    package static let byName: [(name: String, meaning: String, fault: Fault)] = [
        ("silent", "never answers an edit, which it makes", .silence(at: .certificateUpdate)),
        (
            "lost", "makes an edit, and closes the connection instead of answering",
            .dropAfterReading(at: .certificateUpdate)
        ),
        (
            "processing", "answers an edit with errcode 2, and makes it",
            .errcode(2, isCarriedOut: true, at: .certificateUpdate)
        ),
        ("busy", "answers its first three requests with errcode 70082", .errcode(70082, times: 3)),
        ("down", "answers everything with HTTP 503", .status(503)),
        ("html", "answers everything with a web page", .garbage()),
        ("denied", "lets nobody edit certificates: errcode 10005", .errcode(10005, at: .certificateUpdate)),
        ("old", "has no call certificate/get: errcode 10001", .errcode(10001, at: .certificateGet)),
    ]

    private static func instead(_ answer: Answer, at endpoint: Endpoint?, times: Int?) -> Fault {
        Fault(.instead { _ in answer }, at: endpoint, times: times)
    }
}

/// The faults of one PBX that are not used up; the first that fits a request is the one that happens.
struct FaultList {
    private var entries: [(fault: Fault, left: Int)]

    init(_ faults: [Fault] = []) {
        entries = faults.map { ($0, $0.times ?? .max) }
    }

    /// What is to happen to a request for this call, counted as one of the fault's times.
    mutating func take(for endpoint: Endpoint?) -> Fault.Effect? {
        take { $0.effect != nil && ($0.endpoint == nil || $0.endpoint == endpoint) }?.effect
    }

    /// Whether a new connection is to be dropped, counted as one of the fault's times.
    mutating func takeDropUnread() -> Bool {
        take { $0.effect == nil } != nil
    }

    private mutating func take(where fits: (Fault) -> Bool) -> Fault? {
        guard let index = entries.firstIndex(where: { $0.left > 0 && fits($0.fault) }) else { return nil }
        if entries[index].fault.times != nil { entries[index].left -= 1 }
        return entries[index].fault
    }
}
