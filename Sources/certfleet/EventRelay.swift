import JobModel

/// Carries a failure of the ledger to the run, which is made after the ledger is opened.
final class FailureRelay: Sendable {
    private enum State {
        case waiting
        case failed(any Error)
        case connected(@Sendable (any Error) -> Void)
    }

    private let state = Lock(State.waiting)

    func report(_ error: any Error) {
        let receiver = state.withLock { state -> (@Sendable (any Error) -> Void)? in
            if case .connected(let receiver) = state { return receiver }
            state = .failed(error)
            return nil
        }
        receiver?(error)
    }

    func connect(_ receiver: @escaping @Sendable (any Error) -> Void) {
        let failure = state.withLock { state -> (any Error)? in
            defer { state = .connected(receiver) }
            if case .failed(let error) = state { return error }
            return nil
        }
        if let failure { receiver(failure) }
    }
}
