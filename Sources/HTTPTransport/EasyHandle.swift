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

    /// Makes a POST of the request that is about to begin, with a body that is copied.
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

    /// Whether libcurl's words about the last request's failure hold one of these.
    private func said(_ words: String...) -> Bool {
        let text = String(cString: errorText)
        return words.contains { text.contains($0) }
    }

    /// Whether the last request failed because no thread could be started to look up its host's name.
    var isThreadMissing: Bool { said("thread failed to start") }

    /// Whether the last request failed because what answered the handshake was no TLS but text.
    var isHandshakePlain: Bool { said("wrong version number", "http request") }

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
            // What comes without a head is taken, to be looked at and refused: it may be TLS.
            set(CURLOPT_HTTP09_ALLOWED, true),
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
            set(CURLOPT_PROXY_CAPATH, nil as String?),
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

/// The headers of requests with a body. An empty Expect keeps libcurl from waiting for a "100 Continue" that no PBX sends.
// A class, because all handles of a loop share it.
final class BodyHeaders {
    let json: TextList
    /// libcurl says itself which kind of body a form is.
    let form: TextList

    /// - Throws: ``ToolError`` when there is no memory.
    init() throws(ToolError) {
        json = try TextList(["Content-Type: application/json", "Expect:"])
        form = try TextList(["Expect:"])
    }
}

/// A form of libcurl's; must outlive the request that sends it.
struct Form: ~Copyable {
    let pointer: OpaquePointer

    /// - Throws: ``ToolError`` when there is no memory.
    init(_ fields: [HTTPRequest.FormField], of easy: borrowing EasyHandle) throws(ToolError) {
        guard let form = curl_mime_init(easy.pointer) else { throw .curlUnusable }
        guard fields.allSatisfy({ Self.add($0, to: form) }) else {
            curl_mime_free(form)
            throw .curlUnusable
        }
        pointer = form
    }

    /// - Returns: whether there is memory for it.
    private static func add(_ field: HTTPRequest.FormField, to form: OpaquePointer) -> Bool {
        guard let part = curl_mime_addpart(form) else { return false }
        let codes = [
            curl_mime_name(part, field.name), curl_mime_filename(part, field.fileName),
            field.content.withUnsafeBytes { content in
                curl_mime_data(part, content.assumingMemoryBound(to: CChar.self).baseAddress, content.count)
            },
        ]
        return codes.allSatisfy { $0 == CURLE_OK }
    }

    deinit {
        curl_mime_free(pointer)
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
