/// Why no transport can be had with the given settings; nothing was sent.
package struct TransportError: Error, Hashable, CustomStringConvertible {
    /// One clause for a person: lower case, without a full stop.
    package let description: String

    private init(_ description: String) {
        self.description = description
    }

    static func unreadableCAFile(_ path: String, reason: String) -> TransportError {
        TransportError("CA file '\(path)' cannot be read: \(reason)")
    }

    static func noCertificates(_ path: String) -> TransportError {
        TransportError("CA file '\(path)' holds no PEM certificate")
    }

    static func malformedPin(_ pin: String) -> TransportError {
        TransportError("pin '\(pin)' is not of the form sha256//BASE64 with 44 letters of Base64")
    }

    static let curlUnusable = TransportError("libcurl cannot be set up")

    static func refusedOption(code: UInt32) -> TransportError {
        TransportError("libcurl is too old or lacks a feature (it refuses an option with error \(code))")
    }
}
