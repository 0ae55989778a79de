import CLibCurl
import Glibc
import Platform

/// A libcurl easy handle, with its options typed.
struct EasyHandle: ~Copyable {
    let pointer: UnsafeMutableRawPointer
    /// Where libcurl explains an error.
    private let errorText: UnsafeMutablePointer<CChar>

    /// - Throws: ``ToolError`` when libcurl has no memory.
    init() throws(ToolError) {
        guard Self.isLibraryReady, let pointer = curl_easy_init() else { throw .curlUnusable }
        self.pointer = pointer
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        set(CURLOPT_ERRORBUFFER, pointer: errorText)
    }

    deinit {
        curl_easy_cleanup(pointer)
        errorText.deallocate()
    }

    /// Whether libcurl is ready; its first use sets it up, for every thread.
    ///
    /// A broken pipe must not end the process, and libcurl leaves that to us once it is told to use no signals. It must
    /// not write the keys of TLS sessions to a file, whoever asks for that.
    static let isLibraryReady: Bool = {
        signal(SIGPIPE, SIG_IGN)
        unsetenv("SSLKEYLOGFILE")
        return curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
    }()

    @discardableResult
    func set(_ option: CURLoption, _ value: Int) -> CURLcode { certfleet_set_number(pointer, option, value) }

    @discardableResult
    func set(_ option: CURLoption, _ value: Bool) -> CURLcode { certfleet_set_number(pointer, option, value ? 1 : 0) }

    /// libcurl copies the text; nil takes the option back.
    @discardableResult
    func set(_ option: CURLoption, _ text: String?) -> CURLcode {
        guard let text else { return certfleet_set_pointer(pointer, option, nil) }
        return text.withCString { certfleet_set_pointer(pointer, option, $0) }
    }

    /// What the pointer points to must outlive the request.
    @discardableResult
    func set(_ option: CURLoption, pointer value: UnsafeRawPointer?) -> CURLcode {
        certfleet_set_pointer(pointer, option, value)
    }

    /// Makes a POST of the next request, with a body that is copied.
    func setBody(_ body: [UInt8]) -> CURLcode {
        _ = certfleet_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        return body.withUnsafeBytes { certfleet_set_pointer(pointer, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
    }

    /// Makes a POST of the next request, with a body that the read callback gives.
    func setBody(ofSize size: Int) -> CURLcode {
        _ = certfleet_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(size))
        _ = certfleet_set_pointer(pointer, CURLOPT_POSTFIELDS, nil)
        return set(CURLOPT_POST, true)
    }

    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return certfleet_get_number(pointer, info, &value) == CURLE_OK ? value : 0
    }

    /// Microseconds for the `_TIME_T` infos.
    func offset(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        return certfleet_get_offset(pointer, info, &value) == CURLE_OK ? Int64(value) : 0
    }

    /// A text of the last request; empty when there is none.
    func text(_ info: CURLINFO) -> String {
        var value: UnsafeMutableRawPointer?
        guard certfleet_get_pointer(pointer, info, &value) == CURLE_OK, let value else { return "" }
        return String(cString: value.assumingMemoryBound(to: CChar.self))
    }

    /// Whether the last request failed because no thread could be started to look up its host's name.
    var isThreadMissing: Bool { String(cString: errorText).contains("thread failed to start") }

    /// A header of the last answer; the first one when it came several times.
    func header(_ name: String) -> String? {
        var header: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(pointer, name, 0, UInt32(CURLH_HEADER), -1, &header) == CURLHE_OK,
            let value = header?.pointee.value
        else { return nil }
        return String(cString: value)
    }
}

/// What stays the same for every request.
extension EasyHandle {
    /// - Throws: ``ToolError`` when libcurl does not know an option.
    borrowing func configure(_ settings: TransportSettings) throws(ToolError) {
        let codes = setProtocol() + setConnection() + setTrust(settings)
        try ToolError.check(codes)
    }

    private borrowing func setProtocol() -> [CURLcode] {
        [
            set(CURLOPT_PROTOCOLS_STR, "http,https"),
            set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1),
            set(CURLOPT_USERAGENT, "OpenAPI"),
            set(CURLOPT_FOLLOWLOCATION, false),
            set(CURLOPT_NETRC, Int(CURL_NETRC_IGNORED.rawValue)),
            set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true),
        ]
    }

    private borrowing func setConnection() -> [CURLcode] {
        [
            set(CURLOPT_NOSIGNAL, true),
            // On a kept connection that died meanwhile libcurl would send a request again by itself.
            set(CURLOPT_FORBID_REUSE, true),
            // A PBX's answers are small; libcurl gets its usual 16 and 64 KiB from the system anew for each request.
            set(CURLOPT_BUFFERSIZE, 1024),
            set(CURLOPT_UPLOAD_BUFFERSIZE, 16_384),
            // A name lookup that hangs must not outlast the time limit.
            set(CURLOPT_QUICK_EXIT, true),
        ]
    }

    /// A folder of authorities beside the file, as libcurl is built to look at, would have the file read anew for every
    /// connection.
    private borrowing func setTrust(_ settings: TransportSettings) -> [CURLcode] {
        guard let file = settings.authorities else { return [] }
        return [
            set(CURLOPT_CAINFO, file), set(CURLOPT_CAPATH, nil as String?), set(CURLOPT_PROXY_CAINFO, file),
            set(CURLOPT_PROXY_CAPATH, nil as String?), certfleet_set_tickets_allowed(pointer),
        ]
    }
}

/// A libcurl list of texts; must outlive the requests that use it.
struct TextList: ~Copyable {
    let pointer: UnsafeMutablePointer<curl_slist>?

    /// - Throws: ``ToolError`` when there is no memory.
    init(_ lines: [String]) throws(ToolError) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                throw .curlUnusable
            }
            list = longer
        }
        pointer = list
    }

    deinit {
        curl_slist_free_all(pointer)
    }
}

extension Duration {
    /// Whole milliseconds, rounded up and at least 1, because libcurl takes 0 for "no limit".
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        let inMilliseconds = attoseconds / 1_000_000_000_000_000
        let isRounded = attoseconds % 1_000_000_000_000_000 == 0
        return max(1, Int(seconds * 1000 + inMilliseconds) + (isRounded ? 0 : 1))
    }
}

extension ToolError {
    static let curlUnusable = ToolError(.broken, "libcurl cannot be set up")

    static func refusedOption(code: UInt32) -> ToolError {
        ToolError(.broken, "libcurl is too old or lacks a feature (it refuses an option with error \(code))")
    }

    /// - Throws: ``ToolError`` when libcurl refused an option.
    static func check(_ codes: [CURLcode]) throws(ToolError) {
        guard let code = codes.first(where: { $0 != CURLE_OK }) else { return }
        throw .refusedOption(code: code.rawValue)
    }
}

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
