import Platform
import FleetModel

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
            throw .badEnvironment(
                "CERTFLEET_CLIENT_SECRET is set without CERTFLEET_CLIENT_ID", hint: "set both, or neither")
        case (_, nil):
            throw .badEnvironment(
                "CERTFLEET_CLIENT_ID is set without CERTFLEET_CLIENT_SECRET", hint: "set both, or neither")
        }
    }

    private func text(_ name: String) throws(ToolError) -> String? {
        let value = environment[name].flatMap { $0.isEmpty ? nil : $0 }
        let path = environment["\(name)_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        guard let path else { return value }
        if value != nil {
            throw .badEnvironment("\(name) and \(name)_FILE are both set", hint: "unset one of them")
        }
        do throws(SecretFile.Failure) {
            return try SecretFile.read(path, in: ".")
        } catch {
            throw .badEnvironment(
                "the file \(Quotation.of(path.utf8)) that \(name)_FILE names \(error.clause)",
                hint: "write it, or unset it")
        }
    }
}
