import Glibc
import JSONText
import Platform

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

/// Where the requests of all PBXs are put down, in the order in which they ended.
final class RequestRecord: Sendable {
    private let kept = Lock<[RecordedRequest]>([])
    private let keeps: Bool
    private let file: FileDescriptor?
    /// Why the file is not complete.
    private let failure = Lock<ToolError?>(nil)

    /// Creates the file, or empties it.
    ///
    /// - Throws: ``ToolError`` when that cannot be done.
    init(settings: SimulatorSettings) throws(ToolError) {
        keeps = settings.keepsRecord
        guard let path = settings.recordFile else {
            file = nil
            return
        }
        file = try FileDescriptor(path, flags: O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, mode: 0o600, kind: .usage)
    }

    func append(_ request: ReceivedRequest, on host: SimulatedHost, with reaction: Reaction?) {
        guard keeps || file != nil else { return }
        let entry = RecordedRequest(
            host: host.number, address: host.address, client: request.client, method: request.method,
            call: request.call, query: request.query, body: request.body, started: request.started,
            ended: SystemClock().now(), status: reaction?.status, errcode: reaction?.errcode)
        if keeps { kept.withLock { $0.append(entry) } }
        do throws(ToolError) {
            // With one call to the system, so that a line is whole at once and lines of several threads do not mix.
            try file?.write(entry.maskedLine)
        } catch {
            failure.withLock { $0 = $0 ?? error }
        }
    }

    var requests: [RecordedRequest] { kept.withLock { $0 } }

    /// - Throws: ``ToolError`` when anything could not be written.
    func checkFile() throws(ToolError) {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}

extension RecordedRequest {
    /// The request as one line of JSON with its line break. Tokens, passwords and the string values of an auth list
    /// are `***`, and so is all of a body that is no JSON object.
    fileprivate var maskedLine: [UInt8] {
        var line = JSONWriter()
        line.beginObject()
        line.member("host", Int64(host))
        line.member("address", address)
        line.member("client", client)
        line.member("started_ns", started.nanoseconds)
        line.member("ended_ns", ended.nanoseconds)
        line.member("method", method)
        line.member("call", call)
        line.member("query", maskedQuery)
        line.member("body", maskedBody)
        line.member("status", Self.json(status))
        line.member("errcode", Self.json(errcode))
        line.endObject()
        line.endLine()
        return line.bytes
    }

    private static let mask = "***"
    private static let secretNames: Set = ["password", "access_token", "refresh_token", "sv"]

    private static func json(_ number: Int?) -> JSONValue { number.map { JSONValue($0) } ?? .null }

    private var maskedQuery: String {
        let items = query.split(separator: "&", omittingEmptySubsequences: false).map { item in
            let name = item.prefix { $0 != "=" }
            return Self.secretNames.contains(String(name)) ? "\(name)=\(Self.mask)" : String(item)
        }
        return items.joined(separator: "&")
    }

    private var maskedBody: JSONValue {
        if body.isEmpty { return .null }
        guard let value = try? JSONValue(parsing: body), case .object = value else { return .string(Self.mask) }
        return Self.masked(value)
    }

    private static func masked(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(masked))
        case .object(let members):
            .object(
                members.map { member in
                    let isSecret = secretNames.contains(member.key)
                    return JSONMember(key: member.key, value: isSecret ? .string(mask) : masked(member.value))
                })
        case .null, .boolean, .number, .string: value
        }
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 { Int64(clamping: attoseconds / 1_000_000_000) }
}
