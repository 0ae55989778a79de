package import TabularText

/// How an input is to be read and judged.
package struct InputSettings: Sendable {
    /// How the input is written: format, delimiter, encoding.
    package var table: TableChoices
    /// Only rows whose host, without port, matches one of these shell patterns are worked on; none takes all.
    package var only: [String]
    /// Whether the others stand in the result all the same, as a run that goes on needs it.
    package var keepsLeftOut = false
    /// Whether whatever is doubtful is wrong.
    package var isStrict = false
    /// Whether plain `http` may go to a host that is not loopback.
    package var allowsPlainHTTP: Bool
    /// Credentials for the rows that bring none.
    package var credentials: CredentialBook
    /// What `env:NAME` references are looked up in.
    package var environment: [String: String]

    /// Everything found by itself, all rows taken, nothing lax, no credentials but the rows' own.
    package init(
        table: TableChoices = TableChoices(), only: [String] = [], allowsPlainHTTP: Bool = false,
        credentials: CredentialBook = CredentialBook(), environment: [String: String] = [:]
    ) {
        self.table = table
        self.only = only
        self.allowsPlainHTTP = allowsPlainHTTP
        self.credentials = credentials
        self.environment = environment
    }
}
