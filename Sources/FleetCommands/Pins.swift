import FleetInput
import FleetModel
import Logging
import PBXClient
import Platform
import RunRecord
import TabularText

/// `certfleet pins`: the public key of every listed host, by a TLS handshake alone.
package struct Pins: Sendable {
    /// The hosts.
    package var request: HostsRequest
    /// Whether it is written as JSON lines; else as a CSV of hosts.
    package var isJSON = false
    /// Path of the file that gets it, for its owner only and with the secrets of the hosts file; nil prints it without.
    package var output: String?

    /// Pins as a CSV on standard output.
    package init(_ request: HostsRequest) {
        self.request = request
    }

    /// Asks the hosts for their keys and writes them. Blocks.
    ///
    /// - Throws: what keeps it from starting or breaks it; ``ExitCode/rowsFailed`` when a host shows no key, or another one
    ///   than the file says.
    package func run() throws {
        let file = try output.map { path throws(ToolError) in try OutputFile(path) }
        let read = try request.read(.pins, keepsSecrets: output != nil, needsCredentials: false)
        var writer =
            isJSON
            ? RowWriter(TableShape(format: .jsonl), columns: ["host", "tls_pin", "seen", "error"])
            : RowWriter.plain(EditRow.Column.host.map(\.name))
        var isAsWanted = true
        try read.forEachHost { job, outcome in
            let seen = outcome.reading?.serverKey
            let error = Self.error(job, seen, outcome)
            if !error.isEmpty {
                isAsWanted = false
                Say.say(.warning, "\(job.address.host): \(error)", insists: true)
            }
            if isJSON {
                writer.append(nil) { row in
                    for text in [job.address.host.description, job.tlsPin ?? seen, seen, error] { row.add(text ?? "") }
                }
            } else {
                writer.append(Self.cells(of: job, pin: job.tlsPin ?? seen ?? ""))
            }
        }
        if let file {
            try file.write(writer.take())
            let next = ["list", file.path] + request.input.followingFlags
            file.say(counted(read.catalog.hostCount, "host"), next: isJSON ? nil : next)
        } else {
            try Say.print(String(decoding: writer.take(), as: UTF8.self))
        }
        try read.findings.throwCode(isAsWanted: isAsWanted)
    }

    private static func error(_ job: Job, _ seen: String?, _ outcome: Outcome) -> String {
        guard let seen else { return outcome.error }
        guard let pin = job.tlsPin, !pin.split(separator: ";").contains(where: { $0 == seen }) else { return "" }
        return "its key is \(seen), not the one in tls_pin, which stays: take that one out if this is the right PBX"
    }

    private static func cells(of job: Job, pin: String) -> [String] {
        let row = EditRow(
            address: job.address, credentials: job.cells ?? CredentialCells(), tlsPin: pin,
            edit: CertificateEdit(id: 0))
        return EditRow.Column.host.map { row.cells[$0] }
    }
}
