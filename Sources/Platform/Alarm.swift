import Glibc

/// Wakes the one thread that waits for it.
///
/// Dispatch's semaphore waits by the calendar's clock on Linux: set back by an hour, that makes a wait an hour longer. Its
/// timers take open files when first needed, and end the process where there are none left.
// Safe because the flag is only reached while the mutex is held.
package final class Alarm: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isRung = false
    /// 34 years.
    private static let ever = Duration.seconds(1 << 30)

    /// One that nobody has rung.
    package init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Ends the wait, or the next one; from any thread. Rung twice before somebody waits, it wakes once.
    package func ring() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        isRung = true
        pthread_cond_signal(condition)
    }

    /// Blocks until it is rung, but not for longer than this.
    ///
    /// - Parameter time: zero and less is not at all, nil is for ever.
    /// - Returns: whether it was rung.
    @discardableResult
    package func wait(for time: Duration? = nil) -> Bool {
        let end = SystemClock().now() + max(.zero, min(time ?? Self.ever, Self.ever))
        let (seconds, attoseconds) = end.components
        var moment = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isRung, pthread_cond_timedwait(condition, mutex, &moment) == 0 {}
        defer { isRung = false }
        return isRung
    }
}
