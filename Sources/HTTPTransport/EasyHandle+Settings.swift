import Platform
import CLibCurl

extension EasyHandle {
    /// Sets what stays the same for every request.
    ///
    /// - Throws: ``ToolError`` when libcurl does not know an option.
    borrowing func configure(_ settings: TransportSettings) throws(ToolError) {
        try ToolError.check(setProtocol() + setConnection(settings) + setTrust(settings))
    }

    /// Sets how long the next request may take.
    borrowing func limit(to timeout: Duration) {
        set(CURLOPT_TIMEOUT_MS, timeout.milliseconds)
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

    private borrowing func setConnection(_ settings: TransportSettings) -> [CURLcode] {
        [
            set(CURLOPT_NOSIGNAL, true),
            set(CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeout.milliseconds),
            // On a kept connection that died meanwhile libcurl would send a request again by itself.
            set(CURLOPT_FORBID_REUSE, true),
            // A PBX's answers are small; libcurl gets its usual 16 KiB from the system anew for each request.
            set(CURLOPT_BUFFERSIZE, 1024),
            // A name lookup that hangs must not outlast the time limit.
            set(CURLOPT_QUICK_EXIT, true),
        ]
    }

    private borrowing func setTrust(_ settings: TransportSettings) -> [CURLcode] {
        // Every connection shows its certificate: one that changes during the run is seen at once.
        let sessions = set(CURLOPT_SSL_SESSIONID_CACHE, false)
        let roots = settings.caFile.map(TrustRoots.file) ?? TrustRoots.system
        return [
            sessions, set(CURLOPT_CAINFO, roots.file), set(CURLOPT_CAPATH, roots.directory),
            set(CURLOPT_PROXY_CAINFO, roots.file), set(CURLOPT_PROXY_CAPATH, roots.directory),
        ]
    }
}

extension Duration {
    /// Whole milliseconds, rounded up and at least 1, because libcurl takes 0 for "no limit".
    fileprivate var milliseconds: Int {
        let (seconds, attoseconds) = components
        let inMilliseconds = attoseconds / 1_000_000_000_000_000
        let isRounded = attoseconds % 1_000_000_000_000_000 == 0
        return max(1, Int(seconds * 1000 + inMilliseconds) + (isRounded ? 0 : 1))
    }
}
