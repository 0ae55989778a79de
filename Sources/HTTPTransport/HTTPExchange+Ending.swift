import CLibCurl
import Glibc

extension HTTPExchange.Ending {
    /// Reads off a handle what its last request came to.
    ///
    /// - Parameters:
    ///   - code: what the request returned.
    ///   - easy: the handle that made it.
    ///   - buffer: what its callbacks noted.
    init(_ code: CURLcode, of easy: borrowing EasyHandle, received buffer: AnswerBuffer) {
        let status = easy.number(CURLINFO_RESPONSE_CODE)
        if code == CURLE_OK || buffer.isTruncated {
            let retryAfter = easy.header("Retry-After").flatMap(RetryAfter.init)
            self = .answered(
                HTTPAnswer(
                    status: status, body: buffer.body, isTruncated: buffer.isTruncated, retryAfter: retryAfter))
        } else if buffer.isRequestStarted {
            // Below 200 are announcements of an answer, and 0 is none.
            self = .unanswered(AnswerFailure(code), status: status < 200 ? nil : status)
        } else {
            self = .notConnected(ConnectFailure(code, of: easy))
        }
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
