import Glibc

/// A counter that a thread waits on until it is above zero.
final class Semaphore: Sendable {
    // Safe because POSIX semaphores are made for being used from several threads.
    nonisolated(unsafe) private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init(_ value: UInt32) {
        sem_init(semaphore, 0, value)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// Takes one off, waiting until there is one to take.
    func wait() {
        while sem_wait(semaphore) != 0, errno == EINTR {}
    }

    /// Puts one on, which lets a waiting thread go on.
    func signal() { sem_post(semaphore) }
}
