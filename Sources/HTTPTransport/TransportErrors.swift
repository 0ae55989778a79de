import Platform

extension ToolError {
    static func unreadableCAFile(_ path: String, reason: String) -> ToolError {
        ToolError(.usage, "CA file '\(path)' cannot be read: \(reason)")
    }

    static func noCertificates(_ path: String) -> ToolError {
        ToolError(.usage, "CA file '\(path)' holds no PEM certificate")
    }

    static func malformedPin(_ pin: String) -> ToolError {
        ToolError(.usage, "pin '\(pin)' is not 'sha256//' and the base64 text of 32 bytes (44 characters)")
    }

    static let curlUnusable = ToolError(.broken, "libcurl cannot be set up")

    static func refusedOption(code: UInt32) -> ToolError {
        ToolError(.broken, "libcurl is too old or lacks a feature (it refuses an option with error \(code))")
    }
}
