import CLibCurl
import Glibc
import Platform

/// What libcurl's callbacks note about the request under way.
struct Reception {
    /// Whether the connection stood and the request was let go, so that bytes of it may have left.
    var isRequestStarted = false
    /// Whether the host's address was known.
    var hasSocket = false
    /// Whether it is a proxy that is connected to.
    var isByProxy = false
    /// What this machine lacked for a connection.
    var machineLimit: MachineLimit?
    private(set) var body: [UInt8] = []
    /// Whether body or headers went past the limit, or past the memory that there is, so that the request was given up.
    private(set) var isTruncated = false
    /// Whether libcurl need be asked for a `Retry-After`: it searches all headers for one.
    fileprivate private(set) var hasRetryAfter = false
    private var headerSize = 0
    /// Whether the server answered by a record of TLS, most likely an alert: it did not understand the request.
    fileprivate private(set) var isTLS = false
    /// The server's public key as a pin; nil when it showed none, as when a session was resumed.
    var serverKey: String?

    /// Takes a part of the body.
    ///
    /// - Returns: how many bytes were taken; libcurl gives up the request when they are not all.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard headerSize > 0 else {
            isTLS = bytes.starts(with: [0x15, 0x03])
            return 0
        }
        let room = hasMemory(for: bytes.count) ? HTTPAnswer.sizeLimit - body.count : 0
        body.append(contentsOf: bytes.prefix(room))
        isTruncated = bytes.count > room
        return min(bytes.count, room)
    }

    /// Whether there is memory for so many bytes more, and for reading them. Runs see to it that there is for short bodies.
    private func hasMemory(for more: Int) -> Bool {
        let size = body.count + more
        return size <= max(body.capacity, 1 << 16) || Memory.has(2 * size + (16 << 20))
    }

    /// Takes note of a header line; returns as ``append(_:)`` does.
    mutating func note(header line: Bytes) -> Int {
        let name: StaticString = "retry-after:"
        if line.count > name.utf8CodeUnitCount, line.part(0..<name.utf8CodeUnitCount).equalsIgnoringCase(name) {
            hasRetryAfter = true
        }
        headerSize += line.count
        isTruncated = headerSize > HTTPAnswer.sizeLimit
        return isTruncated ? 0 : line.count
    }
}

extension HTTPExchange.Ending {
    /// Reads off a handle what its last request came to.
    ///
    /// - Parameters:
    ///   - code: what the request returned.
    ///   - easy: the handle that made it.
    ///   - reception: what its callbacks noted.
    init(_ code: CURLcode, of easy: borrowing EasyHandle, received reception: Reception) {
        if code == CURLE_OK || reception.isTruncated {
            let retryAfter = reception.hasRetryAfter ? easy.header("Retry-After").flatMap(RetryAfter.init) : nil
            let answer = HTTPAnswer(
                status: easy.number(CURLINFO_RESPONSE_CODE), body: reception.body,
                isTruncated: reception.isTruncated, retryAfter: retryAfter)
            self = answer.wantsTLS ? .notConnected(.untrusted(.tlsExpected)) : .answered(answer)
        } else if reception.isTLS {
            self = .notConnected(.untrusted(.tlsExpected))
        } else if reception.isRequestStarted {
            self = .unanswered(AnswerFailure(code), status: Self.status(of: easy))
        } else if let limit = MachineLimit(code, of: easy, noted: reception.machineLimit) {
            self = .notConnected(.machine(limit))
        } else {
            let failure = ConnectFailure(code, of: easy)
            self = .notConnected(reception.isByProxy && failure.isOfTCP ? .proxy(status: nil) : failure)
        }
    }

    /// What a request that is cut now came to.
    init(cut easy: borrowing EasyHandle, received reception: Reception) {
        self = reception.isRequestStarted ? .unanswered(.cut, status: Self.status(of: easy)) : .notConnected(.cut)
    }

    /// Below 200 are announcements of an answer, and 0 is none.
    private static func status(of easy: borrowing EasyHandle) -> Int? {
        let status = easy.number(CURLINFO_RESPONSE_CODE)
        return status < 200 ? nil : status
    }
}

extension HTTPAnswer {
    /// Whether a web server says, without having looked at the request, that it came without TLS to a port for TLS.
    fileprivate var wantsTLS: Bool {
        guard status == 400 else { return false }
        let text = String(decoding: body.prefix(2048), as: UTF8.self)
        return [
            "plain HTTP request was sent to HTTPS port",  // nginx
            "speaking plain HTTP to an SSL-enabled server port",  // Apache
            "sent an HTTP request to an HTTPS server",  // servers written in Go
        ].contains { text.contains($0) }
    }
}

extension AnswerFailure {
    fileprivate init(_ code: CURLcode) {
        switch code {
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut
        case CURLE_GOT_NOTHING: self = .closed
        case CURLE_PARTIAL_FILE: self = .truncated
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR: self = .reset
        default: self = .malformed
        }
    }
}

extension MachineLimit {
    /// What kept this machine from connecting, if anything did.
    ///
    /// - Parameters:
    ///   - code: what the request returned.
    ///   - easy: the handle that made it.
    ///   - noted: what it lacked for a socket.
    fileprivate init?(_ code: CURLcode, of easy: borrowing EasyHandle, noted: MachineLimit?) {
        switch code {
        case CURLE_OUT_OF_MEMORY: self = .memory
        case CURLE_COULDNT_CONNECT:
            guard let limit = noted ?? Self.ofConnecting(easy) else { return nil }
            self = limit
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            // libcurl looks a name up in a thread of its own when there may be a proxy.
            guard easy.isThreadMissing else { return nil }
            self = .threads
        case CURLE_SSL_CACERT_BADFILE:
            // The file was readable when the run began.
            guard let limit = Self.ofOpeningAFile() else { return nil }
            self = limit
        default: return nil
        }
    }

    /// An address that this machine has no route to by IPv6 at all looks like one that it has no free port for.
    private static func ofConnecting(_ easy: borrowing EasyHandle) -> MachineLimit? {
        let code = Int32(truncatingIfNeeded: easy.number(CURLINFO_OS_ERRNO))
        let isIPv6 = easy.text(CURLINFO_PRIMARY_IP).contains(":")
        return code == EADDRNOTAVAIL && isIPv6 ? nil : MachineLimit(code)
    }

    /// What keeps this machine from opening a file now, if anything does.
    static func ofOpeningAFile() -> MachineLimit? {
        let number = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard number < 0 else {
            close(number)
            return nil
        }
        return MachineLimit(errno)
    }
}

extension ConnectFailure {
    /// Whether no TCP connection came about.
    fileprivate var isOfTCP: Bool { [.refused, .unreachable, .timedOut(.connect)].contains(self) }

    fileprivate init(_ code: CURLcode, of easy: borrowing EasyHandle) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: self = .unknownHost
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: self = .proxy(status: nil)
        case CURLE_COULDNT_CONNECT: self = Self.refusal(systemError: easy.number(CURLINFO_OS_ERRNO))
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut(Phase(easy))
        case CURLE_SSL_CONNECT_ERROR: self = easy.isHandshakePlain ? .untrusted(.plainHTTP) : .handshake
        case CURLE_ABORTED_BY_CALLBACK: self = .heldBack
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING: self = Self.cut(easy)
        default: self = TrustFailure(code, of: easy).map(Self.untrusted) ?? .other(code: code.rawValue)
        }
    }

    private static func refusal(systemError: Int) -> ConnectFailure {
        switch Int32(truncatingIfNeeded: systemError) {
        // Taken by the kernel, and thrown out by the server before anything was sent.
        case ECONNREFUSED, ECONNRESET: .refused
        case EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL: .unreachable
        case ETIMEDOUT: .timedOut(.connect)
        default: .other(code: CURLE_COULDNT_CONNECT.rawValue)
        }
    }

    /// The connection broke before the request: a proxy said no, or the handshake was cut.
    private static func cut(_ easy: borrowing EasyHandle) -> ConnectFailure {
        let proxyStatus = easy.number(CURLINFO_HTTP_CONNECTCODE)
        return proxyStatus == 0 || proxyStatus / 100 == 2 ? .handshake : .proxy(status: proxyStatus)
    }
}

extension ConnectFailure.Phase {
    fileprivate init(_ easy: borrowing EasyHandle) {
        if easy.offset(CURLINFO_NAMELOOKUP_TIME_T) == 0 {
            self = .lookup
        } else {
            // Known once TCP connects; libcurl's own time of connecting covers the handshake too.
            self = easy.number(CURLINFO_LOCAL_PORT) == 0 ? .connect : .handshake
        }
    }
}

extension TrustFailure {
    fileprivate init?(_ code: CURLcode, of easy: borrowing EasyHandle) {
        switch code {
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH: self = .pinMismatch
        case CURLE_SSL_CACERT_BADFILE: self = .unusableCAFile
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            self = Self.verification(easy.number(CURLINFO_SSL_VERIFYRESULT))
        default: return nil
        }
    }

    /// OpenSSL's `X509_V_ERR_…` numbers.
    private static func verification(_ result: Int) -> TrustFailure {
        switch result {
        case 0, 1: .wrongName
        case 9: .notYetValid
        case 10: .expired
        case 2, 18, 19, 20, 21: .unknownAuthority
        default: .other(code: result)
        }
    }
}

/// The key that a server shows.
extension HostHandle {
    /// Takes note of the key in a certificate that a server showed.
    fileprivate func noteKey(of certificate: OpaquePointer) {
        let key = X509_get_X509_PUBKEY(certificate)
        var bytes = [UInt8](repeating: 0, count: Int(max(0, i2d_X509_PUBKEY(key, nil))))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var end = buffer.baseAddress
            i2d_X509_PUBKEY(key, &end)
        }
        call.reception.serverKey = PublicKeyPin.text(of: bytes)
    }
}

/// Lets libcurl resume TLS 1.2 by tickets, which it forbids, and has the server's key looked at.
let prepareHandshakeCallback: curl_ssl_ctx_callback = { _, context, handle in
    guard let context = context.map({ OpaquePointer($0) }), let handle else { return CURLE_OK }
    if HostHandle.of(handle).keepsSession { certfleet_allow_tickets(context) }
    SSL_CTX_set_ex_data(context, 0, handle)
    SSL_CTX_set_verify(context, SSL_CTX_get_verify_mode(context), noteKeyCallback)
    return CURLE_OK
}

/// Called by OpenSSL for each certificate of a chain, with its own verdict, which stands.
private let noteKeyCallback: @convention(c) (Int32, OpaquePointer?) -> Int32 = { verdict, store in
    let index = SSL_get_ex_data_X509_STORE_CTX_idx()
    if verdict == 0 || X509_STORE_CTX_get_error_depth(store) == 0,
        let connection = X509_STORE_CTX_get_ex_data(store, index).map({ OpaquePointer($0) }),
        let handle = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), 0),
        let certificate = X509_STORE_CTX_get0_cert(store)
    {
        HostHandle.of(handle).noteKey(of: certificate)
    }
    return verdict
}
