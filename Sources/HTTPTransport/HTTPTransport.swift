package import Platform
import CLibCurl
import Glibc

/// Makes requests, one at a time, over one libcurl handle and one TCP connection each.
///
/// Confined to the worker that made it. HTTP/1.1 over `http` and `https` and nothing else: no redirect is followed, no
/// cookie or `.netrc` read. Proxies come from the environment as with curl, but none is used to reach this machine. A
/// request is never sent twice.
package final class HTTPTransport {
    private let easy: EasyHandle
    private let postHeaders: TextList
    private let buffer = AnswerBuffer()
    private let settings: TransportSettings

    private static let lookupLifetimeSeconds = 60

    /// - Parameter settings: what holds for every request.
    /// - Throws: ``ToolError`` when the CA file or the pin cannot be used, or libcurl lacks what is needed.
    package init(_ settings: TransportSettings) throws(ToolError) {
        try settings.validate()
        self.settings = settings
        easy = try EasyHandle()
        // An empty Expect keeps libcurl from waiting for a "100 Continue" that no PBX sends.
        postHeaders = try TextList(["Content-Type: application/json", "Expect:"])
        try easy.configure(settings)
        easy.set(CURLOPT_SSL_SESSIONID_CACHE, false)
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeout.wholeMilliseconds)
        try ToolError.check(buffer.attach(to: easy))
    }

    /// Makes one request. Blocks until its answer is read, or it failed, or its time is over.
    ///
    /// Whatever goes wrong is part of what is returned. Name lookups that hang are left behind when the time is over.
    package func send(_ request: HTTPRequest) -> HTTPExchange {
        let start = monotonicTime()
        buffer.reset()
        var code = prepare(request)
        if code == CURLE_OK { code = perform(request.method) }
        let ending = HTTPExchange.Ending(code, of: easy, received: buffer.reception)
        return HTTPExchange(ending, latency: monotonicTime() - start)
    }

    /// The same for a request that must not leave before something is done.
    ///
    /// - Parameters:
    ///   - request: what to send.
    ///   - mayLeave: asked once the connection stands, before a byte of the request leaves; may block. The request is
    ///     held back when it says no, and when the time is over by then.
    package func send(_ request: HTTPRequest, mayLeave: () -> Bool) -> HTTPExchange {
        let (start, limit) = (monotonicTime(), limit(of: request))
        var asking = Duration.zero
        let exchange = withoutActuallyEscaping(mayLeave) { mayLeave in
            buffer.mayLeave = { [self] in
                let question = monotonicTime()
                let isAllowed = mayLeave()
                let answer = monotonicTime()
                asking = answer - question
                return isAllowed && answer - start < limit
            }
            defer { buffer.mayLeave = { true } }
            return send(request)
        }
        return HTTPExchange(exchange.ending, latency: exchange.latency - asking)
    }

    private func limit(of request: HTTPRequest) -> Duration {
        min(request.timeout ?? settings.timeout, settings.timeout)
    }

    /// Sets what differs between requests.
    ///
    /// - Returns: the first failure; the request must not be made then, least of all without its pin.
    private func prepare(_ request: HTTPRequest) -> CURLcode {
        easy.set(CURLOPT_TIMEOUT_MS, limit(of: request).wholeMilliseconds)
        let host = request.host
        easy.set(CURLOPT_DNS_CACHE_TIMEOUT, host.kind == .address ? 0 : Self.lookupLifetimeSeconds)
        var code = easy.set(CURLOPT_URL, request.url)
        if code == CURLE_OK { code = chooseProxy(for: host) }
        return code == CURLE_OK ? trust(pin: request.pin ?? settings.pin) : code
    }

    /// What is sent to this machine may be plain http with secrets in it, which must not leave by way of a proxy.
    private func chooseProxy(for host: HTTPRequest.Host) -> CURLcode {
        let noProxy: String? = host.isLoopback ? "" : nil
        return easy.set(CURLOPT_PROXY, noProxy)
    }

    /// A right pin is trust enough: the certificate's chain and name are only looked at without one.
    private func trust(pin: String?) -> CURLcode {
        let isChainChecked = pin == nil && !settings.isInsecure
        easy.set(CURLOPT_SSL_VERIFYPEER, isChainChecked)
        easy.set(CURLOPT_SSL_VERIFYHOST, isChainChecked ? 2 : 0)
        return easy.set(CURLOPT_PINNEDPUBLICKEY, pin)
    }

    private func perform(_ method: HTTPRequest.Method) -> CURLcode {
        switch method {
        case .get:
            easy.set(CURLOPT_HTTPHEADER, pointer: nil)
            easy.set(CURLOPT_HTTPGET, true)
        case .post(let body):
            easy.set(CURLOPT_HTTPHEADER, pointer: postHeaders.pointer)
            easy.set(CURLOPT_POST, true)
            _ = easy.setBody(body)
        }
        return curl_easy_perform(easy.pointer)
    }

    private func monotonicTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// Where libcurl's callbacks of a blocking request lead.
private final class AnswerBuffer {
    private(set) var reception = Reception()
    /// Asked when the connection stands: whether the request may leave.
    var mayLeave: () -> Bool = { true }

    func reset() {
        reception = Reception()
    }

    /// Sets the callbacks of a handle; the buffer must outlive the handle's requests.
    func attach(to easy: borrowing EasyHandle) -> [CURLcode] {
        let context = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
        return [
            easy.set(CURLOPT_WRITEDATA, pointer: context),
            easy.set(CURLOPT_HEADERDATA, pointer: context),
            easy.set(CURLOPT_PREREQDATA, pointer: context),
            certfleet_set_receiver(easy.pointer, CURLOPT_WRITEFUNCTION, receiveBody),
            certfleet_set_receiver(easy.pointer, CURLOPT_HEADERFUNCTION, receiveHeader),
            certfleet_set_before_request(easy.pointer, askBeforeRequest),
        ]
    }

    fileprivate static func of(_ context: UnsafeMutableRawPointer) -> AnswerBuffer {
        Unmanaged<AnswerBuffer>.fromOpaque(context).takeUnretainedValue()
    }

    fileprivate func append(_ bytes: UnsafeRawBufferPointer) -> Int { reception.append(bytes) }

    fileprivate func countHeader(_ size: Int) -> Int { reception.countHeader(size) }

    fileprivate func startRequest() -> Bool {
        reception.isRequestStarted = mayLeave()
        return reception.isRequestStarted
    }
}

// libcurl gives up the request when a receiver takes less than it was given.

private let receiveBody: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    return AnswerBuffer.of(context).append(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let receiveHeader: curl_write_callback = { _, size, count, context in
    guard let context else { return 0 }
    return AnswerBuffer.of(context).countHeader(size * count)
}

private let askBeforeRequest: curl_prereq_callback = { context, _, _, _, _ in
    guard let context, AnswerBuffer.of(context).startRequest() else { return CURL_PREREQFUNC_ABORT }
    return CURL_PREREQFUNC_OK
}
