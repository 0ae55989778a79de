/// Why a server is not trusted.
package enum TrustFailure: Hashable, Sendable, CustomStringConvertible {
    case pinMismatch, wrongName, expired, notYetValid, unknownAuthority, unusableCAFile
    /// Anything else, by OpenSSL's number.
    case other(code: Int)

    /// One clause for a person.
    package var description: String {
        switch self {
        case .pinMismatch: "the server's key is not the pinned one"
        case .wrongName: "the server's certificate is for another name"
        case .expired: "the server's certificate has expired"
        case .notYetValid: "the server's certificate is not valid yet"
        case .unknownAuthority: "the server's certificate is not signed by a trusted authority"
        case .unusableCAFile: "the CA certificates cannot be used"
        case .other(let code): "the server's certificate is not trusted (verification error \(code))"
        }
    }
}
