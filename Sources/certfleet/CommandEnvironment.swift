import Glibc

/// The process's environment variables.
enum CommandEnvironment {
    /// Those that are UTF-8.
    static var variables: [String: String] { all.variables }

    /// Those that are UTF-8, when all of the tool's own are.
    ///
    /// - Throws: ``Complaint`` about one that is not.
    static func checkedVariables() throws(Complaint) -> [String: String] {
        if let name = all.unreadable.filter({ $0.hasPrefix("CERTFLEET_") }).min() {
            throw .usage("the value of \(name) is no UTF-8 text", hint: "set it anew, or unset it")
        }
        return all.variables
    }

    private static let all = read()

    private static func read() -> (variables: [String: String], unreadable: Set<String>) {
        var variables: [String: String] = [:]
        var unreadable: Set<String> = []
        var entry = environ
        while let text = entry.pointee {
            // By bytes, because a combining mark behind the sign makes one character with it.
            let parts = UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) }
                .split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, let name = String(validating: parts[0], as: UTF8.self) {
                if let value = String(validating: parts[1], as: UTF8.self) {
                    // The first one counts, as everywhere; another may be one whose name only looks the same.
                    if variables[name] == nil { variables[name] = value }
                } else {
                    unreadable.insert(name)
                }
            }
            entry += 1
        }
        return (variables, unreadable)
    }
}
