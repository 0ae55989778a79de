import PBXSimulator
import TestSupport

/// An input for simulated PBXs: `edits` rows for each, the rows of a host apart from each other.
struct Fleet {
    /// What every PBX accepts without a login.
    static let tokens = ["user-token-1", "user-token-2"]

    let simulator: Simulator
    let rows: [(host: SimulatedHost, id: Int)]

    init(hosts: Int, edits: Int) throws {
        var settings = SimulatorSettings(hosts: hosts)
        settings.certificates = (1...max(1, edits)).map { SimulatedCertificate(id: $0, name: "cert-\($0).crt") }
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
