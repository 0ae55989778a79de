import FleetInput
package import Platform
import Glibc
import JSONText
import Logging

/// The process's environment variables.
package enum ProcessEnvironment {
    /// Those that are UTF-8.
    package static var variables: [String: String] { all.variables }

    /// Those that are UTF-8, when all of the tool's own are.
    ///
    /// - Throws: `ToolError` about one that is not.
    package static func checkedVariables() throws(ToolError) -> [String: String] {
        if let name = all.unreadable.filter({ $0.hasPrefix("CERTFLEET_") }).min() {
            throw ToolError(.usage, "the value of \(name) is no UTF-8 text", hint: "set it anew, or unset it")
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

/// The flags that come from the environment: `CERTFLEET_MAX_HOST_ERRORS=5` is `--max-host-errors 5`.
///
/// They are put before the flags of the command line, unless it has the same ones.
package struct FlagVariables {
    /// A flag of a command, without its dashes.
    struct Flag: Hashable {
        let name: String
        /// The letter behind one dash; nil when it has none.
        let letter: String?
        /// What the help says of it.
        let help: String
        /// The words that it takes; empty when it takes any.
        let values: [String]
        let takesValue: Bool
        /// Whether each further value is added to those before it.
        let isRepeated: Bool
    }

    let flags: [Flag]

    /// - Parameter dump: what ArgumentParser's `_dumpHelp()` says of the command.
    package init(dump: String) {
        guard let tool = try? JSONValue(parsing: Array(dump.utf8)),
            case .array(let arguments)? = tool["command"]?["arguments"]
        else { preconditionFailure("the parser describes a command in a way that is not known") }
        flags = arguments.compactMap(Flag.init)
    }

    /// The flags that the variables stand for, as a command line has them.
    ///
    /// - Parameters:
    ///   - variables: the environment.
    ///   - given: what the command line has behind the command's name.
    /// - Throws: `ToolError` when a switch has a value that is neither yes nor no.
    package func arguments(_ variables: [String: String], before given: [String]) throws(ToolError) -> [String] {
        var arguments: [String] = []
        for flag in flags {
            guard let value = variables[flag.variable], !value.isEmpty, !flag.isOverruled(by: given) else { continue }
            if flag.takesValue {
                // Each line is a value of its own where a flag takes several.
                let values = flag.isRepeated ? value.split(separator: "\n").map(String.init) : [value]
                arguments += values.map { "--\(flag.name)=\($0)" }
            } else if try flag.isOn(value) {
                arguments.append("--\(flag.name)")
            }
        }
        return arguments + given
    }

    /// Whether this command has a flag by a variable's name that is another one than the other command's, and may take the
    /// value.
    package func understands(_ variable: String, _ value: String, otherwiseThan other: FlagVariables) -> Bool {
        flags.contains { flag in
            flag.variable == variable && !other.flags.contains(flag)
                && (flag.values.isEmpty || flag.values.contains(value))
        }
    }

    /// The variable whose value a refusal is about; nil when it is about the command line.
    package func variable(behind refusal: String, in variables: [String: String]) -> String? {
        let flag = flags.first { flag in
            guard let value = variables[flag.variable], !value.isEmpty else { return false }
            let values = flag.isRepeated ? value.split(separator: "\n") : [value[...]]
            return refusal.contains("--\(flag.name) ") && values.contains { Self.isNamed($0, in: refusal) }
        }
        return flag?.variable
    }

    /// What stands behind the sign of `NAME=VALUE` may be a secret, and is not named.
    private static func isNamed(_ value: Substring, in refusal: String) -> Bool {
        let signs = [value.firstIndex(of: "="), value.lastIndex(of: "=")].compactMap(\.self)
        return (["'\(value)'", " \(value) "] + signs.map { "'\(value[..<$0])" }).contains { refusal.contains($0) }
    }

    /// Warns of variables that have the tool's name and that nothing reads.
    package static func warn(of variables: [String: String], known flags: [FlagVariables]) {
        let credentials = CredentialBook.variables + CredentialBook.variables.map { "\($0)_FILE" }
        let known = flags.flatMap { $0.flags.map(\.variable) } + credentials
        for name in variables.keys.sorted() where name.hasPrefix("CERTFLEET_") && !known.contains(name) {
            let nearest = EditDistance.nearest(to: name, in: known, atMost: 2).map { ", did you mean \($0)?" }
            Say.say(.warning, "no flag has the variable \(Quotation.escaped(name))\(nearest ?? "")")
        }
    }
}

extension FlagVariables.Flag {
    /// Nil for a positional argument, and for a flag that asks for help or the version.
    fileprivate init?(_ argument: JSONValue) {
        guard let kind = argument["kind"]?.text, kind != "positional", case .array(let names)? = argument["names"],
            let name = names.first(where: { $0["kind"]?.text == "long" })?["name"]?.text,
            !["help", "version"].contains(name)
        else { return nil }
        self.init(
            name: name, letter: names.first { $0["kind"]?.text == "short" }?["name"]?.text,
            help: argument["abstract"]?.text ?? "", values: argument["allValues"]?.texts ?? [],
            takesValue: kind == "option",
            isRepeated: argument["isRepeating"] == .boolean(true))
    }

    /// `max-host-errors` → `CERTFLEET_MAX_HOST_ERRORS`.
    var variable: String { "CERTFLEET_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 }) }

    /// Whether the command line has the flag itself, so that the variable does not matter.
    fileprivate func isOverruled(by given: [String]) -> Bool {
        given.prefix { $0 != "--" }.contains { argument in
            if argument == "--\(name)" || argument.hasPrefix("--\(name)=") { return true }
            guard let letter else { return false }
            return argument == "-\(letter)" || takesValue && argument.hasPrefix("-\(letter)")
        }
    }

    fileprivate func isOn(_ value: String) throws(ToolError) -> Bool {
        switch value.lowercased() {
        case "0", "false", "no", "off": return false
        case "1", "true", "yes", "on": return true
        default: throw ToolError(.usage, "\(variable) is neither yes nor no", hint: "set it to 1 or 0")
        }
    }
}

extension JSONValue {
    fileprivate var texts: [String] { if case .array(let items) = self { items.compactMap(\.text) } else { [] } }
}
