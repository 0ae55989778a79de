/// Why no transport can be had with the given settings; nothing was sent.
package struct TransportError: Error, Hashable, CustomStringConvertible {
    /// What the error means for the command.
    package enum Kind: Hashable, Sendable {
        /// A file or a pin that the user named cannot be used.
        case refused
        /// libcurl cannot do what is needed.
        case broken
    }

    /// Which of the two it is.
    package let kind: Kind
    /// One clause for a person: lower case, without a full stop.
    package let description: String

    private init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    static func unreadableCAFile(_ path: String, reason: String) -> TransportError {
        TransportError(.refused, "CA file '\(path)' cannot be read: \(reason)")
    }

    static func noCertificates(_ path: String) -> TransportError {
        TransportError(.refused, "CA file '\(path)' holds no PEM certificate")
    }

    static func malformedPin(_ pin: String) -> TransportError {
        TransportError(.refused, "pin '\(pin)' is not 'sha256//' and the base64 text of 32 bytes (44 characters)")
    }

    static let curlUnusable = TransportError(.broken, "libcurl cannot be set up")

    static func refusedOption(code: UInt32) -> TransportError {
        TransportError(.broken, "libcurl is too old or lacks a feature (it refuses an option with error \(code))")
    }
}
