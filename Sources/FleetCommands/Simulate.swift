import Dispatch
import PBXSimulator

/// `certfleet simulate`: simulated PBXs on loopback.
package enum Simulate {
    /// Serves until a signal comes. Blocks.
    ///
    /// - Parameters:
    ///   - hosts: how many PBXs, from 1.
    ///   - port: of all of them; 0 for a free one.
    ///   - record: path of the file that gets every request; nil for none.
    /// - Throws: `ToolError`, and what standard output throws.
    package static func run(hosts: Int, port: UInt16, record: String?) throws {
        var settings = SimulatorSettings(hosts: hosts)
        settings.port = port
        settings.recordFile = record
        settings.keepsRecord = false
        let isStopped = DispatchSemaphore(value: 0)
        let simulator = try Simulator.start(settings)
        Signals.set(
            Signals.Answers(stop: { _ in
                Say.stopWaiting()
                isStopped.signal()
            }))
        let lines = simulator.hosts.map { "\($0.baseURL),\($0.clientID),\($0.clientSecret)\n" }
        try Say.print("base_url,client_id,client_secret\n" + lines.joined())
        isStopped.wait()
        try simulator.stop()
    }
}
