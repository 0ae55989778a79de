import ArgumentParser
import Dispatch
import PBXSimulator

/// `certfleet simulate`
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Serves simulated PBXs on loopback until it is stopped.",
        discussion: "Prints each PBX with its credentials as an input file would name them.")

    @Option(help: ArgumentHelp("How many PBXs, each at an address 127.x.y.z of its own.", valueName: "n"))
    var hosts = 10

    @Option(help: ArgumentHelp("Port of all of them; 0 picks a free one.", valueName: "p"))
    var port: UInt16 = 18_088

    @Option(help: ArgumentHelp("Write every request as a JSON line, secrets masked.", valueName: "file"))
    var record: String?

    mutating func validate() throws {
        if hosts < 1 { throw ValidationError("--hosts must be at least 1") }
    }

    func run() throws {
        var settings = SimulatorSettings(hosts: hosts)
        settings.port = port
        settings.recordFile = record
        settings.keepsRecord = false
        let isStopped = DispatchSemaphore(value: 0)
        let simulator = try Simulator.start(settings)
        let trap = SignalTrap(
            stop: { _ in
                Console.stopWaiting()
                isStopped.signal()
            }, cut: {}, report: {})
        let lines = simulator.hosts.map { "\($0.baseURL),\($0.clientID),\($0.clientSecret)\n" }
        try Console.output("base_url,client_id,client_secret\n" + lines.joined())
        withExtendedLifetime(trap) { isStopped.wait() }
        try simulator.stop()
    }
}
