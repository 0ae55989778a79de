import Glibc
import FleetModel
import RunEngine
import RunRecord

/// How the process ends. Thrown by a command that has already said why.
enum ExitStatus: Error, Hashable {
    /// Every row is as it was wanted.
    case success
    /// The tool or its files failed.
    case broken
    /// The run finished, and some rows are not as they were wanted.
    case rowsFailed
    /// The input is invalid; nothing was sent.
    case inputInvalid
    /// `--halt-after` or `--canary` stopped the run.
    case halted
    /// The input has no rows.
    case noRows
    /// The window ended with rows left.
    case windowOver
    /// The command line, or a file that it names.
    case usage
    /// A signal stopped the run.
    case signal(Int32)

    var code: Int32 {
        switch self {
        case .success: 0
        case .broken: 1
        case .rowsFailed: 2
        case .inputInvalid: 3
        case .halted: 4
        case .noRows: 9
        case .windowOver: 10
        case .usage: 64
        case .signal(let number): 128 + number
        }
    }

    /// How a run ends; when several things hold, the gravest counts.
    init(stopReasons: [StopReason], rows: OutcomeTally) {
        let signals = stopReasons.compactMap { reason in
            if case .signal(let number) = reason { number } else { nil }
        }
        if stopReasons.contains(.broken) {
            self = .broken
        } else if let signal = signals.first {
            self = .signal(signal)
        } else if stopReasons.contains(.halt) || stopReasons.contains(.canary) {
            self = .halted
        } else if stopReasons.contains(.window) {
            self = .windowOver
        } else {
            self = rows[.ok] + rows[.noChange] == rows.rows ? .success : .rowsFailed
        }
    }
}
