import Dispatch
import Synchronization

/// Events that go to disk together, and whoever waits for them.
final class LedgerBatch: Sendable {
    private let settled = DispatchGroup()
    private let isDurable = Atomic(false)

    init() {
        settled.enter()
    }

    /// Lets those who wait go on; to be called exactly once.
    func settle(isDurable: Bool) {
        self.isDurable.store(isDurable, ordering: .releasing)
        settled.leave()
    }

    /// Whether nobody waits any more.
    var isSettled: Bool { settled.wait(timeout: .now()) == .success }

    /// Blocks until the batch is settled.
    ///
    /// - Returns: whether it is on disk.
    func wait() -> Bool {
        settled.wait()
        return isDurable.load(ordering: .acquiring)
    }
}
