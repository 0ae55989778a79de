package import Platform
import Glibc

/// A file of the run directory that is there as a whole or not at all.
///
/// It grows under another name and takes the place of an earlier one in ``commit()``; given up before that, it leaves
/// nothing behind.
package struct AtomicFile: ~Copyable {
    private let directory: RunDirectory
    private let name: String
    private let file: FileDescriptor
    private var isCommitted = false

    /// - Parameters:
    ///   - name: the file's name in the directory.
    ///   - directory: the run directory, which no other process writes to.
    /// - Throws: ``ToolError`` when it cannot be created.
    package init(_ name: String, in directory: RunDirectory) throws(ToolError) {
        self.directory = directory
        self.name = name
        // What a killed process left under this name may have other permissions.
        unlink(directory.file("\(name).part"))
        file = try FileDescriptor(directory.file("\(name).part"), flags: O_WRONLY | O_CREAT | O_EXCL)
    }

    deinit {
        if !isCommitted { unlink(directory.file("\(name).part")) }
    }

    /// Writes bytes at the end; not buffered.
    ///
    /// - Throws: ``ToolError`` when they cannot be written.
    package func append(_ bytes: [UInt8]) throws(ToolError) {
        try file.write(bytes)
    }

    /// Puts the file in its place and waits until that is on disk.
    ///
    /// - Throws: ``ToolError``; under that name is the earlier file or the new one then, whole in either case.
    package consuming func commit() throws(ToolError) {
        try file.sync()
        guard rename(directory.file("\(name).part"), directory.file(name)) == 0 else {
            throw ToolError.cannot("replace", directory.file(name), code: errno)
        }
        isCommitted = true
        try directory.sync()
    }
}
