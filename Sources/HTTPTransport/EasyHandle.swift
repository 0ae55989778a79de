import Platform
import CLibCurl

/// A libcurl easy handle, with its options typed.
struct EasyHandle: ~Copyable {
    private let handle: UnsafeMutableRawPointer

    /// - Throws: ``ToolError/curlUnusable`` when libcurl has no memory.
    init() throws(ToolError) {
        guard GlobalState.isReady, let handle = curl_easy_init() else { throw .curlUnusable }
        self.handle = handle
    }

    deinit {
        curl_easy_cleanup(handle)
    }

    /// Makes the request. Blocks until it is over.
    func perform() -> CURLcode { curl_easy_perform(handle) }

    @discardableResult
    func set(_ option: CURLoption, _ value: Int) -> CURLcode { certfleet_set_number(handle, option, value) }

    @discardableResult
    func set(_ option: CURLoption, _ value: Bool) -> CURLcode { certfleet_set_number(handle, option, value ? 1 : 0) }

    /// libcurl copies the text; nil takes the option back.
    @discardableResult
    func set(_ option: CURLoption, _ text: String?) -> CURLcode {
        guard let text else { return certfleet_set_pointer(handle, option, nil) }
        return text.withCString { certfleet_set_pointer(handle, option, $0) }
    }

    /// What the pointer points to must outlive the request.
    @discardableResult
    func set(_ option: CURLoption, pointer: UnsafeRawPointer?) -> CURLcode {
        certfleet_set_pointer(handle, option, pointer)
    }

    @discardableResult
    func set(_ option: CURLoption, receiver: curl_write_callback?) -> CURLcode {
        certfleet_set_receiver(handle, option, receiver)
    }

    func setBeforeRequest(_ callback: curl_prereq_callback?) -> CURLcode {
        certfleet_set_before_request(handle, callback)
    }

    /// The body is not copied: it must outlive the request.
    func setBody(_ body: UnsafeBufferPointer<UInt8>) {
        _ = certfleet_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        _ = certfleet_set_pointer(handle, CURLOPT_POSTFIELDS, body.baseAddress)
    }

    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return certfleet_get_number(handle, info, &value) == CURLE_OK ? value : 0
    }

    /// Microseconds for the `_TIME_T` infos.
    func offset(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        return certfleet_get_offset(handle, info, &value) == CURLE_OK ? Int64(value) : 0
    }

    /// A header of the last answer; the first one when it came several times.
    func header(_ name: String) -> String? {
        var header: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(handle, name, 0, UInt32(CURLH_HEADER), -1, &header) == CURLHE_OK,
            let value = header?.pointee.value
        else { return nil }
        return String(cString: value)
    }
}
