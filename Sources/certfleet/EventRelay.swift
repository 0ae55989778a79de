import Platform
import FleetModel

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
