/// The columns that mean something to a row, those of the auth list apart.
enum Field: Int, CaseIterable {
    case baseURL, apiPath, id, name, certFile, issueTo, autoRenewal, dnsProvider, authInfoList, authObject
    case accessToken, clientID, clientSecret, tlsPin

    /// The name to use in messages where the input has none of its own.
    var columnName: String {
        switch self {
        case .baseURL: "base_url"
        case .apiPath: "api_path"
        case .id: "id"
        case .name: "name"
        case .certFile: "cert_file"
        case .issueTo: "issue_to"
        case .autoRenewal: "auto_renewal"
        case .dnsProvider: "dns_provider"
        case .authInfoList: "auth_info_list"
        case .authObject: "auth"
        case .accessToken: "access_token"
        case .clientID: "client_id"
        case .clientSecret: "client_secret"
        case .tlsPin: "tls_pin"
        }
    }

    /// Other names of the same column.
    var aliases: [String] { self == .baseURL ? ["host", "pbx", "url"] : [] }

    /// Whether its value must not be seen.
    var isSecret: Bool {
        self == .accessToken || self == .clientSecret || self == .authInfoList || self == .authObject
    }
}

/// The JSON type in which a column `auth.KEY` is sent.
enum AuthType: String {
    case string, int, bool
}
