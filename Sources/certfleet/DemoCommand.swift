import Platform
import ArgumentParser
import HTTPTransport
import FleetModel
import PBXSimulator
import Pacing
import RowInput
import RunEngine

/// `certfleet demo`
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Runs a sample input against simulated PBXs; nothing to configure.",
        usage: "certfleet demo [<options>]",
        discussion: """
            Starts simulated PBXs on loopback, writes a sample input in which a few rows will fail, and runs it over \
            real HTTP. Exit codes: 0 the demo went to its end, 1 it did not.
            """)

    @Option(help: ArgumentHelp("How many simulated PBXs, at least 3.", valueName: "n"))
    var hosts = 20

    @Option(help: ArgumentHelp("The run directory (default: certfleet-YYYYMMDDTHHMMSSZ).", valueName: "dir"))
    var out: String?

    @OptionGroup(title: "Messages")
    var log: LogOptions

    mutating func validate() throws {
        if hosts < 3 { throw ValidationError("--hosts must be at least 3") }
    }

    func run() throws {
        let clock = SystemClock()
        let directory = out ?? "certfleet-\(clock.wallTime().compact)"
        let simulator = try Simulator.start(SimulatorSettings(hosts: hosts))
        let sample = DemoSample(hosts: simulator.hosts)
        let path = try sample.write(to: directory)
        Console.log(
            """
            certfleet: \(hosts) simulated PBXs are up for as long as the demo lasts; what it does to them is
              certfleet run \(path) --out \(directory) --retries 2 --retry-delay 100ms
            """)
        var settings = RunSettings()
        settings.retry = RetryPolicy(retries: 2, firstDelay: .milliseconds(100))
        let options = try InputOptions.parse([path])
        let fleet = FleetRun(
            input: try CheckedInput(options, skipsInvalid: false), settings: settings, transport: TransportSettings(),
            directory: directory, resumes: false, log: log, clock: clock)
        let status = try fleet.run()
        try simulator.stop()
        guard status == .rowsFailed else { throw status }
        Console.log("certfleet: as planned, some rows failed; a run that ends so exits \(status.code)")
    }
}
