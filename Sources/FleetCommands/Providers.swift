import FleetInput
import Platform

/// `certfleet providers`: the DNS providers, and the columns that each takes.
package enum Providers {
    /// Those that are known, in the order of the alphabet.
    package static var names: [String] { DNSProviders.names }

    /// Prints the names of all providers, or the columns of one: name, type, need, and who says so.
    ///
    /// - Parameter name: the provider; nil for all.
    /// - Throws: `ToolError` when nobody knows it, and when standard output does not take it.
    package static func run(_ name: String?) throws {
        guard let name else { return try Say.print(DNSProviders.names.joined(separator: "\n") + "\n") }
        guard let keys = DNSProviders.keys(of: name) else { throw unknown(name) }
        let source = DNSProviders.isDocumented(name) ? "documented by Yeastar" : "derived from the library lego"
        let width = keys.map(\.column.count).max() ?? 0
        let lines = keys.map { key in
            let blanks = String(repeating: " ", count: width - key.column.count)
            return "\(key.column)\(blanks)  \(key.type)  \(need(key))  \(source)\n"
        }
        try Say.print(lines.joined())
    }

    private static func need(_ key: DNSProviders.Key) -> String {
        switch key.need {
        case .required: "required"
        case .optional: "optional"
        case .depends: "depends "
        }
    }

    private static func unknown(_ name: String) -> ToolError {
        let nearest = DNSProviders.nearest(to: name).map { "did you mean '\($0)'? " } ?? ""
        return ToolError(
            .usage, "\(Quotation.of(name.utf8)) is no DNS provider known here",
            hint: "\(nearest)'certfleet providers' lists them")
    }
}
