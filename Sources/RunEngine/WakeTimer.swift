import Platform
@preconcurrency import Dispatch
import FleetModel

/// Calls back at the soonest of the times it was given since it last did.
///
/// Wishes come from many threads and out of order, so a later one must not push an earlier one back.
final class WakeTimer: Sendable {
    private let clock: any RunClock
    private let soonest = Lock<Duration?>(nil)
    private let source = DispatchSource.makeTimerSource(
        queue: DispatchQueue(label: "certfleet.timer", qos: .userInteractive))

    /// - Parameter clock: the clock of the times.
    init(clock: any RunClock) {
        self.clock = clock
    }

    /// Begins to call back, on a queue of the timer's own, until ``cancel()``.
    func start(_ fire: @escaping @Sendable () -> Void) {
        source.setEventHandler { [weak self] in
            self?.soonest.withLock { $0 = nil }
            fire()
        }
        source.activate()
    }

    /// Calls back at this time, or sooner if it was asked to.
    func wake(at time: Duration) {
        soonest.withLock { soonest in
            if let soonest, soonest <= time { return }
            soonest = time
            source.schedule(deadline: .now() + interval(until: time), leeway: .nanoseconds(0))
        }
    }

    func cancel() {
        source.cancel()
    }

    private func interval(until time: Duration) -> DispatchTimeInterval {
        let (seconds, attoseconds) = max(.zero, time - clock.now()).components
        let day: Int64 = 86_400
        return .nanoseconds(Int(min(seconds, day)) * 1_000_000_000 + Int(attoseconds / 1_000_000_000))
    }
}
