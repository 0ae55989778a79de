import CLibCurl
import Glibc
import Platform

/// What one host's requests are made with, one at a time and over one TCP connection each: a libcurl handle, which keeps
/// the host's TLS session. Confined to the loop that made it.
package final class HostHandle {
    /// How far its request is.
    enum State: Equatable {
        case idle
        /// Waits for its host's address.
        case lookingUp(name: String)
        /// Waits for its turn on the loop, or for the machine.
        case waiting
        case running
    }

    let easy: EasyHandle
    var state = State.idle
    /// Where it stands among the loop's handles that have a request.
    var slot = 0
    var call: Call
    /// What stands for no request.
    private let none = Call(
        HTTPRequest(
            .get, of: HTTPRequest.Host(origin: "", nameToLookUp: nil, port: 0, isLoopback: true), target: "/"),
        number: 0, at: .zero, waited: .zero)
    /// Whether the TLS session of a request is kept for the host's next one, and that of an earlier one resumed. Keeping it
    /// costs both sides a seventh of a handshake's work; one that is resumed does not show the server's key.
    package var keepsSession = true
    let settings: TransportSettings
    private let headers: BodyHeaders
    /// What is being sent as a form.
    private var form: Form?
    /// The addresses of the host, for libcurl; kept until the next request replaces them.
    private var addresses: TextList?

    /// - Throws: ``ToolError`` when libcurl lacks memory or what is needed.
    init(
        _ settings: TransportSettings, headers: BodyHeaders
    ) throws(ToolError) {
        self.settings = settings
        self.headers = headers
        call = none
        easy = try EasyHandle()
        try easy.configure(settings)
        try ToolError.check(attach())
    }
}

/// The request under way.
extension HostHandle {
    /// What belongs to one request.
    final class Call {
        let request: HTTPRequest
        /// Counts the loop's requests, so that what comes too late for one does not reach another.
        let number: Int
        /// When it must be over in any case.
        let deadline: Duration?
        /// How long the loop had waited when it began.
        var birth: Duration
        /// Asks the gate; nil when the body has none.
        var ask: (() -> Bool?)?
        /// Told once when the request has waited long; nil when that was told.
        var aged: (() -> Void)?
        var then: ((HTTPExchange) -> Void)?
        /// From when on its time limits count.
        var start: Duration
        /// What this machine lacked for it, and since when.
        var lack: (limit: MachineLimit, since: Duration)?
        /// What a lookup brought; nil when it needed none.
        var finding: NameLookups.Finding?
        var hold = Hold.unasked
        var heldFor = Duration.zero
        var bodyOffset = 0
        /// The connection of which libcurl did not hear yet that it stands.
        var heldSocket: Int32?
        var reception = Reception()

        init(_ request: HTTPRequest, number: Int, at now: Duration, waited: Duration) {
            self.request = request
            self.number = number
            deadline = request.timeout.map { now + $0 }
            birth = waited
            start = now
        }
    }

    /// The number of its request; 0 when it has none.
    var number: Int { call.number }

    func begin(_ call: Call) {
        self.call = call
    }

    /// Ends the request: nothing of it is kept but what libcurl copied, until the next one.
    func end() -> ((HTTPExchange) -> Void)? {
        let then = call.then
        form = nil
        state = .idle
        call = none
        return then
    }

    /// Makes the request anew: nothing of it has left.
    ///
    /// - Parameters:
    ///   - time: from when on its time limits count.
    ///   - finding: what a lookup brought.
    func restart(at time: Duration, finding: NameLookups.Finding?) {
        call.start = time
        call.finding = finding
        call.reception = Reception()
        call.heldSocket = nil
        call.heldFor = .zero
        if isHeld { call.hold = .asked(since: time) }
    }

    func noteLack(of limit: MachineLimit, at now: Duration) {
        call.lack = (limit, call.lack?.since ?? now)
    }

    func takeAged() -> (() -> Void)? {
        defer { call.aged = nil }
        return call.aged
    }

}

/// A request that something is to be done for later, if it is still under way then.
// Safe because the handle is only looked at on the loop.
struct Ticket: @unchecked Sendable {
    let handle: HostHandle
    let number: Int

    init(_ handle: HostHandle) {
        self.init(handle, number: handle.number)
    }

    init(_ handle: HostHandle, number: Int) {
        self.handle = handle
        self.number = number
    }

    var isCurrent: Bool { handle.number == number && handle.state != .idle }

    /// Whether it still waits for its host's address.
    var isLookedUp: Bool {
        if isCurrent, case .lookingUp = handle.state { true } else { false }
    }
}

/// What differs between requests.
extension HostHandle {
    /// Sets it.
    ///
    /// - Returns: the first failure; the request must not be made then, least of all without its pin.
    func prepare(at now: Duration) -> CURLcode {
        limitTime(at: now)
        var code = setURL()
        if code == CURLE_OK { code = setHost() }
        if code == CURLE_OK { code = easy.set(CURLOPT_SSL_SESSIONID_CACHE, keepsSession) }
        if code == CURLE_OK { code = trust(pin: call.request.pin ?? settings.pin) }
        if code == CURLE_OK { code = setMethod() }
        return code
    }

    /// libcurl takes a URL to pieces and puts it together again for each request, one character at a time; what it gets as
    /// the target it sends as it is. Only a proxy may want the whole URL in its place.
    private func setURL() -> CURLcode {
        let (origin, target) = (call.request.host.origin, call.request.target)
        let code = easy.set(CURLOPT_REQUEST_TARGET, settings.hasProxy ? nil : target)
        guard code == CURLE_OK else { return code }
        return easy.set(CURLOPT_URL, settings.hasProxy ? origin + target : origin)
    }

    private func limitTime(at now: Duration) {
        let spent = now - call.start
        var rest = settings.timeout - spent
        if let deadline = call.deadline { rest = min(rest, deadline - now) }
        easy.set(CURLOPT_TIMEOUT_MS, rest.wholeMilliseconds)
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, (settings.connectTimeout - spent).wholeMilliseconds)
    }

    /// What is sent to this machine may be plain http with secrets in it, which must not leave by way of a proxy.
    ///
    /// libcurl keeps addresses in its cache of lookups and walks through all of it with every request: one that was looked
    /// up here need only outlast the moment.
    private func setHost() -> CURLcode {
        let host = call.request.host
        var lifetimeSeconds = 0
        addresses = nil
        if let name = host.nameToLookUp {
            lifetimeSeconds = 60
            if case .addresses(let found) = call.finding {
                lifetimeSeconds = 2
                addresses = try? TextList(["+\(name):\(host.port):\(found.joined(separator: ","))"])
                if addresses == nil { return CURLE_OUT_OF_MEMORY }
            }
        }
        easy.set(CURLOPT_DNS_CACHE_TIMEOUT, lifetimeSeconds)
        easy.set(CURLOPT_RESOLVE, pointer: addresses?.pointer)
        return easy.set(CURLOPT_PROXY, host.isLoopback ? "" : nil)
    }

    /// A right pin is trust enough: the certificate's chain and name are only looked at without one.
    private func trust(pin: String?) -> CURLcode {
        let isChainChecked = pin == nil && !settings.isInsecure
        easy.set(CURLOPT_SSL_VERIFYPEER, isChainChecked)
        easy.set(CURLOPT_SSL_VERIFYHOST, isChainChecked ? 2 : 0)
        return easy.set(CURLOPT_PINNEDPUBLICKEY, pin)
    }

    private func setMethod() -> CURLcode {
        switch call.request.method {
        case .get:
            easy.set(CURLOPT_HTTPHEADER, pointer: nil)
            return easy.set(CURLOPT_HTTPGET, true)
        case .post(let body):
            easy.set(CURLOPT_HTTPHEADER, pointer: headers.json.pointer)
            return call.ask == nil ? easy.setBody(body) : easy.setBody(ofSize: body.count)
        case .form(let fields):
            form = try? Form(fields, of: easy)
            guard let pointer = form?.pointer else { return CURLE_OUT_OF_MEMORY }
            easy.set(CURLOPT_HTTPHEADER, pointer: headers.form.pointer)
            return easy.set(CURLOPT_MIMEPOST, pointer: UnsafeRawPointer(pointer))
        }
    }
}

/// What it came to.
extension HostHandle {
    func ending(_ code: CURLcode) -> HTTPExchange.Ending {
        // The server is not to blame for what was not let go.
        let isOurs = code == CURLE_ABORTED_BY_CALLBACK || code == CURLE_OPERATION_TIMEDOUT && wasHeld
        return isOurs ? .notConnected(.heldBack) : HTTPExchange.Ending(code, of: easy, received: call.reception)
    }

    func exchange(_ ending: HTTPExchange.Ending, at now: Duration) -> HTTPExchange {
        var heldFor = call.heldFor
        if case .asked(let since) = call.hold { heldFor += now - since }
        return HTTPExchange(
            ending, latency: now - call.start - heldFor, isBodySent: isBodySent, serverKey: call.reception.serverKey)
    }

    /// A server that has only a part of a body cannot act on it.
    private var isBodySent: Bool {
        guard call.ask != nil, case .post(let body) = call.request.method else { return true }
        return call.bodyOffset == body.count
    }

    /// Whether the gate had not answered; a transfer that ends while it is paused looks overtaken too.
    private var wasHeld: Bool { isHeld || call.hold == .overtaken }
}

/// What libcurl calls.
extension HostHandle {
    /// libcurl keeps the handle's address: it must outlive its requests.
    private func attach() -> [CURLcode] {
        let context = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
        let data = [
            CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_PREREQDATA,
            CURLOPT_OPENSOCKETDATA, CURLOPT_SSL_CTX_DATA,
        ]
        return data.map { easy.set($0, pointer: context) } + [
            certfleet_set_receiver(easy.pointer, CURLOPT_WRITEFUNCTION, receiveBodyCallback),
            certfleet_set_receiver(easy.pointer, CURLOPT_HEADERFUNCTION, receiveHeaderCallback),
            certfleet_set_reader(easy.pointer, giveBodyCallback),
            certfleet_set_before_request(easy.pointer, mayLeaveCallback),
            certfleet_set_socket_opener(easy.pointer, openSocketCallback),
            certfleet_set_before_handshake(easy.pointer, prepareHandshakeCallback),
        ]
    }

    /// The handle that libcurl's is a part of; nil for one of libcurl's own.
    static func of(easy: UnsafeMutableRawPointer?) -> HostHandle? {
        var context: UnsafeMutableRawPointer?
        guard certfleet_get_pointer(easy, CURLINFO_PRIVATE, &context) == CURLE_OK else { return nil }
        return context.map(of)
    }

    static func of(_ context: UnsafeMutableRawPointer) -> HostHandle {
        Unmanaged<HostHandle>.fromOpaque(context).takeUnretainedValue()
    }

    fileprivate func receive(_ bytes: UnsafeRawBufferPointer) -> Int { call.reception.append(bytes) }

    fileprivate func receive(header line: Bytes) -> Int { call.reception.note(header: line) }

    fileprivate func openSocket(_ address: curl_sockaddr) -> curl_socket_t {
        let number = socket(address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
        if number < 0 { call.reception.machineLimit = MachineLimit(errno) }
        call.reception.hasSocket = true
        // libcurl does not say so of a connection that failed. A proxy at the host's own port is taken for the host.
        call.reception.isByProxy = settings.hasProxy && address.port != call.request.host.port
        return number
    }
}

private let receiveBodyCallback: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    return HostHandle.of(context).receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let receiveHeaderCallback: curl_write_callback = { bytes, size, count, context in
    guard let bytes, let context else { return 0 }
    return UnsafeRawPointer(bytes).withMemoryRebound(to: UInt8.self, capacity: size * count) { line in
        HostHandle.of(context).receive(header: Bytes(start: line, count: size * count))
    }
}

private let giveBodyCallback: curl_read_callback = { bytes, size, count, context in
    guard let bytes, let context else { return Int(CURL_READFUNC_ABORT) }
    return HostHandle.of(context).giveBody(to: UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
}

private let mayLeaveCallback: curl_prereq_callback = { context, _, _, _, _ in
    context.map { HostHandle.of($0).mayLeave() } == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private let openSocketCallback: curl_opensocket_callback = { context, _, address in
    guard let context, let address else { return CURL_SOCKET_BAD }
    return HostHandle.of(context).openSocket(address.pointee)
}

extension curl_sockaddr {
    /// The TCP port, which stands at the same place in addresses of IPv4 and IPv6.
    fileprivate var port: Int {
        withUnsafeBytes(of: addr) { Int($0[2]) << 8 | Int($0[3]) }
    }
}
