package import Glibc

/// A file that is there as a whole or not at all.
///
/// It grows under another name, with `.part` at its end, and takes the place of an earlier file in ``commit()``; given up
/// before that, it leaves nothing behind.
package struct AtomicFile: ~Copyable {
    private let folder: Folder
    private let name: String
    private let file: FileDescriptor
    private var isWhole = false

    private var part: String { "\(name).part" }

    /// - Parameters:
    ///   - name: the file's name in the folder.
    ///   - folder: where nobody else writes a file of this name.
    ///   - mode: the file's permissions, before the process's mask.
    /// - Throws: ``ToolError`` when it cannot be created.
    package init(_ name: String, in folder: Folder, mode: mode_t = 0o666) throws(ToolError) {
        self.folder = folder
        self.name = name
        // What a killed process left under this name may have other permissions.
        folder.remove("\(name).part")
        file = try folder.open("\(name).part", flags: O_WRONLY | O_CREAT | O_EXCL, mode: mode)
    }

    deinit {
        if !isWhole { folder.remove(part) }
    }

    /// Writes bytes at the end; not buffered.
    ///
    /// - Throws: ``ToolError`` when they cannot be written.
    package func append(_ bytes: [UInt8]) throws(ToolError) {
        try file.write(bytes)
    }

    /// Puts the file in its place and waits until that is on disk.
    ///
    /// - Throws: ``ToolError``; under its name is the earlier file or the new one then, whole in either case. When the
    ///   earlier one cannot be replaced, the new one stays beside it under the name it grew under, and the hint says so.
    package consuming func commit() throws(ToolError) {
        try file.sync()
        isWhole = true
        do {
            try folder.rename(part, to: name)
        } catch {
            throw error.hinting("the new one is '\(Quotation.escaped(folder.path(of: part)))'")
        }
        try folder.sync()
    }
}
