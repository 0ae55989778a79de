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
            let reader = try CredentialFile(file, environment)
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
        if !byHost.isEmpty, let url, let found = byHost[url.host] { return found }
        return others
    }
}

/// The credentials that the environment holds.
struct CredentialEnvironment {
    private let environment: [String: String]

    init(_ environment: [String: String]) {
        self.environment = environment
    }

    /// The token if there is one, else Client ID and Client Secret; nil when there is nothing.
    func credentials() throws(ToolError) -> Credentials? {
        let token = try text("CERTFLEET_ACCESS_TOKEN")
        let id = try text("CERTFLEET_CLIENT_ID")
        let secret = try text("CERTFLEET_CLIENT_SECRET")
        if let token { return .token(Secret(token)) }
        switch (id, secret) {
        case (nil, nil): return nil
        case (let id?, let secret?): return .client(id: id, secret: Secret(secret))
        case (nil, _):
            throw ToolError(
                .usage, "CERTFLEET_CLIENT_SECRET is set without CERTFLEET_CLIENT_ID", hint: "set both, or neither")
        case (_, nil):
            throw ToolError(
                .usage, "CERTFLEET_CLIENT_ID is set without CERTFLEET_CLIENT_SECRET", hint: "set both, or neither")
        }
    }

    private func text(_ name: String) throws(ToolError) -> String? {
        let value = environment[name].flatMap { $0.isEmpty ? nil : $0 }
        let path = environment["\(name)_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        guard let path else { return value }
        if value != nil {
            throw ToolError(.usage, "\(name) and \(name)_FILE are both set", hint: "unset one of them")
        }
        do throws(SecretFile.Failure) {
            return try SecretFile.read(path, in: ".")
        } catch {
            throw ToolError(
                .usage, "the file \(Quotation.of(path.utf8)) that \(name)_FILE names \(error.clause)",
                hint: "write it, or unset it")
        }
    }
}
