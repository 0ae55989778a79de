import CLibCurl
import DequeModule
import Glibc
package import Platform
import Synchronization

/// Makes requests, many at a time: an event loop over one libcurl multi handle.
///
/// It occupies the queue that calls ``run()``; other threads reach it by ``post(_:)``. All else is for the loop itself:
/// what is posted, and what requests call back. HTTP/1.1 over `http` and `https` and nothing else: no redirect is
/// followed, no cookie or `.netrc` read. Proxies come from the environment as with curl, but none is used to reach this
/// machine.
///
/// A request of which a byte may have left is never sent again here. One for which this machine lacks something (open files,
/// memory, threads, ports), so that nothing of it left, is made anew when another one ends.
// Safe because all but the inbox, which has a lock, is only reached on the loop.
package final class TransportLoop: @unchecked Sendable {
    let settings: TransportSettings
    let lookups: NameLookups
    private let headers: BodyHeaders
    private let multi: UnsafeMutableRawPointer
    let clock = SystemClock()
    private let inbox: Inbox
    private var sockets: SocketSet

    private var isStopped = false
    /// What was taken from the inbox last; kept for its memory.
    private var posted: [@Sendable () -> Void] = []
    /// The handles that have a request.
    var busy: [HostHandle] = []
    private var lastNumber = 0
    var room = MachineRoom()
    /// Requests to hand to libcurl in this turn.
    private var ready: Deque<Ticket> = []
    /// Paused transfers whose server has answered or gone.
    private var overtaken: [Ticket] = []
    /// Requests that must not leave as soon as they are connected, by the socket that connects.
    private var connecting: [Int32: Ticket] = [:]
    /// Requests that this machine lacks something for, the oldest first.
    var parked: Deque<Ticket> = []
    /// When libcurl wants to be called.
    private var deadline: Duration?
    /// When the requests that wait for a name or for the machine are looked at again.
    var patrol: Duration?
    /// How long the loop has waited so far, and not worked.
    private var waited = Duration.zero
    /// Before which time of waiting no request gets old.
    private var nextAge: Duration?

    private static let age = Duration.milliseconds(100)
    static let patrolPause = Duration.milliseconds(50)

    /// - Parameters:
    ///   - settings: what holds for every request.
    ///   - lookups: shared by all loops of a run.
    /// - Throws: ``ToolError`` when the CA file or the pin cannot be used, libcurl lacks what is needed, or this machine
    ///   has no files left to open.
    package init(_ settings: TransportSettings, lookups: NameLookups) throws(ToolError) {
        try settings.validate()
        self.settings = settings
        self.lookups = lookups
        headers = try BodyHeaders()
        inbox = try Inbox()
        sockets = try SocketSet(bell: inbox.bell.number)
        guard EasyHandle.isLibraryReady, let multi = curl_multi_init() else { throw .curlUnusable }
        self.multi = multi
        certfleet_watch(multi, watchSocket, setTimer, Unmanaged.passUnretained(self).toOpaque())
    }

    deinit {
        curl_multi_cleanup(multi)
    }

    /// Works until ``stop()``.
    package func run() {
        while !isStopped { turn() }
        cutAll()
        room.note(isStarving: false)
    }

    /// Cuts what is under way and lets ``run()`` return; from any thread.
    package func stop() {
        post { [self] in isStopped = true }
    }

    /// Has something done on the loop, soon; from any thread. What is posted after the loop has stopped is not done.
    package func post(_ work: @escaping @Sendable () -> Void) {
        inbox.post(work)
    }

    /// Makes a handle for a host's requests.
    ///
    /// - Throws: ``ToolError`` when libcurl lacks memory.
    package func makeHandle() throws(ToolError) -> HostHandle {
        try HostHandle(settings, headers: headers)
    }
}

/// Requests.
extension TransportLoop {
    /// Makes a request, and calls back when it is over.
    ///
    /// - Parameters:
    ///   - request: what to send.
    ///   - handle: of the request's host; it must have no other request under way.
    ///   - gate: holds back the body of a POST, which must not be empty: called once, when the connection stands. Says
    ///     whether the body may leave; nil when that will be known later, by the gate it is given. The head waits, too, for up
    ///     to 200 ms, unless there is TLS, or the environment names a proxy. No request must be started or cut in it.
    ///   - aged: called once when the request has waited for 100 ms, not counting what the loop worked meanwhile.
    ///   - then: called once with what it came to; whatever goes wrong is part of that.
    package func start(
        _ request: HTTPRequest, on handle: HostHandle, gate: ((BodyGate) -> Bool?)? = nil,
        aged: (() -> Void)? = nil, then: @escaping (HTTPExchange) -> Void
    ) {
        precondition(handle.state == .idle, "a handle makes one request at a time")
        lastNumber += 1
        let call = HostHandle.Call(request, number: lastNumber, at: clock.now(), waited: waited)
        call.aged = aged
        call.then = then
        if let gate, case .post = request.method {
            call.ask = { [self, ticket = Ticket(handle, number: lastNumber)] in
                gate(BodyGate(loop: self, ticket: ticket))
            }
        }
        handle.begin(call)
        handle.slot = busy.count
        busy.append(handle)
        if aged != nil, nextAge == nil { nextAge = waited + Self.age }
        findHost(of: Ticket(handle))
    }

    /// Takes a handle's request, if it has one, off the network at once; it ends as cut. Not for a callback of ``start``'s
    /// gate.
    package func cut(_ handle: HostHandle) {
        guard handle.state != .idle else { return }
        let ending = HTTPExchange.Ending(cut: handle.easy, received: handle.call.reception)
        if handle.state == .running { release(handle) }
        finish(handle, ending)
    }

    /// Cuts every request.
    package func cutAll() {
        for handle in busy { cut(handle) }
    }

    /// Lets a body leave or not.
    func answer(_ ticket: Ticket, _ mayLeave: Bool) {
        guard ticket.isCurrent else { return }
        let hold: HostHandle.Hold = !mayLeave ? .withheld : ticket.handle.hasEarlyAnswer ? .overtaken : .open
        if ticket.handle.answerGate(hold, at: clock.now()) { resume(ticket.handle) }
    }

    /// Lets a request go on: before its head libcurl waits for its socket alone, behind it the transfer is paused.
    private func resume(_ handle: HostHandle) {
        if let socket = handle.call.heldSocket {
            act(on: socket, CURL_CSELECT_OUT)
        } else {
            curl_easy_pause(handle.easy.pointer, CURLPAUSE_CONT)
        }
    }

    private func act(on socket: Int32, _ what: Int32) {
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, what, &running)
    }

    func findHost(of ticket: Ticket) {
        let handle = ticket.handle
        handle.state = .waiting
        // A proxy looks names up by itself.
        guard !settings.hasProxy, let name = handle.call.request.host.nameToLookUp, name.isLookedUpHere else {
            ready.append(ticket)
            return
        }
        handle.state = .lookingUp(name: name)
        let known = lookups.find(name) { [self] found in
            post { if ticket.isLookedUp { self.take(found, for: ticket.handle) } }
        }
        if let known {
            take(known, for: handle)
        } else {
            schedulePatrol(at: clock.now())
        }
    }

    private func take(_ found: NameLookups.Found, for handle: HostHandle) {
        // Waiting for a thread was no fault of the host's.
        handle.restart(at: max(handle.call.start, found.start), finding: found.finding)
        handle.state = .waiting
        ready.append(Ticket(handle))
    }

    /// Hands a request to libcurl.
    private func admit(_ handle: HostHandle) {
        switch handle.call.finding {
        case .unknown, .noAnswer: return finish(handle, .notConnected(.unknownHost))
        case .machine(let limit): return park(handle, for: limit)
        case .addresses, nil: break
        }
        guard room.mayGrow else { return park(handle, for: nil) }
        var code = handle.prepare(at: clock.now())
        if code == CURLE_OK, curl_multi_add_handle(multi, handle.easy.pointer) != CURLM_OK {
            code = CURLE_OUT_OF_MEMORY
        }
        guard code == CURLE_OK else { return settle(handle, code) }
        handle.state = .running
        room.take()
    }

    /// Takes a request back from libcurl.
    private func release(_ handle: HostHandle) {
        curl_multi_remove_handle(multi, handle.easy.pointer)
        handle.state = .waiting
        room.giveBack()
    }

    private func settle(_ handle: HostHandle, _ code: CURLcode) {
        let ending = handle.ending(code)
        if case .notConnected(.machine(let limit)) = ending { return park(handle, for: limit) }
        finish(handle, ending)
    }

    func finish(_ handle: HostHandle, _ ending: HTTPExchange.Ending) {
        let now = clock.now()
        let exchange = handle.exchange(ending, at: now)
        busy[busy.count - 1].slot = handle.slot
        busy.swapAt(handle.slot, busy.count - 1)
        busy.removeLast()
        let then = handle.end()
        if !ending.isMachineLimit { room.noteEnd(at: now) }
        if room.mayGrow { admitParked() }
        then?(exchange)
    }
}

/// A turn.
extension TransportLoop {
    private func turn() {
        repeat {
            inbox.take(into: &posted)
            for work in posted { work() }
            while let ticket = ready.popFirst() {
                if ticket.isCurrent, ticket.handle.state == .waiting { admit(ticket.handle) }
            }
            resumeOvertaken()
            runDue(at: clock.now())
            collect()
        } while !ready.isEmpty || !overtaken.isEmpty
        patrol(at: clock.now())
        room.note(isStarving: !parked.isEmpty && room.running == 0)
        if ready.isEmpty, !isStopped { wait() }
        age()
    }

    /// Lets libcurl read what a server said before it got the body, which stays here.
    private func resumeOvertaken() {
        let tickets = overtaken
        overtaken = []
        for ticket in tickets where ticket.isCurrent { resume(ticket.handle) }
    }

    private func runDue(at now: Duration) {
        guard let deadline, deadline <= now else { return }
        self.deadline = nil
        act(on: CURL_SOCKET_TIMEOUT, 0)
    }

    private func collect() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard let handle = HostHandle.of(easy: message.pointee.easy_handle) else { continue }
            let code = message.pointee.data.result
            release(handle)
            settle(handle, code)
        }
    }

    private func wait() {
        sockets.update()
        let start = clock.now()
        let events = sockets.wait(atMost: inbox.mayWait() ? pause(at: start) : 0)
        waited += clock.now() - start
        for event in events where sockets.watches(event.socket) && !keepsBack(event.socket, event.what) {
            act(on: event.socket, event.what)
        }
    }

    /// Asks the gate of a request whose connection stands. While it does not answer, libcurl must not hear of that, because
    /// it would send at once. Any later news of the socket is that the server went, which it may hear.
    private func keepsBack(_ socket: Int32, _ what: Int32) -> Bool {
        guard let ticket = connecting.removeValue(forKey: socket), ticket.isCurrent, what == CURL_CSELECT_OUT else {
            return false
        }
        ticket.handle.askGate()
        guard ticket.handle.isHeld else { return false }
        ticket.handle.call.heldSocket = socket
        return true
    }

    /// Milliseconds until there is something to do although nothing happened; a day when there will be nothing.
    private func pause(at now: Duration) -> Int32 {
        var end = Duration.seconds(86_400)
        if let deadline { end = min(end, deadline - now) }
        if let patrol { end = min(end, patrol - now) }
        if let nextAge { end = min(end, nextAge - waited) }
        if sockets.isBehind { end = min(end, Self.patrolPause) }
        return end <= .zero ? 0 : Int32(clamping: end.wholeMilliseconds)
    }

    private func age() {
        guard let time = nextAge, time <= waited else { return }
        nextAge = nil
        for handle in busy where handle.call.aged != nil {
            // The lookups that libcurl makes by itself are bounded only by the number of requests that are not old.
            if settings.hasProxy, !handle.call.reception.hasSocket { handle.call.birth = waited }
            let time = handle.call.birth + Self.age
            if time <= waited {
                handle.takeAged()?()
            } else {
                nextAge = min(nextAge ?? time, time)
            }
        }
    }

    fileprivate func watch(_ socket: Int32, _ what: Int32, for easy: UnsafeMutableRawPointer?) {
        let handle = HostHandle.of(easy: easy)
        if what != CURL_POLL_REMOVE {
            let mustWait = handle?.headMustWait == true
            connecting[socket] = mustWait ? handle.map { Ticket($0) } : nil
            return sockets.want(what, of: socket, changesAlone: mustWait)
        }
        sockets.remove(socket)
        connecting[socket] = nil
        if let handle, handle.call.heldSocket == socket { handle.call.heldSocket = nil }
        // libcurl lets go of a paused transfer's socket when the server has answered or gone.
        guard let handle, handle.call.reception.isRequestStarted, handle.answerGate(.overtaken, at: clock.now()) else {
            return
        }
        overtaken.append(Ticket(handle))
    }

    fileprivate func setDeadline(inMilliseconds milliseconds: Int) {
        deadline = milliseconds < 0 ? nil : clock.now() + .milliseconds(milliseconds)
    }

    fileprivate static func of(_ context: UnsafeMutableRawPointer) -> TransportLoop {
        Unmanaged<TransportLoop>.fromOpaque(context).takeUnretainedValue()
    }
}

/// What a loop has of what machines lack: it may take more as long as no other loop has nothing at all.
struct MachineRoom {
    /// How many loops of this process starve. The others leave them room.
    private static let starvingLoops = Atomic(0)
    /// How many requests of all loops libcurl has. As long as there are some, there may be room for another one soon.
    private static let runningEverywhere = Atomic(0)

    /// Requests of the loop that libcurl has.
    private(set) var running = 0
    /// Whether requests of the loop wait for the machine, and none is under way.
    private var isStarving = false
    /// When a request last ended, so that there was room for another one.
    private var lastEnd = Duration.zero

    var mayGrow: Bool { running == 0 || Self.starvingLoops.load(ordering: .relaxed) == 0 }

    mutating func take() {
        running += 1
        Self.runningEverywhere.add(1, ordering: .relaxed)
    }

    mutating func giveBack() {
        running -= 1
        Self.runningEverywhere.subtract(1, ordering: .relaxed)
    }

    mutating func noteEnd(at now: Duration) { lastEnd = now }

    mutating func note(isStarving: Bool) {
        guard isStarving != self.isStarving else { return }
        self.isStarving = isStarving
        Self.starvingLoops.add(isStarving ? 1 : -1, ordering: .relaxed)
    }

    /// Whether nothing has made room for so long that nothing will.
    func isHopeless(since lack: Duration, at now: Duration, _ limit: Duration) -> Bool {
        Self.runningEverywhere.load(ordering: .relaxed) == 0 && now - max(lastEnd, lack) > limit
    }
}

private let watchSocket: curl_socket_callback = { easy, socket, what, context, _ in
    if let context { TransportLoop.of(context).watch(socket, what, for: easy) }
    return 0
}

private let setTimer: curl_multi_timer_callback = { _, milliseconds, context in
    if let context { TransportLoop.of(context).setDeadline(inMilliseconds: milliseconds) }
    return 0
}
