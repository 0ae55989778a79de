/// Why a request never left.
package enum ConnectFailure: Hashable, Sendable, CustomStringConvertible {
    /// The parts of connecting that take time.
    package enum Phase: Hashable, Sendable {
        case lookup, connect, handshake
    }

    case unknownHost
    case refused
    /// No route to the host or its network.
    case unreachable
    case timedOut(Phase)
    /// The server's certificate or key is not trusted; another try would not change that.
    case untrusted(TrustFailure)
    /// The TLS handshake was refused or cut.
    case handshake
    /// The proxy could not be used; the status is there when it answered.
    case proxy(status: Int?)
    /// The connection stood, and the request was not let go.
    case heldBack
    /// Anything else, by libcurl's number.
    case other(code: UInt32)

    /// One clause for a person, free of addresses and secrets.
    package var description: String {
        switch self {
        case .unknownHost: "the host name cannot be resolved"
        case .refused: "the connection was refused"
        case .unreachable: "the host cannot be reached"
        case .timedOut(.lookup): "the name lookup took too long"
        case .timedOut(.connect): "connecting took too long"
        case .timedOut(.handshake): "the TLS handshake took too long"
        case .untrusted(let failure): failure.description
        case .handshake: "the TLS handshake failed"
        case .proxy(nil): "the proxy cannot be used"
        case .proxy(let status?): "the proxy refused to connect (HTTP \(status))"
        case .heldBack: "the request was held back until its time was over"
        case .other(let code): "the request could not be made (libcurl error \(code))"
        }
    }
}
