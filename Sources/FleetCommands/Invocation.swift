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
