import Glibc

/// Why an input cannot be used at all, or can no longer be read.
package struct InputError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the error means for the command.
    package enum Kind: Hashable, Sendable {
        /// What was named on the command line or in the environment cannot be used; nothing was sent.
        case refused
        /// Something that worked stopped working, like a disk.
        case broken
    }

    /// Which of the two it is.
    package let kind: Kind
    /// One clause for a person, without secrets.
    package let message: String
    /// What to do about it; nil when the message says it all.
    package let hint: String?

    /// Message and hint in one line.
    package var description: String { hint.map { "\(message): \($0)" } ?? message }

    private init(_ kind: Kind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    static func cannotOpen(_ path: String, errno code: Int32) -> InputError {
        let file = "'\(Quotation.escaped(path))'"
        switch code {
        case ENOENT, ENOTDIR:
            return InputError(.refused, "\(file): no such file", hint: "check the name and the folder it is in")
        case EACCES, EPERM:
            return InputError(.refused, "\(file): no permission to read it", hint: "ask its owner, or use 'chmod u+r'")
        default:
            return InputError(.refused, "\(file): cannot be opened: \(errorText(code))")
        }
    }

    static func isFolder(_ path: String) -> InputError {
        InputError(.refused, "'\(Quotation.escaped(path))': is a folder", hint: "name the file inside it")
    }

    static func cannotRead(_ name: String, errno code: Int32) -> InputError {
        InputError(.broken, "'\(Quotation.escaped(name))': cannot be read: \(errorText(code))")
    }

    static func cannotKeep(_ name: String, errno code: Int32) -> InputError {
        InputError(.broken, "'\(Quotation.escaped(name))': no memory to keep a copy of it: \(errorText(code))")
    }

    static func noThread(errno code: Int32) -> InputError {
        InputError(.broken, "no thread can be started: \(errorText(code))", hint: "is a limit of processes reached?")
    }

    static func unknownEncoding(_ name: String) -> InputError {
        InputError(.broken, "this machine cannot read the encoding \(name)", hint: "is glibc complete on it?")
    }

    /// A row was asked for again that this input cannot give.
    static func recordLost(_ name: String, line: Int) -> InputError {
        InputError(.broken, "\(Quotation.escaped(name)):\(line): the row can no longer be read")
    }

    static func exposedCredentials(_ path: String) -> InputError {
        InputError(
            .refused, "'\(Quotation.escaped(path))': holds credentials and others than its owner can read it",
            hint: "use 'chmod 600'")
    }

    static func badCredentials(_ path: String, line: Int, _ what: String) -> InputError {
        InputError(.refused, "\(Quotation.escaped(path)):\(line): \(what)")
    }

    static func badEnvironment(_ what: String, hint: String) -> InputError {
        InputError(.refused, what, hint: hint)
    }

    private static func errorText(_ code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text).lowercased()
    }
}
