/// A command line as a shell takes it.
package enum CommandLineText {
    /// The tool's name and the arguments, quoted where a shell needs it: `certfleet run 'my fleet.csv' --jobs 8`.
    package static func of(_ arguments: [String]) -> String {
        (["certfleet"] + arguments.map(quoted)).joined(separator: " ")
    }

    /// A text that a shell takes as one word.
    package static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-_./:,=+@%".utf8.contains($0) }
        return isPlain ? text : "'\(text.replacing("'", with: #"'\''"#))'"
    }
}
