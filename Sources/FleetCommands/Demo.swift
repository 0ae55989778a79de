import Glibc
import HTTPTransport
import JSONText
import Logging
import RunRecord
import PBXSimulator
import Pacing
import Platform
import RunEngine

/// `certfleet demo`: a real run against simulated PBXs.
package enum Demo {
    /// Starts the PBXs, writes a sample input and runs it. Blocks.
    ///
    /// - Parameters:
    ///   - hosts: how many PBXs, from 3.
    ///   - directory: path of the run directory; nil for one named by the time.
    ///   - messages: what standard error shows.
    /// - Throws: what the run and the simulator throw; the run's ``ExitCode`` when it did not end as planned.
    package static func run(hosts: Int, directory: String?, messages: Messages) throws {
        Say.messages = messages
        let clock = SystemClock()
        let directory = try directory ?? RunDirectory.makeNew(at: clock.wallTime())
        let simulator = try Simulator.start(SimulatorSettings(hosts: hosts))
        let path = try DemoSample(hosts: simulator.hosts).write(to: directory)
        let arguments = ["run", path, "--out", directory, "--retries", "2", "--retry-delay", "100ms"]
        let command = CommandLineText.of(arguments)
        let sentence = "\(hosts) simulated PBXs are up for as long as the demo lasts; what it does to them is"
        Say.say(
            .notice, "\(sentence) \(command)", text: "certfleet: \(sentence)\n  \(command)",
            fields: [JSONMember(key: "command", value: .string(command))])
        var settings = RunSettings()
        settings.retry = RetryPolicy(retries: 2, firstDelay: .milliseconds(100))
        let session = RunSession(
            input: try ValidatedInput(InputRequest(path: path), skipsInvalid: false), settings: settings,
            transport: TransportSettings(), directory: directory, resumes: false, messages: messages, clock: clock,
            begin: clock.now(), arguments: arguments)
        let code = try session.run()
        try simulator.stop()
        guard code == .rowsFailed else { throw code }
        Say.say(.notice, "as planned, some rows failed; a run that ends so exits \(code.number)")
    }
}

/// A sample input for simulated PBXs: two edits on each, and one row for each usual way to fail.
private struct DemoSample {
    let hosts: [SimulatedHost]

    /// Writes the sample into a directory, which is made if need be.
    ///
    /// - Returns: the path of the sample.
    /// - Throws: `ToolError` when it cannot be written.
    func write(to directory: String) throws -> String {
        guard mkdir(directory, 0o777) == 0 || errno == EEXIST else {
            throw ToolError.cannot("create", directory, code: errno).hinting("choose another directory with --out")
        }
        let path = "\(directory)/demo.csv"
        guard access(path, F_OK) != 0 else {
            throw ToolError(.usage, "'\(path)' is there already", hint: "choose another directory with --out")
        }
        // An operator's real input would hold secrets, so nobody else may read it.
        try FileDescriptor(path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600).write(Array(text.utf8))
        return path
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
