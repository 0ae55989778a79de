import Dispatch
import Glibc
import Platform

/// Writes texts to a stream on a thread of its own, whole and in their order.
///
/// Writing to a terminal that stands still, or to a pager that nobody scrolls, never ends, so whoever has something to
/// say must not do it himself. Up to 64 KiB of text wait for the thread; beyond that, whoever has more waits. In haste
/// he does so as long as a text is taken every second; then his text is left out, and counted, and so are all until the
/// stream moves again.
final class StreamWriter: Sendable {
    /// One text on its way.
    final class Delivery: Sendable {
        fileprivate let group = DispatchGroup()
        fileprivate let result = Lock<Int32?>(nil)

        fileprivate init() { group.enter() }

        /// The `errno` that kept the text from being written to its end; 0 when nothing did, nil as long as it waits.
        var code: Int32? { result.withLock { $0 } }
    }

    private struct State {
        /// The first one is being written.
        var waiting: [(bytes: [UInt8], delivery: Delivery)] = []
        /// Bytes that wait.
        var size = 0
        /// Texts that were written or failed.
        var taken = 0
        /// Whether a text was left out since one was taken.
        var isStalled = false
        var lost = 0
    }

    private static let limit = 1 << 16

    private let descriptor: Int32
    private let isHasty: @Sendable () -> Bool
    private let state = Lock(State())
    private let posted = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - descriptor: where the texts go.
    ///   - isHasty: whether nobody may be held up at this moment.
    init(_ descriptor: Int32, isHasty: @escaping @Sendable () -> Bool) {
        self.descriptor = descriptor
        self.isHasty = isHasty
    }

    /// Starts the thread.
    ///
    /// - Returns: false when the machine has none left.
    func start() -> Bool {
        let thread: Void? = try? startThread(stackSize: 512 << 10) { [self] in
            while true {
                posted.wait()
                writeNext()
            }
        }
        return thread != nil
    }

    /// Finds out whether there is room for a text, and counts the text as left out if not.
    ///
    /// - Parameter waits: whether to wait for room as long as that is possible.
    func hasRoom(waits: Bool = true) -> Bool {
        if wait(waits: waits, until: { $0.size > Self.limit ? $0.waiting.first?.delivery : nil }) { return true }
        state.withLock { ($0.lost, $0.isStalled) = ($0.lost + 1, true) }
        return false
    }

    /// Hands a text over, for which there is room.
    @discardableResult
    func post(_ text: String) -> Delivery {
        let delivery = Delivery()
        // A path that is printed must lead to its file.
        let bytes = SystemText.bytes(text)
        state.withLock { state in
            state.waiting.append((bytes, delivery))
            state.size += bytes.count
        }
        posted.signal()
        return delivery
    }

    /// Waits until everything is written that was handed over so far, if it can be waited for.
    func flush() {
        guard let last = state.withLock({ $0.waiting.last?.delivery }) else { return }
        _ = wait { $0.waiting.contains { $0.delivery === last } ? $0.waiting.first?.delivery : nil }
    }

    /// How many texts were left out since this was asked last.
    func takeLost() -> Int {
        state.withLock { state in
            defer { state.lost = 0 }
            return state.lost
        }
    }

    /// Waits for one text after the other that stands in the way until none does.
    ///
    /// - Returns: whether that is so; false when it could not be waited for.
    private func wait(waits: Bool = true, until obstacle: (State) -> Delivery?) -> Bool {
        var (taken, tenths) = (0, 0)
        while true {
            let (delivery, now, isStalled) = state.withLock { (obstacle($0), $0.taken, $0.isStalled) }
            guard let delivery else { return true }
            if now != taken { (taken, tenths) = (now, 0) }
            guard waits, !isHasty() || !isStalled && tenths < 10 else { return false }
            _ = delivery.group.wait(timeout: .now() + .milliseconds(100))
            tenths += 1
        }
    }

    private func writeNext() {
        guard let (bytes, delivery) = state.withLock({ $0.waiting.first }) else { return }
        let code = write(bytes)
        delivery.result.withLock { $0 = code }
        state.withLock { state in
            state.waiting.removeFirst()
            state.size -= bytes.count
            state.taken += 1
            state.isStalled = false
        }
        delivery.group.leave()
    }

    /// - Returns: 0, or the `errno` that kept the bytes from being written to their end.
    private func write(_ bytes: [UInt8]) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 {
                rest.removeFirst(written)
            } else if !canGoOn(after: errno) {
                return errno
            }
        }
        return 0
    }

    /// Whether a write that failed is to be made again. A stream that another program made non-blocking is waited for.
    private func canGoOn(after code: Int32) -> Bool {
        if code == EAGAIN {
            var stream = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            return poll(&stream, 1, -1) >= 0 || errno == EINTR
        }
        return code == EINTR
    }
}
