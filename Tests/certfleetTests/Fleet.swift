import Glibc
import PBXSimulator
import TestSupport
import Testing

/// An input for simulated PBXs: `edits` rows for each, the rows of a host apart from each other. Each of them switches
/// off a renewal that is on.
struct Fleet {
    /// What every PBX accepts without a login.
    static let tokens = ["user-token-1", "user-token-2"]

    let simulator: Simulator
    let rows: [(host: SimulatedHost, id: Int)]

    init(hosts: Int, edits: Int) throws {
        var settings = SimulatorSettings(hosts: hosts)
        settings.certificates = (1...max(1, edits)).map {
            SimulatedCertificate(id: $0, name: "cert-\($0).crt", autoRenewal: true)
        }
        settings.presetTokens = Fleet.tokens
        simulator = try Simulator.start(settings)
        let hosts = simulator.hosts
        rows = (1...edits).flatMap { id in hosts.map { (host: $0, id: id) } }
    }

    var csv: String {
        let lines = rows.map { "\($0.host.baseURL),\($0.host.clientID),\($0.host.clientSecret),\($0.id),0\n" }
        return "base_url,client_id,client_secret,id,auto_renewal\n" + lines.joined()
    }

    /// The rows of ``csv``, each with a login.
    var logins: [InputRow] { rows.map { $0.host.row($0.id) } }

    /// The rows of ``csv`` with a user's own token instead of a login.
    var withoutLogin: [InputRow] { rows.map { $0.host.row($0.id, by: .token(Fleet.tokens[0])) } }

    /// Runs `fleet.csv` into the directory `run`, and kills the run while the first PBX is silent about its first edit.
    func runKilledAtItsFirstEdit() throws -> WorkDirectory {
        simulator.set(.silence(at: .certificateUpdate, times: 1), on: 1)
        let work = try WorkDirectory()
        try work.write("fleet.csv", csv)
        let run = try RunningTool(["run", "fleet.csv", "--out", "run"], in: work.path)
        RunningTool.poll { simulator.requests(on: 1) >= 2 }
        run.send(SIGKILL)
        try #require(run.wait() == -SIGKILL)
        return work
    }

    /// How many requests of a call a PBX got.
    func requests(_ endpoint: Endpoint, on host: Int = 1) -> Int {
        simulator.record.on(host).of(endpoint).count
    }

    /// How often the server was asked to edit the certificate that a row (from 1) names.
    func editsReceived(ofRow row: Int) -> Int {
        let (host, id) = rows[row - 1]
        return simulator.record.on(host.number).of(.certificateUpdate).count { $0.text.hasPrefix("{\"id\":\(id),") }
    }
}

extension Simulator {
    /// Makes a PBX do these things, and never tell what became of an edit.
    func setUnreadable(_ faults: [Fault], on host: Int) {
        set([.errcode(60001, at: .certificateGet)] + faults, on: host)
    }
}

/// One row of an input: an edit of one certificate.
struct InputRow {
    /// What the row gives to be let in.
    enum Access {
        case application(id: String, secret: String)
        case token(String)
    }

    var url: String
    var id: Int
    var access: Access
    /// `tls_pin`; empty for none.
    var pin = ""

    private var line: String {
        let cells =
            switch access {
            case .application(let client, let secret): [url, "", client, secret]
            case .token(let token): [url, token, "", ""]
            }
        return (cells + [String(id), "0", pin]).joined(separator: ",") + "\n"
    }

    /// The input that these rows make.
    static func csv(_ rows: [InputRow]) -> String {
        "base_url,access_token,client_id,client_secret,id,auto_renewal,tls_pin\n" + rows.map(\.line).joined()
    }
}

extension SimulatedHost {
    /// What logs in to it.
    var application: InputRow.Access { .application(id: clientID, secret: clientSecret) }

    /// A row of this PBX, which logs in when nothing else is said.
    func row(_ id: Int, by access: InputRow.Access? = nil) -> InputRow {
        InputRow(url: baseURL, id: id, access: access ?? application)
    }
}
