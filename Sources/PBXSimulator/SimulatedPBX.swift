import Synchronization

/// One PBX: its state and its faults behind one lock, shared by its event loop and the tests.
final class SimulatedPBX: Sendable {
    private struct State {
        var api: PBXState
        var faults = FaultList()
        var connections = 0
        var requests = 0
    }

    let host: SimulatedHost
    private let state: Mutex<State>
    private let record: RequestRecord
    private let now: @Sendable () -> Duration

    init(host: SimulatedHost, settings: SimulatorSettings, record: RequestRecord) {
        self.host = host
        self.record = record
        now = settings.now
        state = Mutex(State(api: PBXState(host: host, settings: settings)))
    }

    /// Counts a new connection.
    ///
    /// - Returns: whether it is to be read; otherwise it is to be closed at once.
    func accept() -> Bool {
        state.withLock { state in
            state.connections += 1
            return !state.faults.takeDropUnread()
        }
    }

    /// Carries out a request that was read to its end, as far as the faults let it.
    func react(to request: ReceivedRequest) -> Reaction {
        let now = now()
        return state.withLock { state in
            state.requests += 1
            switch state.faults.take(for: request.endpoint) {
            case nil: return Reaction(act: .answer(state.api.answer(request, at: now)))
            case .instead(let answer): return Reaction(act: .answer(answer(request)))
            case .carryOut(let then): return then(state.api.answer(request, at: now))
            }
        }
    }

    /// Records a request that is over, before its client can know that it is.
    func finish(_ request: ReceivedRequest, with reaction: Reaction?) {
        record.append(request, on: host, with: reaction)
    }

    func set(_ faults: [Fault]) {
        state.withLock { $0.faults = FaultList(faults) }
    }

    func expireTokens() {
        state.withLock { $0.api.expireTokens() }
    }

    var certificates: [SimulatedCertificate] { state.withLock { $0.api.certificates } }
    var connections: Int { state.withLock { $0.connections } }
    var requests: Int { state.withLock { $0.requests } }

    var tokenCount: Int {
        let now = now()
        return state.withLock { $0.api.tokenCount(at: now) }
    }
}
