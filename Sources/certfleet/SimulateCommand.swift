import ArgumentParser
import FleetCommands
import PBXSimulator
import Pacing

/// `certfleet simulate`
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Serves simulated PBXs on loopback until it is stopped.",
        usage: "certfleet simulate [<options>]",
        discussion: "Prints each PBX with its credentials as an input file would name them.")

    @Option(help: ArgumentHelp("How many PBXs, from 1, each at an address 127.x.y.z of its own.", valueName: "n"))
    var hosts = 10

    @Option(help: ArgumentHelp("Port of all of them, up to 65535; 0 picks a free one.", valueName: "p"))
    var port: UInt16 = 18_088

    @Option(
        help: ArgumentHelp("Write every request as a JSON line, secrets masked.", valueName: "file"),
        completion: .file())
    var record: String?

    @Flag(help: "Serve https, all with one key, which is told as a pin.")
    var tls = false

    @Option(help: ArgumentHelp("How long each answer takes at least, as 200ms.", valueName: "duration"))
    var latency = DurationText(.zero)

    @Option(help: SimulatedFault.help)
    var fault: [SimulatedFault] = []

    mutating func validate() throws {
        if hosts < 1 { throw ValidationError("--hosts \(hosts) is below 1") }
        if let fault = fault.first(where: { $0.host > hosts }) {
            throw ValidationError("--fault \(fault.host)=… names none of the \(hosts) hosts")
        }
    }

    func run() throws {
        var simulate = Simulate(hosts: hosts, port: port)
        simulate.record = record
        simulate.usesTLS = tls
        simulate.latency = latency.duration
        simulate.faults = fault.map { ($0.host, $0.fault) }
        try simulate.run()
    }
}

/// What a simulated PBX does instead of what it should: `2=silent`.
struct SimulatedFault: ExpressibleByArgument {
    /// The PBX's number, from 1.
    let host: Int
    let fault: Fault

    static let help = ArgumentHelp(
        "What the PBX with a number does instead of what it should; may be given again: "
            + Fault.byName.map { "\($0.name) (\($0.meaning))" }.joined(separator: ", ") + ".",
        valueName: "host=kind")

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let host = Int(parts[0]), host >= 1,
            let named = Fault.byName.first(where: { $0.name == parts[1] })
        else { return nil }
        (self.host, fault) = (host, named.fault)
    }
}

/// `certfleet demo`
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Lists, plans, runs and undoes a sample against simulated PBXs.",
        usage: "certfleet demo [<options>]",
        discussion: """
            Starts simulated PBXs on loopback, writes a sample input in which a few rows will fail, and does to it what \
            an operator does, over real HTTP: every command is told. Nothing need be set up. Exit codes: 0 the demo went \
            to its end, 1 it did not.
            """)

    @Option(help: ArgumentHelp("How many simulated PBXs, at least 3.", valueName: "n"))
    var hosts = 20

    @Option(
        help: ArgumentHelp("The run directory (default: certfleet-YYYYMMDDTHHMMSSZ).", valueName: "dir"),
        completion: .directory)
    var out: String?

    @OptionGroup(title: "Messages")
    var messages: MessageOptions

    mutating func validate() throws {
        if hosts < 3 { throw ValidationError("--hosts \(hosts) is below 3") }
    }

    func run() throws {
        try Demo.run(hosts: hosts, directory: out, messages: messages.messages)
    }
}
