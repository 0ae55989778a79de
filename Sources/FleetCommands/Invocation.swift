import FleetInput
import Platform

/// The command line of this process, as it may be kept and shown.
package enum Invocation {
    private static let given = Lock<[String]>([])

    /// The command's name and what it was given, flags from the environment among it. `main` says what it is.
    ///
    /// A secret that `--set` gives is taken out.
    package static var arguments: [String] {
        get { given.withLock { $0 } }
        set {
            let shown = newValue.indices.map { index in
                index > 0 && newValue[index - 1] == "--set" ? masked(newValue[index]) : maskedFlag(newValue[index])
            }
            given.withLock { $0 = shown }
        }
    }

    /// The command that continues a run; nil where nobody can repeat what it was given.
    ///
    /// - Parameters:
    ///   - arguments: those of the run.
    ///   - directory: path of its directory.
    ///   - now: for a window that may be over.
    static func resuming(
        _ arguments: [String], in directory: String, at now: WallTime = SystemClock().wallTime()
    ) -> [String]? {
        let isRepeatable = !arguments.isEmpty && !arguments.contains("-") && !arguments.contains { $0.contains("***") }
        guard isRepeatable else { return nil }
        let kept = withNextWindow(parted(arguments, by: ["--out", "--resume"]).others, now)
        return kept + ["--out", directory, "--resume"]
    }

    /// The end of a window that is over, or nearly, would let nothing start: the next one is a person's to name.
    private static func withNextWindow(_ arguments: [String], _ now: WallTime) -> [String] {
        let (flags, others) = parted(arguments, by: ["--window-end"])
        let end = flags.last?.split(separator: "=").last.flatMap { WallTime(rfc3339: String($0)) }
        guard let end, end - now < .seconds(600) else { return arguments }
        return others + ["--window-end", "HH:MM"]
    }

    /// The command that writes the input that puts back what a run changed.
    ///
    /// - Parameters:
    ///   - arguments: those of the run.
    ///   - directory: path of its directory.
    ///   - lacksCredentials: whether its rows hold secrets in clear, which are not kept, so that a file has to hold them.
    static func undoing(_ arguments: [String], in directory: String, lacksCredentials: Bool) -> [String] {
        let shared = ["--credentials", "--allow-plain-http", "--cacert", "--pin", "--insecure"]
        let kept = parted(arguments, by: shared).flags
        let file =
            lacksCredentials && !kept.contains { $0.hasPrefix("--credentials") } ? ["--credentials", "FILE"] : []
        return ["undo", directory] + kept + file + ["-o", "\(directory)/back.csv"]
    }

    /// Some flags of a command line with their values, and what else there is.
    private static func parted(_ arguments: [String], by names: [String]) -> (flags: [String], others: [String]) {
        var (flags, others, isValue) = ([String](), [String](), false)
        for argument in arguments {
            let isFlag = names.contains(String(argument.prefix { $0 != "=" }))
            if isFlag || isValue { flags.append(argument) } else { others.append(argument) }
            let takesValue = ["--out", "--credentials", "--cacert", "--pin", "--window-end"].contains(argument)
            isValue = !isValue && takesValue && isFlag
        }
        return (flags, others)
    }

    private static func maskedFlag(_ argument: String) -> String {
        let flag = "--set="
        return argument.hasPrefix(flag) ? flag + masked(String(argument.dropFirst(flag.count))) : argument
    }

    /// `COLUMN=VALUE` with the value as a result would show it.
    private static func masked(_ assignment: String) -> String {
        guard let sign = assignment.utf8.firstIndex(of: UInt8(ascii: "=")) else { return assignment }
        let (column, value) = (String(assignment[..<sign]), String(assignment[assignment.utf8.index(after: sign)...]))
        return "\(column)=\(ShownCell.text(value, ofColumn: column))"
    }
}
