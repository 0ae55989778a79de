import Glibc
import PBXSimulator

/// A sample input for simulated PBXs: two edits on each, and one row for each usual way to fail.
struct DemoSample {
    let hosts: [SimulatedHost]

    /// Writes the sample into a directory, which is made if need be.
    ///
    /// - Returns: the path of the sample.
    /// - Throws: ``Complaint`` when it cannot be written.
    func write(to directory: String) throws -> String {
        mkdir(directory, 0o777)
        let path = "\(directory)/demo.csv"
        // An operator's real input would hold secrets, so nobody else may read it.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 || errno != EEXIST else {
            throw Complaint.usage("'\(path)' is there already", hint: "choose another directory with --out")
        }
        guard descriptor >= 0 else { throw DemoSample.cannotWrite(path) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw DemoSample.cannotWrite(path) }
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

    private static func cannotWrite(_ path: String) -> Complaint {
        Complaint.broken("cannot write '\(path)': \(String(cString: strerror(errno)))")
    }
}
