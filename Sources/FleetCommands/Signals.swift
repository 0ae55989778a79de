import Platform
@preconcurrency import Dispatch
import Glibc
import FleetModel

/// Turns INT, TERM and HUP into a stop and, the second time, into a cut; and USR1 into a report.
///
/// It acts for as long as it lives. Its signals do not kill the process from then on until it ends, whether the trap
/// lives or not: a late one must not kill a run that is writing its result. A HUP that is ignored when the trap is made,
/// as under `nohup`, stays ignored.
final class Signals: Sendable {
    private static let names: [Int32: String] = [SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP"]
    private let sources: [any DispatchSourceSignal]

    /// - Parameters:
    ///   - stop: called at the first signal with its number; must not wait.
    ///   - cut: called at every later one; must not wait.
    ///   - tell: called after `stop`, with the same number; may wait for standard error.
    ///   - report: called at every USR1; may wait for standard error.
    init(
        stop: @escaping @Sendable (Int32) -> Void, cut: @escaping @Sendable () -> Void,
        tell: @escaping @Sendable (Int32) -> Void = { _ in }, report: @escaping @Sendable () -> Void
    ) {
        let isStopped = FirstTime()
        let ignored = Signals.isIgnored(SIGHUP) ? [SIGHUP] : []
        // One for all of them, or the cut of one could overtake the stop of another.
        let queue = DispatchQueue(label: "certfleet.signal", qos: .userInteractive)
        let reports = DispatchQueue(label: "certfleet.signal.report", qos: .userInteractive)
        let endings = Signals.names.keys.filter { !ignored.contains($0) }.map { number in
            Signals.source(of: number, on: queue) {
                guard isStopped.claim() else { return cut() }
                stop(number)
                reports.async { tell(number) }
            }
        }
        sources = endings + [Signals.source(of: SIGUSR1, on: reports, report)]
    }

    /// `SIGINT` for 2, and so on.
    static func name(of number: Int32) -> String { names[number] ?? "signal \(number)" }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static func source(
        of number: Int32, on queue: DispatchQueue, _ handler: @escaping @Sendable () -> Void
    ) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler(handler: handler)
        source.activate()
        return source
    }
}

/// Tells the first caller from all others.
private final class FirstTime: Sendable {
    private let isClaimed = Lock(false)

    func claim() -> Bool {
        isClaimed.withLock { isClaimed in
            defer { isClaimed = true }
            return !isClaimed
        }
    }
}

/// Carries what happens before the run is made to the run, and what happens later at once.
final class EventRelay<Event: Sendable>: Sendable {
    private enum State {
        /// What happened so far, in its order.
        case waiting([Event])
        case connected(@Sendable (Event) -> Void)
    }

    private let state = Lock(State.waiting([]))

    func report(_ event: Event) {
        let receiver = state.withLock { state -> (@Sendable (Event) -> Void)? in
            switch state {
            case .connected(let receiver): return receiver
            case .waiting(let events):
                state = .waiting(events + [event])
                return nil
            }
        }
        receiver?(event)
    }

    func connect(_ receiver: @escaping @Sendable (Event) -> Void) {
        let events = state.withLock { state -> [Event] in
            defer { state = .connected(receiver) }
            if case .waiting(let events) = state { return events }
            return []
        }
        for event in events { receiver(event) }
    }
}
