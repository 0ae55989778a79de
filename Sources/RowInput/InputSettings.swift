/// How an input is to be read and judged.
package struct InputSettings: Sendable {
    /// Which of the two formats the input has.
    package enum FormatChoice: String, CaseIterable, Sendable {
        /// By the name's ending, else by the first character.
        case automatic = "auto"
        case csv, jsonl
    }

    package var format: FormatChoice
    /// Only rows whose host, without port, matches this shell pattern are part of anything; nil takes all.
    package var only: String?
    /// Whether plain `http` may go to a host that is not loopback.
    package var allowsPlainHTTP: Bool
    /// Credentials for the rows that bring none.
    package var credentials: CredentialBook
    /// What `env:NAME` references are looked up in.
    package var environment: [String: String]

    package init(
        format: FormatChoice = .automatic, only: String? = nil, allowsPlainHTTP: Bool = false,
        credentials: CredentialBook = CredentialBook(), environment: [String: String] = [:]
    ) {
        self.format = format
        self.only = only
        self.allowsPlainHTTP = allowsPlainHTTP
        self.credentials = credentials
        self.environment = environment
    }
}
