import CLibCurl
import Glibc
import Platform

/// What other threads want done on a loop, and the bell that wakes it.
final class Inbox: Sendable {
    private struct State {
        var work: [@Sendable () -> Void] = []
        var isWaiting = false
    }

    private let state = Lock(State())
    let bell: FileDescriptor

    /// - Throws: ``ToolError`` when this machine has no files left to open.
    init() throws(ToolError) {
        bell = try FileDescriptor(opened: eventfd(0, Int32(EFD_CLOEXEC)), name: "event loop's bell")
    }

    func post(_ work: @escaping @Sendable () -> Void) {
        let isWaiting = state.withLock { state in
            state.work.append(work)
            defer { state.isWaiting = false }
            return state.isWaiting
        }
        guard isWaiting else { return }
        var one: UInt64 = 1
        _ = retrying { write(bell.number, &one, MemoryLayout.size(ofValue: one)) }
    }

    /// What was posted since the last time.
    ///
    /// - Parameter work: where to; what stands there goes.
    func take(into work: inout [@Sendable () -> Void]) {
        work.removeAll(keepingCapacity: true)
        state.withLock { state in
            state.isWaiting = false
            swap(&state.work, &work)
        }
    }

    /// Whether the loop may wait: nothing is posted. From then on posting rings the bell.
    func mayWait() -> Bool {
        state.withLock { state in
            state.isWaiting = state.work.isEmpty
            return state.isWaiting
        }
    }
}

/// The sockets that the kernel watches for a loop.
///
/// What libcurl wants changes several times in a turn; the kernel is told once, before the loop waits.
struct SocketSet: ~Copyable {
    private let epoll: FileDescriptor
    private let bell: Int32
    private let room: UnsafeMutableBufferPointer<epoll_event>
    /// By the socket's number: the events that libcurl wants to hear of, and those that the kernel watches for.
    private var wanted: [UInt32] = []
    private var watched: [UInt32] = []
    private var changed: [Int32] = []

    /// - Parameter bell: wakes the loop and is no socket of libcurl's.
    /// - Throws: ``ToolError`` when this machine has no files left to open.
    init(bell: Int32) throws(ToolError) {
        let epoll = try FileDescriptor(opened: epoll_create1(Int32(EPOLL_CLOEXEC)), name: "event loop")
        // Told at each ring, so that the bell need never be read.
        guard Self.control(epoll.number, EPOLL_CTL_ADD, bell, EPOLLIN.rawValue | EPOLLET.rawValue) else {
            throw .cannot("watch", "event loop's bell", code: errno)
        }
        self.epoll = epoll
        self.bell = bell
        room = .allocate(capacity: 256)
    }

    deinit {
        room.deallocate()
    }

    /// Takes note of what libcurl wants to hear of.
    ///
    /// - Parameter changesAlone: whether to tell of changes alone: the kernel would tell of a connection that stands again
    ///   and again.
    mutating func want(_ what: Int32, of socket: Int32, changesAlone: Bool) {
        let index = Int(socket)
        if index >= wanted.count {
            let missing = repeatElement(UInt32(0), count: index + 1 - wanted.count)
            wanted += missing
            watched += missing
        }
        wanted[index] =
            (what & CURL_POLL_IN != 0 ? EPOLLIN.rawValue : 0) | (what & CURL_POLL_OUT != 0 ? EPOLLOUT.rawValue : 0)
            | (changesAlone ? EPOLLET.rawValue : 0)
        changed.append(socket)
    }

    /// Forgets a socket, which may be closed next.
    mutating func remove(_ socket: Int32) {
        let index = Int(socket)
        guard index < wanted.count else { return }
        if watched[index] != 0 { _ = Self.control(epoll.number, EPOLL_CTL_DEL, socket, 0) }
        wanted[index] = 0
        watched[index] = 0
    }

    /// Tells the kernel what changed. What it has no memory for is told again the next time.
    mutating func update() {
        var failed: [Int32] = []
        for socket in changed {
            let index = Int(socket)
            guard wanted[index] != watched[index] else { continue }
            let act = watched[index] == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
            if Self.control(epoll.number, act, socket, wanted[index]) {
                watched[index] = wanted[index]
            } else {
                failed.append(socket)
            }
        }
        changed.removeAll(keepingCapacity: true)
        changed += failed
    }

    /// Whether what the kernel tells of a socket's number is of that socket, and not of one that was closed since.
    func watches(_ socket: Int32) -> Bool { watched[Int(socket)] != 0 }

    /// Whether the kernel still must be told of a socket.
    var isBehind: Bool { !changed.isEmpty }

    /// Waits for events.
    ///
    /// - Parameter milliseconds: for how long at most; -1 for as long as it takes.
    /// - Returns: sockets and what happened to them, as libcurl writes it; good until the next call.
    func wait(atMost milliseconds: Int32) -> some Sequence<(socket: Int32, what: Int32)> {
        let count = epoll_wait(epoll.number, room.baseAddress, Int32(room.count), milliseconds)
        let bell = bell
        return room.prefix(Int(max(0, count))).lazy
            .filter { $0.data.fd != bell }
            .map { ($0.data.fd, Self.curlEvents($0.events)) }
    }

    private static func curlEvents(_ events: UInt32) -> Int32 {
        (events & EPOLLIN.rawValue != 0 ? CURL_CSELECT_IN : 0)
            | (events & EPOLLOUT.rawValue != 0 ? CURL_CSELECT_OUT : 0)
            | (events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 ? CURL_CSELECT_ERR : 0)
    }

    private static func control(_ epoll: Int32, _ act: Int32, _ socket: Int32, _ events: UInt32) -> Bool {
        var event = epoll_event()
        event.events = events
        event.data.fd = socket
        return epoll_ctl(epoll, act, socket, &event) == 0
    }
}
