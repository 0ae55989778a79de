import Logging
import Platform

/// The file that `-o` names: one that is not there yet, so that nothing is lost by a name that was mistyped.
struct OutputFile {
    /// As it was given.
    let path: String
    private let folder: Folder
    private let name: String

    /// Checks the path; writes nothing.
    ///
    /// - Throws: `ToolError` of kind `usage` when something is there already, be it a folder or a link to nowhere, or no
    ///   file can be there.
    init(_ path: String) throws(ToolError) {
        self.path = path
        name =
            path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) } ?? path
        guard !name.isEmpty else {
            throw ToolError(.usage, "'\(Quotation.escaped(path))' names no file to write", hint: "name a new file")
        }
        do {
            folder = try Folder(containing: path)
        } catch {
            throw error.ofUsage
        }
        try expectNothing()
    }

    /// Writes the file.
    ///
    /// - Parameters:
    ///   - bytes: its content.
    ///   - isPrivate: whether it may hold secrets, and so is its owner's only.
    /// - Throws: `ToolError` when something came to be there meanwhile, or it cannot be written.
    func write(_ bytes: [UInt8], isPrivate: Bool = true) throws(ToolError) {
        try expectNothing()
        let file = try AtomicFile(name, in: folder, mode: isPrivate ? 0o600 : 0o666)
        try file.append(bytes)
        try file.commit()
    }

    /// Says what was written, and the command that comes next.
    ///
    /// - Parameters:
    ///   - content: what the file holds, with its number.
    ///   - next: the arguments of that command; nil for none.
    func say(_ content: String, next: [String]?) {
        let advice = next.map { "; next: \(CommandLineText.of($0))" } ?? ""
        Say.say(.notice, "\(content) written to '\(Quotation.escaped(path))'\(advice)")
    }

    /// It grows under another name, which must be free as well.
    private func expectNothing() throws(ToolError) {
        for name in [name, "\(name).part"] where folder.contains(name) {
            let path = name == self.name ? path : folder.path(of: name)
            throw ToolError(
                .usage, "'\(Quotation.escaped(path))' is there already",
                hint: "choose another name for -o, or remove it first")
        }
    }
}
