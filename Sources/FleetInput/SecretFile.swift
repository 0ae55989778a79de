import Glibc
import Platform

/// What a cell that holds a secret can be: the secret itself, a reference to it, or the mask of an earlier result.
enum SecretCell {
    case literal
    /// `env:NAME`, the prefix in any case.
    case environment(name: String)
    /// `file:PATH`, the prefix in any case.
    case file(path: String)
    /// `***`, which is no secret of anybody's.
    case mask

    @inline(__always)
    init(_ cell: Bytes) {
        switch cell.first {
        case UInt8(ascii: "e") where cell.hasPrefix("env:"), UInt8(ascii: "E") where cell.hasPrefix("env:"):
            self = .environment(name: cell.part(4..<cell.count).text)
        case UInt8(ascii: "f") where cell.hasPrefix("file:"), UInt8(ascii: "F") where cell.hasPrefix("file:"):
            self = .file(path: cell.part(5..<cell.count).text)
        case UInt8(ascii: "*") where cell.equals("***"):
            self = .mask
        default:
            self = .literal
        }
    }
}

/// A file whose content is one secret.
enum SecretFile {
    /// Bytes of the largest one.
    static let limit = 1 << 20

    /// Why a file holds no secret.
    struct Failure: Error {
        /// One clause about the file, like `is empty`.
        let clause: String
    }

    /// The content without a byte order mark and the line breaks at its end.
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
        let bytes = try content(fullPath)
        guard String(validating: bytes, as: UTF8.self) != nil else { throw Failure(clause: "is no UTF-8 text") }
        guard let text = text(of: bytes) else { throw Failure(clause: "is empty") }
        return text
    }

    /// The text of a secret as a file or a variable holds it: a byte order mark and the line breaks at its end are none of
    /// it. Nil when nothing is left.
    static func text(of bytes: [UInt8]) -> String? {
        var text = bytes[...]
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
        while text.last == 0x0A || text.last == 0x0D { text.removeLast() }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
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

/// The files that hold secrets, each read once and then kept in memory, so that nothing done to one during a run matters.
final class SecretFiles: Sendable {
    /// What relative paths are relative to.
    private let folder: String
    private let limit: Int
    private let kept = Lock(Kept())

    private struct Kept {
        /// By the bytes of their paths: two texts that look the same may name two files.
        var secrets: [[UInt8]: String] = [:]
        /// Bytes that they take, about.
        var size = 0
    }

    /// - Parameters:
    ///   - folder: what relative paths are relative to.
    ///   - limit: bytes that all of them may take together.
    init(in folder: String, limit: Int = 1 << 26) {
        self.folder = folder
        self.limit = limit
    }

    /// The folder by a path that is good anywhere.
    var absoluteFolder: String {
        guard let path = realpath(folder, nil) else { return folder }
        defer { free(path) }
        return String(cString: path)
    }

    /// The secret in a file. From any thread; blocks while the file is read.
    func text(_ path: String) throws(SecretFile.Failure) -> String {
        let key = Array(path.utf8)
        if let text = kept.withLock({ $0.secrets[key] }) { return text }
        let text = try SecretFile.read(path, in: folder)
        let isKept = kept.withLock { kept in
            // The rest is what a dictionary takes for an entry.
            let size = key.count + text.utf8.count + 128
            guard kept.size + size <= limit else { return false }
            if kept.secrets.updateValue(text, forKey: key) == nil { kept.size += size }
            return true
        }
        if !isKept { throw SecretFile.Failure(clause: "does not fit: all such files may have 64 MiB together") }
        return text
    }
}
