import Dispatch
import Glibc
import Synchronization

/// Turns INT, TERM and HUP into a stop and, the second time, into a cut; and USR1 into a report.
///
/// In force from when it is made until the process ends: a late signal must not kill a run that is writing its result.
final class SignalTrap: Sendable {
    private static let names: [Int32: String] = [SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP"]
    private let sources: Mutex<[any DispatchSourceSignal]>
    private let stops = Mutex(0)

    /// - Parameters:
    ///   - stop: called at the first signal with its number.
    ///   - cut: called at every later one.
    ///   - report: called at every USR1.
    init(
        stop: @escaping @Sendable (Int32) -> Void, cut: @escaping @Sendable () -> Void,
        report: @escaping @Sendable () -> Void
    ) {
        sources = Mutex([])
        for number in SignalTrap.names.keys {
            listen(to: number) { [self] in
                let isFirst = stops.withLock { stops in
                    stops += 1
                    return stops == 1
                }
                isFirst ? stop(number) : cut()
            }
        }
        listen(to: SIGUSR1, report)
    }

    /// `SIGINT` for 2, and so on.
    static func name(of number: Int32) -> String { names[number] ?? "signal \(number)" }

    private func listen(to number: Int32, _ handler: @escaping @Sendable () -> Void) {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(
            signal: number, queue: DispatchQueue(label: "certfleet.signal.\(number)"))
        source.setEventHandler(handler: handler)
        source.activate()
        sources.withLock { $0.append(source) }
    }
}
