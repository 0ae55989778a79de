@preconcurrency import Dispatch
import Glibc
import JobModel

/// Turns INT, TERM and HUP into a stop and, the second time, into a cut; and USR1 into a report.
///
/// In force from when it is made until the process ends: a late signal must not kill a run that is writing its result.
final class SignalTrap: Sendable {
    private static let names: [Int32: String] = [SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP"]
    private let sources: [any DispatchSourceSignal]

    /// - Parameters:
    ///   - stop: called at the first signal with its number.
    ///   - cut: called at every later one.
    ///   - report: called at every USR1.
    init(
        stop: @escaping @Sendable (Int32) -> Void, cut: @escaping @Sendable () -> Void,
        report: @escaping @Sendable () -> Void
    ) {
        let isStopped = FirstTime()
        let endings = SignalTrap.names.keys.map { number in
            SignalTrap.source(of: number) { isStopped.claim() ? stop(number) : cut() }
        }
        sources = endings + [SignalTrap.source(of: SIGUSR1, report)]
    }

    /// `SIGINT` for 2, and so on.
    static func name(of number: Int32) -> String { names[number] ?? "signal \(number)" }

    private static func source(
        of number: Int32, _ handler: @escaping @Sendable () -> Void
    ) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let queue = DispatchQueue(label: "certfleet.signal.\(number)")
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
