import Platform
import Glibc
import FleetModel

/// A file whose content is one secret.
enum SecretFile {
    /// Bytes of the largest one.
    static let limit = 1 << 20

    /// Why a file holds no secret.
    struct Failure: Error {
        /// One clause about the file, like `is empty`.
        let clause: String
    }

    /// The content without one final line break.
    ///
    /// - Parameters:
    ///   - path: where it is.
    ///   - folder: what a relative path is relative to.
    static func read(_ path: String, in folder: String) throws(Failure) -> String {
        let fullPath = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        // Also keeps a pipe without a writer, which would never open, and one that can be read only once, away.
        guard !path.isEmpty, !path.utf8.contains(0), isRegularFile(fullPath) else {
            throw Failure(clause: "is no file that exists")
        }
        var bytes = try content(fullPath)
        if bytes.last == 0x0A { bytes.removeLast() }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty else { throw Failure(clause: "is empty") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure(clause: "is no UTF-8 text") }
        return text
    }

    private static func isRegularFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    private static func content(_ path: String) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        let isFile: Bool
        do throws(ToolError) {
            let file = try FileDescriptor.input(path, isWaiting: false)
            // The path may have come to mean something else since it was looked at.
            isFile = file.mode & S_IFMT == S_IFREG
            try file.drain { piece throws(ToolError) in
                bytes.append(contentsOf: piece)
                return isFile && bytes.count <= limit
            }
        } catch {
            throw Failure(clause: "cannot be read")
        }
        guard isFile else { throw Failure(clause: "is no file that exists") }
        guard bytes.count <= limit else { throw Failure(clause: "is larger than 1 MiB") }
        return bytes
    }
}
