import CLibCurl
import Glibc
package import Platform

/// One request to send. Its target and body may hold secrets, so it shows only its method wherever it is printed.
package struct HTTPRequest: Sendable, CustomStringConvertible, CustomReflectable {
    /// What the request does, and with which body.
    package enum Method: Sendable {
        case get
        /// The body is sent as `application/json`.
        case post(body: [UInt8])
        /// A POST of `multipart/form-data`, its fields in this order.
        case form([FormField])
    }

    /// A field of a form.
    package struct FormField: Sendable {
        /// The field's name.
        package let name: String
        /// The name of the file that it is; nil for a plain text.
        package let fileName: String?
        /// What stands in it.
        package let content: [UInt8]

        /// - Parameters:
        ///   - name: the field's name.
        ///   - fileName: the name of the file that it is; nil for a plain text.
        ///   - content: what stands in it.
        package init(name: String, fileName: String? = nil, content: [UInt8]) {
            self.name = name
            self.fileName = fileName
            self.content = content
        }
    }

    /// What it does, and with which body.
    package let method: Method
    /// Whom to ask.
    package let host: Host
    /// Path and query of the URL, percent-encoded; begins with a slash.
    package let target: String
    /// Keys of which the server must have one, as ``TransportSettings/pin``; beats the one of the settings.
    package let pin: String?
    /// For the whole request, when that is shorter than what the settings allow.
    package let timeout: Duration?

    /// - Parameters:
    ///   - method: what the request does.
    ///   - host: whom to ask.
    ///   - target: path and query of the URL, percent-encoded; begins with a slash.
    ///   - pin: keys of which the server must have one; nil for those of the settings.
    ///   - timeout: for the whole request, when that is shorter than what the settings allow.
    package init(_ method: Method, of host: Host, target: String, pin: String? = nil, timeout: Duration? = nil) {
        self.method = method
        self.host = host
        self.target = target
        self.pin = pin
        self.timeout = timeout
    }

    /// The method alone.
    package var description: String {
        switch method {
        case .get: "GET"
        case .post, .form: "POST"
        }
    }

    /// Nothing, so that a dump shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension HTTPRequest {
    /// A server, as far as the transport must know it.
    package struct Host: Hashable, Sendable {
        /// What its URLs begin with, up to the path: `https://pbx.example:8088`.
        package let origin: String
        /// The server's name in lower case; nil for an address and a name of this machine, which libcurl knows by itself.
        let nameToLookUp: String?
        /// TCP port.
        let port: Int
        /// Whether it is this machine: `localhost`, `[::1]` or an address of 127.0.0.0/8.
        let isLoopback: Bool

        /// - Parameters:
        ///   - origin: what its URLs begin with, up to the path: scheme `http` or `https`, name and port.
        ///   - nameToLookUp: the server's name in lower case; nil for an address and a name of this machine.
        ///   - port: TCP port.
        ///   - isLoopback: whether it is this machine, so that no proxy is asked for it.
        package init(origin: String, nameToLookUp: String?, port: Int, isLoopback: Bool) {
            self.origin = origin
            self.nameToLookUp = nameToLookUp
            self.port = port
            self.isLoopback = isLoopback
        }

        /// Whether there is no TLS, so that a request leaves as soon as the connection stands.
        var isPlain: Bool { origin.utf8.starts(with: "http:".utf8) }
    }
}

/// What one request came to, and how long it took.
package struct HTTPExchange: Sendable {
    /// Which of three things happened: they differ in what the server may have done.
    package enum Ending: Hashable, Sendable {
        /// A whole answer came.
        case answered(HTTPAnswer)
        /// Nothing left on which the server can have acted: no byte, or the head of a request whose body was held back.
        case notConnected(ConnectFailure)
        /// The request, or a part of it, may have left: the server may have acted on it. The status is there when the
        /// head of an answer came.
        case unanswered(AnswerFailure, status: Int?)
    }

    /// What the request came to.
    package let ending: Ending
    /// From the call to its end, name lookup included, without the time for which the request was held back.
    package let latency: Duration
    /// Whether the whole body may have left, or there was none; without all of its body a request changes nothing.
    package let isBodySent: Bool
    /// The server's public key as a pin, trusted or not; nil when it showed none, as on a resumed TLS session.
    package let serverKey: String?

    /// - Parameters:
    ///   - ending: what the request came to.
    ///   - latency: from the call to its end.
    ///   - isBodySent: false when the body was not handed over to its end.
    ///   - serverKey: the server's public key as a pin; nil when it showed none.
    package init(_ ending: Ending, latency: Duration, isBodySent: Bool = true, serverKey: String? = nil) {
        self.ending = ending
        self.latency = latency
        self.isBodySent = isBodySent
        self.serverKey = serverKey
    }
}

extension HTTPExchange.Ending {
    /// Whether this machine lacked something for the request.
    var isMachineLimit: Bool {
        if case .notConnected(.machine) = self { true } else { false }
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
    /// Whether body or headers went past ``sizeLimit``, or past the memory that there is; the rest was not read.
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

/// Why nothing of a request left on which the server can have acted.
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
    /// By TLS, or because there is none, this is not the server that was meant; another try would not change that.
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
        case .proxy(nil): "the proxy that the environment names cannot be used: is https_proxy or the like right?"
        case .proxy(407): "the proxy wants a login (HTTP 407), as in https_proxy=http://USER:PASSWORD@PROXY:PORT"
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
    /// The server answered the handshake in plain HTTP.
    case plainHTTP
    /// The server takes only TLS, and the request was plain HTTP.
    case tlsExpected
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
        case .plainHTTP: "the server speaks plain HTTP where TLS was expected: check the port and the URL's https"
        case .tlsExpected: "the server expects TLS where plain HTTP was sent: begin the URL with https"
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

    static let files = MachineLimit(code: EMFILE)
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
