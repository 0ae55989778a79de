import Foundation
import PBXSimulator

extension SimulatorSettings {
    /// Settings of a small simulator on a free port, on one thread because many tests run at once.
    static func make(hosts: Int = 1, _ change: (inout SimulatorSettings) -> Void = { _ in }) -> SimulatorSettings {
        var settings = SimulatorSettings(hosts: hosts)
        settings.threads = 1
        change(&settings)
        return settings
    }
}

extension Simulator {
    /// Runs a test against a simulator of its own and stops it.
    static func run<Result>(
        _ settings: SimulatorSettings = .make(), _ test: (Simulator) throws -> Result
    ) throws -> Result {
        let simulator = try start(settings)
        defer { try? simulator.stop() }
        return try test(simulator)
    }

    /// A client of one PBX.
    func client(of host: Int = 1) -> RawClient { RawClient(host: hosts[host - 1]) }

    /// Logs in to a PBX and returns the token.
    func token(on host: Int = 1) throws -> String {
        guard let token = try client(of: host).logIn().token else { throw TestFailure(reason: "no token") }
        return token
    }
}

/// A test cannot go on.
struct TestFailure: Error {
    let reason: String
}

/// Waits, for as long as is reasonable on a busy machine, for something that another thread brings about.
func becomesTrue(_ condition: () -> Bool) -> Bool {
    for _ in 0..<2000 {
        if condition() { return true }
        Thread.sleep(forTimeInterval: 0.01)
    }
    return condition()
}
