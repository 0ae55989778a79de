import CLibCurl
import Glibc

/// What libcurl's callbacks note about the request under way.
struct Reception {
    /// Whether the connection stood and the request was let go, so that bytes of it may have left.
    var isRequestStarted = false
    /// Whether the host's address was known.
    var hasSocket = false
    /// What this machine lacked for a connection.
    var machineLimit: MachineLimit?
    private(set) var body: [UInt8] = []
    /// Whether body or headers went past the limit, so that the request was given up.
    private(set) var isTruncated = false
    private var headerSize = 0

    /// Takes a part of the body.
    ///
    /// - Returns: how many bytes were taken; libcurl gives up the request when they are not all.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Int {
        let room = HTTPAnswer.sizeLimit - body.count
        body.append(contentsOf: bytes.prefix(room))
        isTruncated = bytes.count > room
        return min(bytes.count, room)
    }

    /// Takes note of a header line; returns as ``append(_:)`` does.
    mutating func countHeader(_ size: Int) -> Int {
        headerSize += size
        isTruncated = headerSize > HTTPAnswer.sizeLimit
        return isTruncated ? 0 : size
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
            let retryAfter = easy.header("Retry-After").flatMap(RetryAfter.init)
            self = .answered(
                HTTPAnswer(
                    status: easy.number(CURLINFO_RESPONSE_CODE), body: reception.body,
                    isTruncated: reception.isTruncated, retryAfter: retryAfter))
        } else if reception.isRequestStarted {
            self = .unanswered(AnswerFailure(code), status: Self.status(of: easy))
        } else if let limit = MachineLimit(code, of: easy, noted: reception.machineLimit) {
            self = .notConnected(.machine(limit))
        } else {
            self = .notConnected(ConnectFailure(code, of: easy))
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

    private static func ofOpeningAFile() -> MachineLimit? {
        let number = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard number < 0 else {
            close(number)
            return nil
        }
        return MachineLimit(errno)
    }
}

extension ConnectFailure {
    fileprivate init(_ code: CURLcode, of easy: borrowing EasyHandle) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST: self = .unknownHost
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY: self = .proxy(status: nil)
        case CURLE_COULDNT_CONNECT: self = Self.refusal(systemError: easy.number(CURLINFO_OS_ERRNO))
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut(Phase(easy))
        case CURLE_SSL_CONNECT_ERROR: self = .handshake
        case CURLE_ABORTED_BY_CALLBACK: self = .heldBack
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING: self = Self.cut(easy)
        default: self = TrustFailure(code, of: easy).map(Self.untrusted) ?? .other(code: code.rawValue)
        }
    }

    private static func refusal(systemError: Int) -> ConnectFailure {
        switch Int32(truncatingIfNeeded: systemError) {
        case ECONNREFUSED: .refused
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
