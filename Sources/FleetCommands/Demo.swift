import Glibc
import Logging
import PBXClient
import PBXSimulator
import Pacing
import Platform
import RunEngine
import RunRecord

/// `certfleet demo`: what an operator does with a fleet, against simulated PBXs.
package enum Demo {
    /// Starts the PBXs, lists what one has, plans a sample input, runs it and puts back what it changed. Blocks.
    ///
    /// - Parameters:
    ///   - hosts: how many PBXs, from 3.
    ///   - directory: path of the run directory; nil for one named by the time.
    ///   - messages: what standard error shows.
    /// - Throws: what the commands and the simulator throw; an ``ExitCode`` when one did not end as planned.
    package static func run(hosts: Int, directory: String?, messages: Messages) throws {
        Say.messages = messages
        let directory = try directory ?? RunDirectory.makeNew(at: SystemClock().wallTime())
        let simulator = try Simulator.start(SimulatorSettings(hosts: hosts))
        let input = try DemoSample(hosts: simulator.hosts).write(to: directory)
        say("\(hosts) simulated PBXs are up for as long as the demo lasts")
        try DemoSteps(hosts: simulator.hosts, input: input, directory: directory, messages: messages).takeAll()
        try simulator.stop()
        say("as planned, some rows failed; a run that ends so exits \(ExitCode.rowsFailed.number)")
        say("what to open now: \(directory)/report.html")
    }

    fileprivate static func say(_ sentence: String) { Say.say(.notice, sentence) }
}

/// The commands of the demo. Each is told before it is carried out.
private struct DemoSteps {
    let hosts: [SimulatedHost]
    let input: DemoSample.Files
    let directory: String
    let messages: Messages

    func takeAll() throws {
        try list()
        try plan()
        try run(input.fleet, in: directory, "the run; a few of its rows are meant to fail", endingWith: .rowsFailed)
        try undo()
    }

    private func list() throws {
        var request = InputRequest(path: input.hosts)
        request.only = [hosts[0].address]
        tell("what one of them has", ["list", input.hosts, "--only", hosts[0].address])
        var listing = HostsRequest(request)
        listing.work.messages = messages
        try CertificateList(listing).run()
    }

    private func plan() throws {
        var request = InputRequest(path: input.fleet)
        request.only = [hosts[0].address, hosts[2].address]
        tell(
            "what would change on two of them",
            ["plan", input.fleet, "--as", "text"] + request.only.flatMap { ["--only", $0] })
        var plan = Plan(request)
        plan.format = .text
        plan.work.messages = messages
        try expect(.rowsFailed) { try plan.run() }
    }

    private func undo() throws {
        let back = "\(directory)/back.csv"
        tell(
            "an input that puts back what the run changed",
            ["undo", directory, "--credentials", input.hosts, "-o", back])
        var undo = Undo(directory: directory)
        undo.output = back
        undo.input.credentials = input.hosts
        undo.work.messages = messages
        try undo.run()
        try run(back, credentials: input.hosts, in: "\(directory)/back", "its run", endingWith: .success)
    }

    private func run(
        _ path: String, credentials: String? = nil, in directory: String, _ sentence: String, endingWith code: ExitCode
    ) throws {
        var request = InputRequest(path: path)
        request.credentials = credentials
        let flags = credentials.map { ["--credentials", $0] } ?? []
        let arguments =
            ["run", path, "--out", directory, "--undo", "--retries", "2", "--retry-delay", "100ms"] + flags
        tell(sentence, arguments)
        var (settings, reading) = (WorkSettings(), ReadingPolicy())
        settings.pace.retry = RetryPolicy(retries: 2, firstDelay: .milliseconds(100))
        settings.messages = messages
        reading.isForUndo = true
        let work = try FleetWork(settings, reading)
        let session = RunSession(
            input: try ValidatedInput(request, skipsInvalid: false), work: work, directory: directory, resumes: false,
            begin: work.clock.now(), arguments: arguments)
        let ending = try session.run()
        guard ending == code else { throw ending }
    }

    private func tell(_ sentence: String, _ arguments: [String]) {
        Say.advise(sentence, arguments, isApart: true)
    }

    /// Carries out a command that is meant to end so.
    private func expect(_ code: ExitCode, _ command: () throws -> Void) throws {
        do {
            try command()
        } catch let ending as ExitCode where ending == code {
            return
        }
    }
}

/// A sample input for simulated PBXs: two edits on each, and one row for each usual way to fail.
private struct DemoSample {
    /// The paths of what was written.
    struct Files {
        let fleet: String
        /// The PBXs with their credentials.
        let hosts: String
    }

    let hosts: [SimulatedHost]

    /// Writes the sample into a directory, which is made if need be.
    ///
    /// - Throws: `ToolError` when it cannot be written.
    func write(to directory: String) throws -> Files {
        guard mkdir(directory, 0o777) == 0 || errno == EEXIST else {
            throw ToolError.cannot("create", directory, code: errno).hinting("choose another directory with --out")
        }
        let files = Files(fleet: "\(directory)/demo.csv", hosts: "\(directory)/hosts.csv")
        guard access(files.fleet, F_OK) != 0 else {
            throw ToolError(
                .usage, "'\(files.fleet)' is there already", hint: "choose another directory with --out")
        }
        let credentials = hosts.map { "\($0.baseURL),\($0.clientID),\($0.clientSecret)\n" }.joined()
        try OutputFile(files.fleet).write(Array(text.utf8))
        try OutputFile(files.hosts).write(Array(("base_url,client_id,client_secret\n" + credentials).utf8))
        return files
    }

    private var text: String {
        let header = "base_url,client_id,client_secret,id,auto_renewal,dns_provider,auth.APIKey,auth.TTL:int,site"
        return ([header] + hosts.flatMap(rows) + [silentRow]).joined(separator: "\r\n") + "\r\n"
    }

    private func rows(of host: SimulatedHost) -> [String] {
        let isSecretWrong = host.number == hosts[1].number
        let secret = isSecretWrong ? "not-the-secret" : host.clientSecret
        let login = "\(host.baseURL),\(host.clientID),\(secret)"
        // No PBX has a certificate 99.
        let secondID = host.number == hosts[2].number ? 99 : 2
        return [
            "\(login),1,0,,,,site \(host.number)",
            "\(login),\(secondID),1,arvancloud,demo-key-\(host.number),600,site \(host.number)",
        ]
    }

    /// A row for an address at which nobody listens.
    private var silentRow: String {
        "http://127.255.255.254:\(hosts[0].port),\(hosts[0].clientID),\(hosts[0].clientSecret),1,0,,,,unplugged"
    }
}
