import Glibc

/// A value that one thread at a time can look at.
///
/// Held by `pthread_mutex_t` instead of the standard library's `Mutex`: that one spins and then hands over in the order of
/// arrival, so that workers queue up behind each other (a third of the throughput with 64 of them on 2 cores), and the
/// thread sanitizer does not see it.
// Safe because the value is only reached while the mutex is held.
@usableFromInline
package final class Lock<Value: ~Copyable>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    /// By pointer, because the mutex already keeps two accesses apart, which Swift would check once more.
    @usableFromInline let value: UnsafeMutablePointer<Value>

    /// - Parameter value: given away: nobody else may keep a reference into it.
    package init(_ value: consuming sending Value) {
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        self.value = .allocate(capacity: 1)
        self.value.initialize(to: value)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
        value.deinitialize(count: 1)
        value.deallocate()
    }

    /// Calls `body` with the value while no other thread has it. Not to be nested on the same lock.
    // Inlinable, or each result would be handed through code that does not know its type.
    @inlinable
    package func withLock<Result: ~Copyable, Failure>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        lock()
        defer { unlock() }
        return try body(&value.pointee)
    }

    @usableFromInline func lock() { pthread_mutex_lock(mutex) }

    @usableFromInline func unlock() { pthread_mutex_unlock(mutex) }
}
