/// One request that a simulated PBX read to its end, and what became of it; nothing in it is masked.
package struct RecordedRequest: Sendable, Hashable {
    /// Number of the PBX.
    package let host: Int
    /// Address of the PBX, without port.
    package let address: String
    /// The caller's IP address.
    package let client: String
    /// HTTP method as it came.
    package let method: String
    /// The call's name, such as `certificate/update`; the whole path when it is not under the API's.
    package let call: String
    /// What stood after `?`, still percent-encoded.
    package let query: String
    /// The body as it came; empty without one.
    package let body: [UInt8]
    /// When the request's head had been read, on the system's monotonic clock.
    package let started: Duration
    /// Just before the answer was sent or the connection closed, or when the client had hung up.
    package let ended: Duration
    /// The HTTP status sent; nil without an answer.
    package let status: Int?
    /// The errcode sent; nil without an answer, or when the answer had none.
    package let errcode: Int?

    /// The call; nil for one that the simulator does not know.
    package var endpoint: Endpoint? { Endpoint(rawValue: call) }
    /// The body as text.
    package var text: String { String(decoding: body, as: UTF8.self) }
}

extension Sequence<RecordedRequest> {
    /// The requests to one PBX, in the same order.
    package func on(_ host: Int) -> [RecordedRequest] { filter { $0.host == host } }

    /// The requests of one call, in the same order.
    package func of(_ endpoint: Endpoint) -> [RecordedRequest] { filter { $0.endpoint == endpoint } }

    /// The most requests that were open at one moment; one that ends when another starts does not overlap it.
    package var peakConcurrency: Int {
        let starts = map { (at: $0.started, change: 1) }
        // One that took no time at all was open for a moment nevertheless.
        let ends = map { (at: Swift.max($0.ended, $0.started + .nanoseconds(1)), change: -1) }
        var open = 0
        var peak = 0
        for event in (starts + ends).sorted(by: { ($0.at, $0.change) < ($1.at, $1.change) }) {
            open += event.change
            peak = Swift.max(peak, open)
        }
        return peak
    }
}
