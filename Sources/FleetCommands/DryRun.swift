import HTTPTransport
import JSONText
import Logging
import FleetModel
import PBXClient
import FleetInput
import RunRecord

/// Prints the requests of a run, secrets masked, and makes none: it plays each row's procedure against a PBX that does
/// whatever it is asked for.
///
/// The hosts come in the order of their first row, each with what would be sent to it in that order.
struct DryRun {
    let catalog: RowCatalog
    let transport: TransportSettings
    let reading: ReadingPolicy
    /// Path of the run directory whose done rows are left out; nil for a new run.
    let resumed: String?

    /// - Throws: what would keep the run from starting, and what standard output throws.
    func printAll() throws {
        try transport.validate()
        let directory = try resumed.map { try RunDirectory(path: $0, for: .resumedRun) }
        let history = try directory?.readLedger()
        var outcomes = OutcomeStore()
        let rest = try history.map { try ResumedSource(catalog, $0, into: &outcomes) }
        let source: any JobSource = rest ?? catalog
        var (edits, hosts, requests) = (0, 0, 0)
        let output = PrintedLines()
        let certificates = reading.certificates(of: catalog, rest)
        // What was played is printed whatever comes.
        defer { try? output.flush() }
        for (host, rows) in source.rowsByHost.enumerated() {
            var rehearsal = HostRehearsal(reading, certificates?(host) ?? HostCertificates(), output: output)
            for row in rows { try rehearsal.play(source.job(row: row)) }
            try rehearsal.finish()
            edits += rehearsal.edits
            requests += rehearsal.requests
            if rehearsal.requests > 0 { hosts += 1 }
        }
        try output.flush()
        let plan = "\(counted(edits, "edit")) on \(counted(hosts, "host")), \(counted(requests, "request"))"
        Say.say(.notice, "\(plan) with logins and logouts: nothing was sent")
    }
}

/// The lines to be printed, many at once: handing over each by itself costs more than all the rest.
private final class PrintedLines {
    private var bytes: [UInt8] = []
    private static let limit = 1 << 16

    func add(_ text: String, line: Int) throws {
        bytes += "line ".utf8
        bytes.appendDecimal(Int64(line))
        bytes += ": ".utf8
        bytes += text.utf8
        bytes.append(UInt8(ascii: "\n"))
        if bytes.count > Self.limit { try flush() }
    }

    func flush() throws {
        guard !bytes.isEmpty else { return }
        defer { bytes.removeAll(keepingCapacity: true) }
        try Say.print(String(decoding: bytes, as: UTF8.self))
    }
}

/// Plays the rows of one host and prints each call with the line of the row for which it is made.
private struct HostRehearsal {
    private let reading: ReadingPolicy
    private let output: PrintedLines
    private var host: HostSession
    private var generator = SystemRandomNumberGenerator()
    private var line = 0
    private(set) var edits = 0
    private(set) var requests = 0

    init(_ reading: ReadingPolicy, _ certificates: HostCertificates, output: PrintedLines) {
        self.reading = reading
        self.output = output
        host = HostSession(certificates: certificates)
    }

    mutating func play(_ job: Job) throws {
        line = job.position.line
        var row = RowProcedure(job, reading: reading)
        var move = row.next(nil, on: &host, at: .zero, using: &generator)
        if job.isLost, case .done(let outcome) = move { try output.add("not sent: \(outcome.error)", line: line) }
        while case .call(let call) = move {
            move = row.next(try accept(call), on: &host, at: .zero, using: &generator)
        }
        if let match = job.match, !job.isFound, !job.isLost { try play(job.found(id: .max), fitting: match) }
    }

    /// Names the calls for a certificate whose id the PBX would tell.
    private mutating func play(_ job: Job, fitting match: CertificateMatch) throws {
        var row = RowProcedure(job, reading: reading)
        var (reply, names): (Reply?, [String]) = (nil, [])
        while case .call(let call) = row.next(reply, on: &host, at: .zero, using: &generator) {
            names.append(call.endpoint)
            reply = count(call)
        }
        try output.add("then \(names.joined(separator: ", ")) for the one that fits \(match)", line: line)
    }

    mutating func finish() throws {
        var reply: Reply?
        while case .call(let call) = host.close(reply, at: .zero, using: &generator) { reply = try accept(call) }
    }

    private mutating func accept(_ call: PBXCall) throws -> Reply {
        try output.add(call.maskedLine, line: line)
        return count(call)
    }

    private mutating func count(_ call: PBXCall) -> Reply {
        requests += 1
        if call.isEdit { edits += 1 }
        return Reply(accepting: call)
    }
}
