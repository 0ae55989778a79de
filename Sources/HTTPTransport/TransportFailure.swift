package import Platform
import CLibCurl
import Glibc

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
    /// The connection stood, and the request, or its body, was not let go.
    case heldBack
    /// The request was cut on demand.
    case cut
    /// This machine could not make the connection, and nothing that ended made room for it.
    case machine(MachineLimit)
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
        case .cut: "the request was cut before it left"
        case .machine(let limit): limit.description
        case .other(let code): "the request could not be made (libcurl error \(code))"
        }
    }
}

/// Why a server is not trusted.
package enum TrustFailure: Hashable, Sendable, CustomStringConvertible {
    case pinMismatch, wrongName, expired, notYetValid, unknownAuthority, unusableCAFile
    /// Anything else, by OpenSSL's number.
    case other(code: Int)

    /// One clause for a person.
    package var description: String {
        switch self {
        case .pinMismatch: "the server's key is not the pinned one"
        case .wrongName: "the server's certificate is for another name"
        case .expired: "the server's certificate has expired"
        case .notYetValid: "the server's certificate is not valid yet"
        case .unknownAuthority: "the server's certificate is not signed by a trusted authority"
        case .unusableCAFile: "the CA certificates cannot be used"
        case .other(let code): "the server's certificate is not trusted (verification error \(code))"
        }
    }
}

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
    /// The request was cut on demand.
    case cut

    /// One clause for a person.
    package var description: String {
        switch self {
        case .timedOut: "no answer came in time"
        case .reset: "the connection broke before the answer was complete"
        case .closed: "the connection was closed without an answer"
        case .truncated: "the connection was closed in the middle of the answer"
        case .malformed: "the answer is no HTTP"
        case .cut: "the request was cut before the answer was complete"
        }
    }
}

/// What this machine has no more of to give, which is never the fault of the host that a request was for.
package struct MachineLimit: Hashable, Sendable, CustomStringConvertible {
    /// The value of `errno`.
    private let code: Int32

    static let memory = MachineLimit(code: ENOMEM)
    static let threads = MachineLimit(code: EAGAIN)

    private init(code: Int32) {
        self.code = code
    }

    /// - Parameter code: the value of `errno` of the call that failed; nil comes of one that is about the host.
    init?(_ code: Int32) {
        guard [EMFILE, ENFILE, ENOBUFS, ENOMEM, EAGAIN, EADDRNOTAVAIL].contains(code) else { return nil }
        self.init(code: code)
    }

    /// One clause for a person.
    package var description: String { "this machine cannot make another connection: \(ToolError.systemText(code))" }

    /// What breaks a run that cannot go on, with what to do about it.
    package var error: ToolError {
        let remedy =
            switch code {
            case EMFILE, ENFILE: "raise the limit on open files (ulimit -n)"
            case EAGAIN: "raise the limit on threads (ulimit -u)"
            case EADDRNOTAVAIL: "wait until ports are free"
            default: "make room in memory"
            }
        return ToolError(.broken, description, hint: "\(remedy), or lower --jobs")
    }
}
