import CLibCurl
import Glibc

/// What libcurl needs once per process.
enum GlobalState {
    /// Whether libcurl is ready; its first use sets it up, for every thread.
    ///
    /// A broken pipe must not end the process, and libcurl leaves that to us once it is told to use no signals.
    static let isReady: Bool = {
        signal(SIGPIPE, SIG_IGN)
        return curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
    }()
}
