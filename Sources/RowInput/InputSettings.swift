/// How an input is to be read and judged.
package struct InputSettings: Sendable {
    /// Which of the two formats the input has.
    package enum FormatChoice: String, CaseIterable, Sendable {
        /// By the name's ending, else by the first character.
        case automatic = "auto"
        case csv, jsonl
    }

    /// What stands between the cells of a CSV.
    package enum DelimiterChoice: String, CaseIterable, Sendable {
        /// By a line `sep=…`, else the one under which the header has the columns a row needs.
        case automatic = "auto"
        case comma, semicolon, tab, pipe

        /// The byte chosen; nil when it is to be found.
        var byte: UInt8? {
            switch self {
            case .automatic: nil
            case .comma: UInt8(ascii: ",")
            case .semicolon: UInt8(ascii: ";")
            case .tab: UInt8(ascii: "\t")
            case .pipe: UInt8(ascii: "|")
            }
        }
    }

    /// How the bytes of the input are text.
    package enum EncodingChoice: String, CaseIterable, Sendable {
        /// By the byte order mark, else UTF-8.
        case automatic = "auto"
        case utf8 = "utf-8"
        case utf16 = "utf-16"
        case windows1252 = "windows-1252"
    }

    /// CSV, JSON lines, or found by itself.
    package var format: FormatChoice
    /// What separates the cells of a CSV; JSON lines leave it alone.
    package var delimiter: DelimiterChoice
    /// How the bytes are text; bytes that are none under it are a problem of the file.
    package var encoding: EncodingChoice
    /// Only rows whose host, without port, matches this shell pattern are part of anything; nil takes all.
    package var only: String?
    /// Whether plain `http` may go to a host that is not loopback.
    package var allowsPlainHTTP: Bool
    /// Credentials for the rows that bring none.
    package var credentials: CredentialBook
    /// What `env:NAME` references are looked up in.
    package var environment: [String: String]

    /// Everything found by itself, all rows taken, nothing lax, no credentials but the rows' own.
    package init(
        format: FormatChoice = .automatic, delimiter: DelimiterChoice = .automatic,
        encoding: EncodingChoice = .automatic, only: String? = nil, allowsPlainHTTP: Bool = false,
        credentials: CredentialBook = CredentialBook(), environment: [String: String] = [:]
    ) {
        self.format = format
        self.delimiter = delimiter
        self.encoding = encoding
        self.only = only
        self.allowsPlainHTTP = allowsPlainHTTP
        self.credentials = credentials
        self.environment = environment
    }
}
