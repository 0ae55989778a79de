import Platform

/// The flags that come from the environment: `CERTFLEET_MAX_HOST_ERRORS=5` is `--max-host-errors 5`.
///
/// They are put before the flags of the command line, and of a flag given twice the last one counts.
struct EnvironmentFlags {
    /// The flags of each command that takes any, without their dashes.
    struct Known {
        /// Those that take a value.
        let options: [String]
        /// Those that do not.
        let switches: [String]
    }

    static let known: [String: Known] = [
        "run": Known(
            options: InputOptions.names + PacingOptions.names + TransportOptions.names + RunCommand.names
                + LogOptions.names,
            switches: InputOptions.switches + TransportOptions.switches + RunCommand.switches + LogOptions.switches),
        "check": Known(
            options: InputOptions.names + CheckCommand.names, switches: InputOptions.switches + CheckCommand.switches),
        "template": Known(options: ["format"], switches: []),
        "simulate": Known(options: ["hosts", "port", "record"], switches: []),
        "demo": Known(options: ["hosts", "out"] + LogOptions.names, switches: LogOptions.switches),
    ]

    private let variables: [String: String]

    init(_ variables: [String: String]) {
        self.variables = variables
    }

    /// The command line with the environment's flags in it, behind the command's name.
    ///
    /// - Throws: ``Complaint`` when a switch has a value that is neither yes nor no.
    func arguments(before given: [String]) throws -> [String] {
        guard let command = given.first, let known = EnvironmentFlags.known[command] else { return given }
        let options = known.options.flatMap { name in
            value(of: name).map { ["--\(name)=\($0)"] } ?? []
        }
        let switches = try known.switches.filter(isOn).map { "--\($0)" }
        return [command] + options + switches + given.dropFirst()
    }

    private func value(of flag: String) -> String? {
        let name = EnvironmentFlags.variable(of: flag)
        guard let value = variables[name], !value.isEmpty else { return nil }
        return value
    }

    private func isOn(_ flag: String) throws -> Bool {
        switch value(of: flag)?.lowercased() {
        case nil, "0", "false", "no", "off": return false
        case "1", "true", "yes", "on": return true
        default:
            throw Complaint.usage(
                "\(EnvironmentFlags.variable(of: flag)) is neither yes nor no", hint: "set it to 1 or 0")
        }
    }

    /// `max-host-errors` → `CERTFLEET_MAX_HOST_ERRORS`.
    static func variable(of flag: String) -> String {
        "CERTFLEET_" + String(flag.uppercased().map { $0 == "-" ? "_" : $0 })
    }
}
