import Platform

extension ToolError {
    static func noThread(errno code: Int32) -> ToolError {
        ToolError(.broken, "no thread can be started: \(systemText(code))", hint: "is a limit of processes reached?")
    }

    static func unknownEncoding(_ name: String) -> ToolError {
        ToolError(.broken, "this machine cannot read the encoding \(name)", hint: "is glibc complete on it?")
    }

    /// A row was asked for again that this input cannot give.
    static func recordLost(_ name: String, line: Int) -> ToolError {
        ToolError(.broken, "\(Quotation.escaped(name)):\(line): the row can no longer be read")
    }

    static func exposedCredentials(_ path: String) -> ToolError {
        ToolError(
            .usage, "'\(Quotation.escaped(path))': holds credentials and others than its owner can read it",
            hint: "use 'chmod 600'")
    }

    static func badCredentials(_ path: String, line: Int, _ what: String) -> ToolError {
        ToolError(.usage, "\(Quotation.escaped(path)):\(line): \(what)")
    }

    static func badEnvironment(_ what: String, hint: String) -> ToolError {
        ToolError(.usage, what, hint: hint)
    }
}
