package import Platform
import FleetModel

/// Credentials for rows that bring none: from a file by host, from the file's `*` row, from the environment.
package struct CredentialBook: Sendable {
    private var byHost: [HostKey: Credentials] = [:]
    private var others: Credentials?

    /// A book that knows nobody.
    package init() {}

    /// Reads the book. Blocks for reading files.
    ///
    /// - Parameters:
    ///   - file: a CSV of `base_url,client_id,client_secret`; the row whose `base_url` is `*` is for all other hosts.
    ///   - environment: read for `CERTFLEET_ACCESS_TOKEN`, else `CERTFLEET_CLIENT_ID` and `CERTFLEET_CLIENT_SECRET`, each
    ///     also as `…_FILE`, the path of a file that holds it.
    /// - Throws: ``ToolError`` when the file cannot be used or others than its owner can read it, and when the
    ///   environment contradicts itself.
    package init(file: String?, environment: [String: String]) throws(ToolError) {
        if let file {
            let reader = try CredentialFileReader(file, environment)
            byHost = reader.byHost
            others = reader.others
        }
        let fallback = try CredentialEnvironment(environment).credentials()
        if others == nil { others = fallback }
    }

    /// Whether there are credentials for some hosts and not for others.
    var hasHosts: Bool { !byHost.isEmpty }

    /// What to use for a PBX; with nil, what would be used for one that stands nowhere.
    func credentials(for url: BaseURL?) -> Credentials? {
        if !byHost.isEmpty, let url, let found = byHost[HostKey(name: url.name.text, port: url.port)] { return found }
        return others
    }
}
