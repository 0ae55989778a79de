import FleetInput
import FleetModel
import Logging
import Platform
import TabularText

/// `certfleet export`: every certificate of every host as a file in the input format, to be edited and fed back.
package struct Export: Sendable {
    /// The hosts.
    package var request: HostsRequest
    /// Path of the file that gets it, for its owner only; nil prints it.
    package var output: String?
    /// Whether secrets are written, and what needs them.
    package var keepsSecrets = false
    private let proof = EditProof()

    /// The columns that it adds to those of an input, which tell what the PBX has.
    static let columns = [
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
        try read.findings.throwCode()
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
        var (whole, lost) = CertificateEdit(of: state).undone(to: state) { edit in
            proof.unwritable(edit) + Self.formulas(in: edit)
        }
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
        let reason =
            said.isEmpty
            ? "because the PBX tells nothing of it that an edit could set"
            : "because a secret stands in it, a spreadsheet would take it for a formula, or no input can hold it: "
                + said.joined(separator: ", ")
        let place = "\(job.address.host), certificate \(state.id)"
        Say.say(.warning, "\(place): left \(hasRow ? "empty" : "out"), \(reason)", insists: true)
    }

    /// Texts of a PBX that must not stand bare in a sheet; with a mark before them they would be others.
    private static func formulas(in edit: CertificateEdit) -> [String] {
        let texts = [("name", edit.name), ("issue_to", edit.issueTo), ("dns_provider", edit.dnsProvider)]
        return texts.filter { $1.map(FormulaMark.isFormula) == true }.map(\.0)
    }
}
