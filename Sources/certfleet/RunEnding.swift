import RunEngine

/// How a run ended once its ledger was closed, and what that is called.
struct RunEnding {
    /// In the order in which they came up; empty when every row was tried and recorded.
    let stopReasons: [StopReason]
    /// What broke the run; nil when nothing did.
    let failure: (any Error)?

    /// - Parameters:
    ///   - stopReasons: why rows were left.
    ///   - failure: what broke the run; it is a reason of its own also when no row was left.
    init(stopReasons: [StopReason], failure: (any Error)?) {
        let isNamed = failure == nil || stopReasons.contains(.broken)
        self.stopReasons = isNamed ? stopReasons : stopReasons + [.broken]
        self.failure = failure
    }

    /// One word for `summary.json`; nil when every row was tried.
    var word: String? {
        switch gravest {
        case nil: nil
        case .broken: "error"
        case .signal(let number): SignalTrap.name(of: number)
        case .halt: "halt-after"
        case .canary: "canary"
        case .window: "window"
        }
    }

    /// Why there are rows that were not attempted.
    var sentence: String {
        switch gravest {
        case nil: "every row was tried"
        case .broken: "the run broke off because the tool or its files failed"
        case .signal(let number): "the run was stopped by \(SignalTrap.name(of: number))"
        case .halt: "the run was stopped by --halt-after: too many rows went wrong"
        case .canary: "the run was stopped by --canary: a row of the first hosts was not ok"
        case .window: "too little of the window was left: no request starts later than --timeout before its end"
        }
    }

    /// The reason that decides about the exit code.
    private var gravest: StopReason? {
        stopReasons.max { rank($0) < rank($1) }
    }

    private func rank(_ reason: StopReason) -> Int {
        switch reason {
        case .broken: 4
        case .signal: 3
        case .halt, .canary: 2
        case .window: 1
        }
    }
}
