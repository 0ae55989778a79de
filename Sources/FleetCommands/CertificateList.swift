import FleetInput
import FleetModel
import HTTPTransport
import Logging
import PBXClient
import Platform
import RunRecord
import TabularText

/// What `certfleet list` and `certfleet export` have in common: every certificate of every listed host is read.
package struct HostsRequest: Sendable {
    /// The hosts; other columns than those of address and credentials do not matter.
    package var input: InputRequest
    /// Whether the valid rows are read although others are invalid.
    package var skipsInvalid = false
    /// How PBXs are asked.
    package var work = WorkSettings()

    /// A reading of hosts with nothing else asked for.
    package init(_ input: InputRequest) {
        self.input = input
    }

    /// Reads the hosts. Blocks.
    ///
    /// - Parameters:
    ///   - aim: what is wanted of them.
    ///   - keepsSecrets: whether jobs tell plain credentials.
    ///   - needsCredentials: whether anybody logs in.
    func read(
        _ aim: ReadingPolicy.Aim = .list, keepsSecrets: Bool, needsCredentials: Bool = true
    ) throws -> HostsRead {
        Say.messages = work.messages
        // A key is shown whether it is trusted or not, and nothing else leaves.
        var work = work
        if aim == .pins { work.transport.isInsecure = true }
        let session = try ReadingSession(work, for: aim)
        let input = try ValidatedInput(input, skipsInvalid: skipsInvalid) { settings in
            settings.namesHostsOnly = true
            settings.keepsCells = true
            settings.keepsSecrets = keepsSecrets
            settings.needsCredentials = needsCredentials
        }
        let findings = try session.run(input.catalog)
        return HostsRead(catalog: input.catalog, findings: findings, now: SystemClock().wallTime())
    }
}

/// What the hosts of a file hold.
struct HostsRead {
    let catalog: RowCatalog
    let findings: ReadingSession.Findings
    let now: WallTime

    /// Calls `body` for each host in the order of the file, with what became of it.
    func forEachHost(_ body: (Job, Outcome) throws -> Void) throws {
        for row in 0..<catalog.rowCount where catalog.host(ofRow: row) != nil {
            let job = try catalog.job(row: row)
            let left = Outcome(status: .notAttempted, error: "the command was stopped before it was read")
            try body(job, findings.outcomes[job.position.row] ?? left)
        }
    }

    func throwCode(isWanting: Bool = false) throws {
        let code = findings.exitCode(isWanting: isWanting || catalog.invalidRowCount > 0)
        if code != .success { throw code }
    }
}

/// `certfleet list`: every certificate of every host, soonest expiry first.
package struct CertificateList: Sendable {
    /// How a list is written.
    package enum Format: String, CaseIterable, Sendable {
        /// For people.
        case table
        case csv, jsonl
    }

    /// The hosts.
    package var request: HostsRequest
    /// How it is written.
    package var format = Format.table
    /// Only certificates that expire within this time; nil lists all.
    package var expiringWithin: Duration?

    /// A list of everything, for people.
    package init(_ request: HostsRequest) {
        self.request = request
    }

    /// Reads the hosts and prints their certificates. Blocks.
    ///
    /// - Throws: what keeps it from starting or breaks it; ``ExitCode/rowsFailed`` when a host cannot be read.
    package func run() throws {
        let read = try request.read(keepsSecrets: false)
        var lines: [ListLine] = []
        var failed: [(job: Job, error: String)] = []
        try read.forEachHost { job, outcome in
            if outcome.status != .ok { failed.append((job, outcome.error)) }
            for state in outcome.reading?.certificates ?? [] {
                let line = ListLine(host: job.address.host, state: state, now: read.now)
                if let expiringWithin, line.timeLeft.map({ $0 > expiringWithin }) ?? true { continue }
                lines.append(line)
            }
        }
        lines.sort { ($0.timeLeft ?? .seconds(Int64.max)) < ($1.timeLeft ?? .seconds(Int64.max)) }
        switch format {
        case .table: try Say.print(ListTable(lines: lines, style: request.work.messages.outputStyle).text)
        case .csv, .jsonl: try printRows(lines, failed, format == .csv ? .csv : .jsonl)
        }
        for host in failed { Say.say(.warning, "\(host.job.address.host): \(host.error)", insists: true) }
        let hosts = counted(read.catalog.hostCount - failed.count, "PBX")
        let unread = failed.isEmpty ? "" : ", \(counted(failed.count, "PBX")) could not be read"
        request.work.messages.logger.info("\(counted(lines.count, "certificate")) on \(hosts)\(unread)")
        try read.throwCode()
    }

    private func printRows(
        _ lines: [ListLine], _ failed: [(job: Job, error: String)], _ format: TableShape.Format
    ) throws {
        var writer = RowWriter(TableShape(format: format), columns: ListLine.columns)
        for line in lines { writer.append(nil) { line.add(to: &$0) } }
        for host in failed {
            writer.append(nil) { writer in
                writer.add(host.job.address.host.description)
                for _ in ListLine.columns.dropFirst(2) { writer.add("") }
                writer.add(host.error)
            }
        }
        try Say.print(String(decoding: writer.take(), as: UTF8.self))
    }
}

/// One certificate of a list.
private struct ListLine {
    static let columns = [
        "host", "id", "type", "ca_type", "name", "issue_to", "expiration", "days_left", "auto_renewal", "dns_provider",
        "apply_status", "error",
    ]

    let host: HostKey
    let state: CertificateState
    /// Until it expires; nil when nobody can tell.
    let timeLeft: Duration?

    init(host: HostKey, state: CertificateState, now: WallTime) {
        self.host = host
        self.state = state
        timeLeft = state.expiration.flatMap(WallTime.init(expiration:)).map { $0 - now }
    }

    var daysLeft: Int? { timeLeft?.wholeDays }

    func add(to writer: inout RowWriter) {
        writer.add(host.description)
        writer.add(Int(state.id))
        writer.add(state.purpose?.rawValue ?? "")
        writer.add(state.origin?.rawValue ?? "")
        writer.add(state.name ?? "")
        writer.add(state.issueTo ?? "")
        writer.add(state.expiration ?? "")
        writer.add(daysLeft)
        writer.add(state.autoRenewal.map { $0 ? 1 : 0 })
        writer.add(state.dnsProvider ?? "")
        writer.add(state.applyStatus?.rawValue ?? "")
        writer.add("")
    }
}

/// A list for people.
private struct ListTable {
    let lines: [ListLine]
    let style: TextStyle

    private static let title = ["expires", "days", "host", "id", "type", "ca_type", "issue_to", "name", "apply_status"]

    var text: String {
        let rows = lines.map(cells)
        let widths = Self.title.indices.map { column in
            (rows.map { $0[column].count } + [Self.title[column].count]).max() ?? 0
        }
        let head = line(Self.title, widths)
        return ([head] + zip(rows, lines).map { painted(line($0, widths), $1.daysLeft) }).joined(separator: "\n") + "\n"
    }

    private func cells(_ line: ListLine) -> [String] {
        let state = line.state
        return [
            state.expiration ?? "", line.daysLeft.map(String.init) ?? "?", line.host.description, "\(state.id)",
            state.purpose?.rawValue ?? "", state.origin?.rawValue ?? "", state.issueTo ?? "", state.name ?? "",
            state.applyStatus?.rawValue ?? "",
        ].map { Quotation.escaped($0) }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            let blanks = String(repeating: " ", count: widths[column] - cell.count)
            line += (column == 1 ? blanks + cell : cell + blanks) + "  "
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }

    /// Red for what has expired or does so within a week, yellow within a month.
    private func painted(_ line: String, _ daysLeft: Int?) -> String {
        switch daysLeft {
        case .some(..<7): style.paint(line, .failed)
        case .some(7..<30): style.paint(line, .skipped)
        default: line
        }
    }
}

/// `certfleet export`: every certificate of every host as a file in the input format, to be edited and fed back.
package struct Export: Sendable {
    /// The hosts.
    package var request: HostsRequest
    /// Path of the file that gets it, for its owner only; nil prints it.
    package var output: String?
    /// Whether secrets are written, and what needs them.
    package var keepsSecrets = false
    private let proof = EditProof()

    private static let columns = [
        "cert.type", "cert.ca_type", "cert.expiration", "cert.days_left", "cert.apply_status", "cert.auto_renewal",
        "cert.dns_provider",
    ]

    /// An export without secrets to standard output.
    package init(_ request: HostsRequest) {
        self.request = request
    }

    /// Reads the hosts and writes their certificates. Blocks.
    ///
    /// - Throws: what keeps it from starting or breaks it; ``ExitCode/rowsFailed`` when a host cannot be read.
    package func run() throws {
        let file = try output.map { path throws(ToolError) in try OutputFile(path) }
        let read = try request.read(keepsSecrets: keepsSecrets)
        let shape = TableShape(format: .csv, header: EditRow.columns.map { Array($0.utf8) })
        var writer = RowWriter(shape, columns: Self.columns)
        var (certificates, hosts, lacksLogin) = (0, 0, false)
        try read.forEachHost { job, outcome in
            if outcome.status != .ok {
                Say.say(.warning, "\(job.address.host): \(outcome.error)", insists: true)
            }
            hosts += outcome.status == .ok ? 1 : 0
            let login = job.cells ?? CredentialCells()
            lacksLogin = lacksLogin || login.accessToken.isEmpty && login.clientSecret.isEmpty
            for state in outcome.reading?.certificates ?? [] {
                guard let edit = edit(of: state, on: job) else { continue }
                certificates += 1
                let row = EditRow(address: job.address, credentials: login, tlsPin: job.tlsPin, edit: edit)
                writer.append(.cells(row.cells.map { Array($0.utf8) })) { Self.add(state, read.now, to: &$0) }
            }
        }
        if let file {
            try file.write(writer.take())
            file.say(
                "\(counted(certificates, "certificate")) of \(counted(hosts, "PBX"))",
                next: ["plan", file.path] + flags(toGoOnWith: read.catalog, lacksLogin))
        } else {
            try Say.print(String(decoding: writer.take(), as: UTF8.self))
        }
        try read.throwCode()
    }

    /// The credentials are named again where the sheet does not hold them.
    private func flags(toGoOnWith hosts: RowCatalog, _ lacksLogin: Bool) -> [String] {
        var input = request.input
        if !lacksLogin {
            input.credentials = nil
        } else if input.credentials == nil, hosts.shape.header.contains(Array("client_secret".utf8)), input.path != "-"
        {
            input.credentials = input.path
        }
        return input.followingFlags
    }

    private static func add(_ state: CertificateState, _ now: WallTime, to writer: inout RowWriter) {
        writer.add(state.purpose?.rawValue ?? "")
        writer.add(state.origin?.rawValue ?? "")
        writer.add(state.expiration ?? "")
        writer.add(state.expiration.flatMap(WallTime.init(expiration:)).map { ($0 - now).wholeDays })
        writer.add(state.applyStatus?.rawValue ?? "")
        writer.add(state.autoRenewal.map { $0 ? 1 : 0 })
        writer.add(state.dnsProvider ?? "")
    }

    /// The edit that changes nothing; what is empty is left alone, but for a row that would otherwise set nothing.
    ///
    /// What is not known to the letter, or no input can hold, is left empty; nil when nothing else is known.
    private func edit(of state: CertificateState, on job: Job) -> CertificateEdit? {
        var (whole, lost) = CertificateEdit(of: state).undone(to: state, unwritable: proof.unwritable)
        for column in state.altered { whole.leaveAlone(column) }
        var edit = state.purpose == .trusted ? CertificateEdit(id: whole.id, name: whole.name) : whole
        if !keepsSecrets, edit.authInfo?.isEmpty == false || lost.contains("auth_info_list") {
            (edit.dnsProvider, edit.authInfo) = (nil, nil)
            if edit.autoRenewal == true { edit.autoRenewal = nil }
        }
        if edit.authInfo == nil || edit.dnsProvider == nil, edit.autoRenewal == true { edit.autoRenewal = nil }
        if edit.name?.isEmpty == true { edit.name = nil }
        if edit.issueTo?.isEmpty == true { edit.issueTo = nil }
        if edit.authInfo?.isEmpty == true { edit.authInfo = nil }
        if edit.dnsProvider?.isEmpty == true { edit.dnsProvider = nil }
        if edit.isEmpty { edit.issueTo = whole.issueTo }
        if edit.isEmpty { edit.name = whole.name }
        sayLost(state.altered + lost.filter { !state.altered.contains($0) }, of: state, on: job, hasRow: !edit.isEmpty)
        return edit.isEmpty ? nil : edit
    }

    private func sayLost(_ columns: [String], of state: CertificateState, on job: Job, hasRow: Bool) {
        let isServer = state.purpose != .trusted
        let said = columns.filter { column in
            switch column {
            case "name": true
            case "issue_to", "dns_provider": isServer
            default: isServer && keepsSecrets
            }
        }
        guard !said.isEmpty || !hasRow else { return }
        let reason = "because a secret stands in it, or no input can hold it"
        let fate = hasRow ? "left empty, \(reason)" : "left out, \(reason)"
        let place = "\(job.address.host), certificate \(state.id)"
        Say.say(.warning, "\(place): \(fate): \(said.joined(separator: ", "))", insists: true)
    }
}

extension WallTime {
    /// Reads what a PBX writes as the expiration of a certificate, taken as UTC: `2027-01-31 23:59:59`, with slashes, with
    /// a `T`, a date alone, or seconds since 1970. Nil for anything else.
    init?(expiration text: String) {
        if let seconds = Int(digits: text.utf8), 9...11 ~= text.utf8.count {
            self.init(milliseconds: Int64(seconds) * 1000)
            return
        }
        let parts = text.replacing("/", with: "-").replacing("T", with: " ").split(separator: " ")
        guard let date = parts.first, date.utf8.count == 10 else { return nil }
        let time = parts.count > 1 ? String(parts[1].prefix { $0 != "." && $0 != "Z" && $0 != "+" }) : "23:59:59"
        self.init(rfc3339: "\(date)T\(time.utf8.count == 5 ? time + ":00" : time)Z")
    }
}

extension Duration {
    /// Days that are over, rounded down: -1 for anything that was over less than a day ago.
    fileprivate var wholeDays: Int { Int((self / .seconds(86_400)).rounded(.down)) }
}
