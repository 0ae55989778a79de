package import Glibc

/// A folder that stays the same one when somebody moves it: its files are reached through its descriptor.
package final class Folder: Sendable {
    /// As it was given.
    package let path: String
    private let descriptor: FileDescriptor

    /// - Parameter path: a folder that is there.
    /// - Throws: ``ToolError`` when it is none or cannot be opened.
    package init(_ path: String) throws(ToolError) {
        self.path = path
        descriptor = try FileDescriptor(path, flags: O_RDONLY | O_DIRECTORY)
    }

    /// The folder that a file is or will be in.
    ///
    /// - Throws: as ``init(_:)``.
    package convenience init(containing path: String) throws(ToolError) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        try self.init(slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".")
    }

    /// Where it is to be found now: the path that was given, as long as that leads here or nothing does.
    package var currentPath: String { isInPlace ? path : newPath ?? path }

    /// Where a file of the folder is to be found now.
    package func path(of name: String) -> String { "\(currentPath)/\(name)" }

    private var isInPlace: Bool {
        var found = stat()
        return SystemText.withPath(path) { stat($0, &found) } == 0 && isSame(as: found)
    }

    /// Whether both are the same folder, by whichever paths.
    package func isSame(as other: Folder) -> Bool {
        var found = stat()
        return fstat(other.descriptor.number, &found) == 0 && isSame(as: found)
    }

    private func isSame(as other: stat) -> Bool {
        var own = stat()
        return fstat(descriptor.number, &own) == 0 && own.st_ino == other.st_ino && own.st_dev == other.st_dev
    }

    /// Nil when the folder was deleted.
    private var newPath: String? {
        let path = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            let count = buffer.baseAddress.map { readlink("/proc/self/fd/\(descriptor.number)", $0, buffer.count) } ?? 0
            return SystemText.text(UnsafeRawBufferPointer(buffer).prefix(max(0, count)))
        }
        return path.isEmpty || path.hasSuffix(" (deleted)") ? nil : path
    }

    /// Opens a file of the folder.
    ///
    /// - Parameters:
    ///   - name: the file's name, without a slash.
    ///   - flags: as for `open`; close-on-exec is always added.
    ///   - mode: permissions of a file that is created, before the process's mask.
    /// - Throws: ``ToolError`` when it cannot be opened.
    package func open(_ name: String, flags: Int32, mode: mode_t = 0o666) throws(ToolError) -> FileDescriptor {
        try FileDescriptor(name, in: descriptor, shownAs: path(of: name), flags: flags, mode: mode)
    }

    /// Whether something of this name is there, be it a link to nowhere.
    package func contains(_ name: String) -> Bool {
        var status = stat()
        return SystemText.withPath(name) { fstatat(descriptor.number, $0, &status, AT_SYMLINK_NOFOLLOW) } == 0
    }

    /// Takes a file away, if it is there.
    package func remove(_ name: String) {
        _ = SystemText.withPath(name) { unlinkat(descriptor.number, $0, 0) }
    }

    /// Gives a file another name; a file that has that name already is replaced.
    ///
    /// - Throws: ``ToolError`` when that fails; both are as they were then.
    package func rename(_ name: String, to newName: String) throws(ToolError) {
        let code = SystemText.withPath(name) { name in
            SystemText.withPath(newName) { renameat(descriptor.number, name, descriptor.number, $0) }
        }
        guard code == 0 else {
            throw .cannot("replace", path(of: newName), code: errno)
        }
    }

    /// Waits until files created or renamed in the folder are there to stay.
    ///
    /// - Throws: ``ToolError`` when the disk fails.
    package func sync() throws(ToolError) {
        try descriptor.sync()
    }
}
