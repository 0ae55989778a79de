/// The calls that a simulated PBX answers.
package enum Endpoint: String, Sendable, CaseIterable {
    /// Login with the application's credentials.
    case getToken = "get_token"
    /// Revocation of the token in the query.
    case delToken = "del_token"
    /// The edit of one certificate.
    case certificateUpdate = "certificate/update"

    /// GET queries and deletes, POST adds and acts.
    var method: String {
        switch self {
        case .delToken: "GET"
        case .getToken, .certificateUpdate: "POST"
        }
    }

    /// What stands before the name of a call in a path.
    static let pathPrefix = "/openapi/v1.0/"
}
