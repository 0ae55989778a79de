import Dispatch
import Logging
package import PBXSimulator

/// `certfleet simulate`: simulated PBXs on loopback.
package struct Simulate: Sendable {
    /// How many PBXs, from 1.
    package var hosts: Int
    /// Of all of them; 0 for a free one.
    package var port: UInt16
    /// Path of the file that gets every request; nil for none.
    package var record: String?
    /// Whether they speak TLS.
    package var usesTLS = false
    /// How long each answer takes at least.
    package var latency = Duration.zero
    /// What single PBXs do instead of what they should, by their number.
    package var faults: [(host: Int, fault: Fault)] = []

    /// PBXs that do what they should.
    package init(hosts: Int, port: UInt16) {
        self.hosts = hosts
        self.port = port
    }

    /// Serves until a signal comes. Blocks.
    ///
    /// - Throws: `ToolError`, and what standard output throws.
    package func run() throws {
        var settings = SimulatorSettings(hosts: hosts)
        settings.port = port
        settings.recordFile = record
        settings.keepsRecord = false
        settings.latency = latency
        settings.usesTLS = usesTLS
        let isStopped = DispatchSemaphore(value: 0)
        let simulator = try Simulator.start(settings)
        for (host, fault) in faults { simulator.set(fault, on: host) }
        Signals.set(
            Signals.Answers(stop: { number in
                Say.stopWaiting(for: number)
                isStopped.signal()
            }))
        let lines = simulator.hosts.map { "\($0.baseURL),\($0.clientID),\($0.clientSecret)\n" }
        try Say.print("base_url,client_id,client_secret\n" + lines.joined())
        Say.say(.notice, "each PBX has \(Self.sentence(about: settings.certificates))")
        if let pin = simulator.pin { Say.say(.notice, "the key of all of them is \(pin)") }
        isStopped.wait()
        try simulator.stop()
    }

    /// `the server certificates 1, 2, 3 and the trusted certificate 4`
    private static func sentence(about certificates: [SimulatedCertificate]) -> String {
        [SimulatedCertificate.Purpose.server, .trusted].compactMap { purpose in
            let ids = certificates.filter { $0.purpose == purpose }.map { "\($0.id)" }
            if ids.isEmpty { return nil }
            return "the \(purpose.rawValue) certificate\(ids.count == 1 ? "" : "s") \(ids.joined(separator: ", "))"
        }.joined(separator: " and ")
    }
}
