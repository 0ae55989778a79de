import ArgumentParser
import FleetCommands

/// `certfleet simulate`
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Serves simulated PBXs on loopback until it is stopped.",
        discussion: "Prints each PBX with its credentials as an input file would name them.")

    @Option(help: ArgumentHelp("How many PBXs, from 1, each at an address 127.x.y.z of its own.", valueName: "n"))
    var hosts = 10

    @Option(help: ArgumentHelp("Port of all of them, up to 65535; 0 picks a free one.", valueName: "p"))
    var port: UInt16 = 18_088

    @Option(help: ArgumentHelp("Write every request as a JSON line, secrets masked.", valueName: "file"))
    var record: String?

    mutating func validate() throws {
        if hosts < 1 { throw ValidationError("--hosts must be at least 1") }
    }

    func run() throws {
        try Simulate.run(hosts: hosts, port: port, record: record)
    }
}

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
    var messages: MessageOptions

    mutating func validate() throws {
        if hosts < 3 { throw ValidationError("--hosts must be at least 3") }
    }

    func run() throws {
        try Demo.run(hosts: hosts, directory: out, messages: messages.messages)
    }
}
